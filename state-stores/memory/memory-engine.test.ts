import { expect, test } from 'vitest'
import { engineConformance } from '../conformance/engine-conformance.ts'
import { BTree, TreeCursor } from './b-tree.ts'
import { memoryEngine } from './memory-engine.ts'

engineConformance('memory', () => ({ engine: memoryEngine(), newDirectory: () => '/memory/0_1' }))

test('a tree of 20,000 keys put in a scattered order and half deleted stays sorted', () => {
  const tree = new BTree()
  const key = (n: number) => Buffer.from(String(n).padStart(8, '0'))
  for (let n = 0; n < 20_000; n += 1) tree.set(key((n * 7_919) % 20_000), key(n))
  for (let n = 0; n < 20_000; n += 2) tree.delete(key(n))
  const cursor = new TreeCursor(tree.snapshot(), undefined, false)
  for (let n = 1; n < 20_000; n += 2) expect(cursor.next()?.key.toString()).toBe(key(n).toString())
  expect(cursor.next()).toBeUndefined()
  expect(tree.bytes).toBe(10_000 * 16)
  for (let n = 1; n < 20_000; n += 2) tree.delete(key(n))
  expect(new TreeCursor(tree.snapshot(), undefined, true).next()).toBeUndefined()
  expect(tree.bytes).toBe(0)
})
