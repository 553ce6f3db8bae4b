import { expect, test } from 'vitest'
import type { TopicPartition } from './log.ts'
import { withholdOwned } from './ownership.ts'

const at = (partition: number): TopicPartition => ({ topic: 't', partition })
const claim = (memberId: string, generationId: number, ...owned: number[]) => ({
  memberId,
  generationId,
  owned: owned.map(at),
})

function granted(
  assignment: Readonly<Record<string, readonly number[]>>,
  ...claims: ReturnType<typeof claim>[]
) {
  const wanted = Object.entries(assignment).map(
    ([memberId, partitions]) => [memberId, { partitions: partitions.map(at) }] as const,
  )
  const { assignment: result, withheld } = withholdOwned(new Map(wanted), claims)
  const entries = [...result].map(
    ([memberId, { partitions }]) =>
      [memberId, partitions.map(({ partition }) => partition)] as const,
  )
  return { ...Object.fromEntries(entries), withheld: withheld.map(({ partition }) => partition) }
}

test('what nobody else owns is granted, what another owns is withheld', () => {
  expect(granted({ a: [0], b: [1, 2] }, claim('a', 3, 0, 1), claim('b', 3))).toEqual({
    a: [0],
    b: [2],
    withheld: [1],
  })
})

test('a claim of an older generation does not count beside a younger one', () => {
  const claims = [claim('old', 3, 0), claim('new', 4, 0)]
  expect(granted({ old: [], new: [0] }, ...claims)).toEqual({ old: [], new: [0], withheld: [] })
  expect(granted({ old: [0], new: [] }, ...claims)).toEqual({ old: [], new: [], withheld: [0] })
})

test('what two claim with equal right goes to neither before both have given it up', () => {
  const claims = [claim('a', 4, 0), claim('b', 4, 0)]
  expect(granted({ a: [0], b: [] }, ...claims)).toEqual({ a: [], b: [], withheld: [0] })
})

test('user data go with the assignment', () => {
  const userData = Buffer.from('told')
  const { assignment } = withholdOwned(new Map([['a', { partitions: [at(0)], userData }]]), [
    claim('b', 1, 0),
  ])
  expect(assignment.get('a')).toEqual({ partitions: [], userData })
})
