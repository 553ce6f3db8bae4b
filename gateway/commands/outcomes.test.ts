import { expect, test } from 'vitest'
import { idempotencyKey, requestDigest } from './idempotency.ts'
import { Outcomes } from './outcomes.ts'

test('the first outcome stands, all who wait get it, and the oldest is forgotten', async () => {
  const outcomes = new Outcomes<string>(2)
  const waiting = [outcomes.awaitOutcome('a', 5_000), outcomes.awaitOutcome('a', 5_000)]
  expect(outcomes.waiting).toBe(1)
  outcomes.note('a', 'done')
  outcomes.note('a', 'again')
  expect(await Promise.all(waiting)).toEqual(['done', 'done'])
  expect(await outcomes.awaitOutcome('a', 0)).toBe('done')
  expect(await outcomes.awaitOutcome('b', 1)).toBeUndefined()
  expect(outcomes.waiting).toBe(0)
  outcomes.note('b', 'done')
  outcomes.note('c', 'done')
  expect([outcomes.get('a'), outcomes.size]).toEqual([undefined, 2])
})

test('a provisional outcome is revised; what is only told is not remembered', async () => {
  const outcomes = new Outcomes<string>(2)
  outcomes.note('a', 'last look')
  outcomes.revise('a', 'refused')
  expect(outcomes.get('a')).toBe('refused')
  const waiting = outcomes.awaitOutcome('b', 5_000)
  outcomes.tell('b', 'key reused')
  expect(await waiting).toBe('key reused')
  expect(outcomes.get('b')).toBeUndefined()
})

test('a digest is that of the content, whatever the order of its fields', () => {
  const digest = requestDigest({ a: '1', b: [1, { c: null }], d: undefined })
  expect(requestDigest({ b: [1, { c: null }], a: '1' })).toBe(digest)
  for (const other of [{ a: '1' }, { a: 1, b: [1, { c: null }] }, { a: '1', b: [{ c: null }, 1] }])
    expect(requestDigest(other)).not.toBe(digest)
})

test('without a key each command is one of its own', () => {
  let byte = 0
  const random = { bytes: (count: number) => new Uint8Array(count).fill(++byte) }
  expect(idempotencyKey('', random)).not.toBe(idempotencyKey('', random))
  expect(idempotencyKey('mine', random)).toBe('mine')
})
