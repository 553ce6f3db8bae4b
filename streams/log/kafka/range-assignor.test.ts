import { expect, test } from 'vitest'
import { rangeAssignor } from './range-assignor.ts'

const member = (memberId: string, ...topics: string[]) => ({
  memberId,
  topics,
  userData: new Uint8Array(),
  owned: [],
})

test('equal numbers of co-partitioned topics go to one member', () => {
  const members = [member('b', 'left', 'right'), member('a', 'left', 'right')]
  const counts = new Map([
    ['left', 5],
    ['right', 5],
  ])
  const assigned = rangeAssignor.assign(members, counts)
  const of = (id: string) => assigned.get(id)?.partitions.map((p) => `${p.topic}-${p.partition}`)
  expect(of('a')).toEqual(['left-0', 'left-1', 'left-2', 'right-0', 'right-1', 'right-2'])
  expect(of('b')).toEqual(['left-3', 'left-4', 'right-3', 'right-4'])
})

test('a member without subscribed partitions is assigned none', () => {
  const assigned = rangeAssignor.assign([member('a', 'x'), member('b', 'y')], new Map([['x', 1]]))
  expect(assigned.get('a')).toEqual({ partitions: [{ topic: 'x', partition: 0 }] })
  expect(assigned.get('b')).toEqual({ partitions: [] })
})
