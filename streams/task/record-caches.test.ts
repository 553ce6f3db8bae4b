import { describe, expect, test } from 'vitest'
import type { StreamRecord } from '../processor.ts'
import { approximateBytes } from './approximate-bytes.ts'
import { RecordCacheBudget } from './record-cache-budget.ts'
import { type CachingNode, RecordCaches } from './record-caches.ts'

interface Told {
  readonly node: string
  readonly key: unknown
  readonly value: unknown
  readonly timestampMs: number
}

function cachesOf(budget: RecordCacheBudget | undefined = new RecordCacheBudget(1_000_000)) {
  const told: Told[] = []
  const working: string[] = []
  const caches = new RecordCaches(budget, (node) => working.push(node))
  const node = (name: string, below?: (record: StreamRecord<unknown, unknown>) => void) => {
    const caching: CachingNode = {
      name,
      forward: (record) => {
        const { key, value, timestampMs } = record
        told.push({ node: name, key, value, timestampMs })
        below?.(record)
      },
    }
    return caches.open(caching)
  }
  return { caches, told, node, working }
}

const change = (key: string, oldValue: unknown, newValue: unknown, timestampMs = 0) => ({
  key,
  value: { oldValue, newValue, isLatest: true },
  timestampMs,
  headers: [],
})

describe('what waits in a record cache', () => {
  test('comes out once a key: the first old value, the last new one and its time', () => {
    const { caches, told, node } = cachesOf()
    const cache = node('count')
    cache?.put('a', change('a', 1, 2, 10))
    cache?.put('a', change('a', 2, 3, 5))
    caches.flush()
    expect(told).toEqual([
      {
        node: 'count',
        key: 'a',
        value: { oldValue: 1, newValue: 3, isLatest: true },
        timestampMs: 5,
      },
    ])
    caches.flush()
    expect(told).toHaveLength(1)
  })

  test('comes out in the order of the last updates', () => {
    const { caches, told, node } = cachesOf()
    const cache = node('count')
    for (const key of ['a', 'b', 'c', 'a']) cache?.put(key, change(key, undefined, 1))
    caches.flush()
    expect(told.map(({ key }) => key)).toEqual(['b', 'c', 'a'])
  })

  test('is not told where it was made and removed in between; a tombstone of what was told before is', () => {
    const { caches, told, node } = cachesOf()
    const cache = node('count')
    cache?.put('new', change('new', undefined, 1))
    cache?.put('new', change('new', 1, undefined))
    cache?.put('old', change('old', 4, undefined))
    caches.flush()
    expect(told.map(({ key }) => key)).toEqual(['old'])
  })

  test('comes out node by node, with what that puts into the caches below', () => {
    const { caches, told, node, working } = cachesOf()
    const above = node('count', (record) => below?.put('sum', change('sum', record.key, 1)))
    const below = node('sum')
    below?.put('first', change('first', undefined, 1))
    above?.put('a', change('a', undefined, 1))
    above?.put('b', change('b', undefined, 1))
    caches.flush()
    expect(told.map((each) => `${each.node} ${each.key}`)).toEqual([
      'count a',
      'count b',
      'sum first',
      'sum sum',
    ])
    expect(working).toEqual(['count', 'sum'])
    expect(caches.isEmpty).toBe(true)
  })

  test('is forgotten with an aborted transaction', () => {
    const { caches, told, node } = cachesOf()
    node('count')?.put('a', change('a', 1, 2))
    caches.clear()
    caches.flush()
    expect([told, caches.bytes]).toEqual([[], 0])
  })
})

describe('the budget', () => {
  test('of 0 means that there are no caches', () => {
    expect(cachesOf(new RecordCacheBudget(0)).node('count')).toBeUndefined()
    expect(new RecordCaches(undefined, () => {}).open({ name: 'count', forward: () => {} })).toBe(
      undefined,
    )
  })

  test('is shared: a task is told that it is full when it holds a part of it', () => {
    const budget = new RecordCacheBudget(5_000)
    const [one, other] = [cachesOf(budget), cachesOf(budget)]
    const large = 'x'.repeat(3_000)
    one.node('count')?.put('a', change('a', undefined, large))
    expect([budget.isFull, one.caches.isFull, other.caches.isFull]).toEqual([true, true, false])
    const cache = other.node('count')
    cache?.put('b', change('b', undefined, 1))
    expect(other.caches.isFull).toBe(true)
    one.caches.flush()
    expect([one.caches.isFull, other.caches.isFull]).toEqual([false, false])
    other.caches.flush()
    expect(budget.bytes).toBe(0)
  })

  test('counts what the values take, large and small, and forgets what was replaced', () => {
    const { caches, node } = cachesOf()
    const cache = node('count')
    cache?.put('a', change('a', undefined, { text: 'x'.repeat(10_000) }))
    expect(caches.bytes).toBeGreaterThan(10_000)
    cache?.put('a', change('a', { text: 'x'.repeat(10_000) }, 1))
    expect(caches.hits).toBe(1)
    cache?.put('a', change('a', 1, 2))
    expect(caches.bytes).toBeLessThan(1_000)
  })
})

test('the size of a value grows with what is in it', () => {
  const small = approximateBytes({ price: 1 })
  const list = approximateBytes(Array.from({ length: 10_000 }, (_, at) => at))
  const nested = approximateBytes({ rows: Array.from({ length: 50 }, () => ({ a: 1, b: 'text' })) })
  expect(small).toBeLessThan(100)
  expect(list).toBeGreaterThan(50_000)
  expect(nested).toBeGreaterThan(50 * 40)
  expect(approximateBytes(new Uint8Array(5_000))).toBeGreaterThanOrEqual(5_000)
  expect(approximateBytes(undefined)).toBeGreaterThan(0)
})
