import { expect, test } from 'vitest'
import { SnapshotCheck } from './snapshot-check.ts'
import { keyNumberOf } from './snapshot-work.ts'

const WORK = { records: 6, keys: 3 }

function updates(): { key: string; count: number; seq: number }[] {
  const counts = new Map<string, number>()
  return Array.from({ length: WORK.records }, (_, seq) => {
    const key = `I${keyNumberOf(seq, WORK.keys)}`
    const count = (counts.get(key) ?? 0) + 1
    counts.set(key, count)
    return { key, count, seq }
  })
}

function faultsOf(list: readonly { key: string; count: number; seq: number }[]): readonly string[] {
  const check = new SnapshotCheck(WORK)
  for (const { key, ...update } of list) check.take(key, update)
  return check.end()
}

test('three keys take turns, each twice in six ticks', () => {
  expect(updates().map(({ key }) => key)).toEqual(['I0', 'I1', 'I2', 'I0', 'I1', 'I2'])
})

test('as many records as keys are one for each key', () => {
  const keys = 50_000
  const seen = new Set(Array.from({ length: keys }, (_, record) => keyNumberOf(record, keys)))
  expect(seen.size).toBe(keys)
})

test('updates once each and in order are right', () => {
  expect(faultsOf(updates())).toEqual([])
})

test.each([
  ['lost', (list: ReturnType<typeof updates>) => list.slice(0, 5), ['5 updates of 6 ticks']],
  [
    'counted twice',
    (list: ReturnType<typeof updates>) =>
      list.map((one) => (one.seq === 4 ? { ...one, count: 3 } : one)),
    ['I1: count 3 after 1'],
  ],
  [
    'out of order',
    (list: ReturnType<typeof updates>) =>
      list.map((one) =>
        one.seq === 0 ? { ...one, seq: 3 } : one.seq === 3 ? { ...one, seq: 0 } : one,
      ),
    ['I0: tick 0 after 3'],
  ],
  [
    'under another key',
    (list: ReturnType<typeof updates>) =>
      list.map((one) => (one.seq === 5 ? { ...one, key: 'I0' } : one)),
    ['tick 5 came under I0'],
  ],
] as const)('an update that was %s is a fault', (_what, change, expected) => {
  expect(faultsOf(change(updates()))).toEqual(expected)
})
