import { describe, expect, test } from 'vitest'
import type { GroupMember } from '../log/log.ts'
import { decodeHeldTasks, encodeHeldTasks, TaskAssignor } from './task-assignor.ts'

const COUNTS = new Map([
  ['orders', 4],
  ['quotes', 4],
  ['positions', 2],
])
const assignor = new TaskAssignor([
  { id: 0, topics: ['orders', 'quotes'] },
  { id: 1, topics: ['positions'] },
])

function member(
  memberId: string,
  held: { active?: string[]; stored?: string[] } = {},
  topics = [...COUNTS.keys()],
): GroupMember {
  const { active = [], stored = [] } = held
  return { memberId, topics, userData: encodeHeldTasks({ active, stored }), owned: [] }
}

/** Task ids by member; inputs of a task are always together. */
function assign(...members: GroupMember[]): Record<string, string[]> {
  const tasks: Record<string, string[]> = {}
  for (const [memberId, { partitions }] of assignor.assign(members, COUNTS)) {
    const ids = partitions.map(
      ({ topic, partition }) => `${topic === 'positions' ? 1 : 0}_${partition}`,
    )
    tasks[memberId] = [...new Set(ids)].sort()
    const pairs = partitions.filter(({ topic }) => topic === 'orders').map((each) => each.partition)
    const quotes = partitions
      .filter(({ topic }) => topic === 'quotes')
      .map((each) => each.partition)
    expect(quotes).toEqual(pairs)
  }
  return tasks
}

describe('tasks are assigned', () => {
  test('all to a single member', () => {
    expect(assign(member('a'))).toEqual({ a: ['0_0', '0_1', '0_2', '0_3', '1_0', '1_1'] })
  })

  test('evenly, and each sub-topology evenly', () => {
    expect(assign(member('b'), member('a'))).toEqual({
      a: ['0_0', '0_2', '1_0'],
      b: ['0_1', '0_3', '1_1'],
    })
  })

  test('to where they run, when another member joins', () => {
    const a = member('a', { active: ['0_0', '0_1', '0_2', '0_3', '1_0', '1_1'] })
    expect(assign(a, member('b'))).toEqual({ a: ['0_0', '0_1', '0_2'], b: ['0_3', '1_0', '1_1'] })
  })

  test('to where their state lies, when their member is gone', () => {
    const stored = member('b', { stored: ['0_1', '0_3', '1_1'] })
    expect(assign(member('a'), stored)).toEqual({
      a: ['0_0', '0_2', '1_0'],
      b: ['0_1', '0_3', '1_1'],
    })
  })

  test('one more to some members when they cannot be divided', () => {
    const sizes = Object.values(assign(member('a'), member('b'), member('c'), member('d')))
    expect(sizes.map((tasks) => tasks.length).sort()).toEqual([1, 1, 2, 2])
  })

  test('to no member that does not read their topics', () => {
    const tasks = assign(member('a', {}, ['positions']), member('b'))
    expect(tasks['a']?.every((id) => id.startsWith('1_'))).toBe(true)
  })

  test('the same whatever the order of the members', () => {
    const members = [
      member('a', { active: ['0_2'] }),
      member('b', { stored: ['0_0'] }),
      member('c'),
    ]
    expect(assign(...members)).toEqual(assign(...members.toReversed()))
  })
})

test('user data that another version wrote counts as nothing held', () => {
  expect(decodeHeldTasks(Buffer.from('{"version":9,"active":["0_1"]}'))).toEqual({
    active: [],
    stored: [],
  })
  expect(decodeHeldTasks(new Uint8Array())).toEqual({ active: [], stored: [] })
})
