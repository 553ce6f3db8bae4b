import { describe, expect, test } from 'vitest'
import type { GroupMember } from '../log/log.ts'
import { encodeHeldTasks } from './assignment/held-tasks.ts'
import { ClusterModel } from './fixtures/cluster-model.ts'
import { TaskAssignor } from './task-assignor.ts'

const LIMITS = { numStandbyReplicas: 0, acceptableRecoveryLag: 100, maxWarmupReplicas: 2 }
const COUNTS = new Map([
  ['orders', 4],
  ['quotes', 4],
  ['positions', 2],
])
const assignor = new TaskAssignor(
  [
    { id: 0, topics: ['orders', 'quotes'], stateful: false },
    { id: 1, topics: ['positions'], stateful: true },
  ],
  LIMITS,
)

function member(
  memberId: string,
  active: readonly string[] = [],
  topics = [...COUNTS.keys()],
): GroupMember {
  const userData = encodeHeldTasks({
    processId: `process-${memberId}`,
    applicationServer: '',
    active,
    restoring: [],
    standby: [],
    stored: new Map(),
    joins: 1,
  })
  return { memberId, topics, userData, owned: [] }
}

/** Task ids by member; inputs of a task are always together. */
function assign(...members: GroupMember[]): Record<string, string[]> {
  const tasks: Record<string, string[]> = {}
  for (const [memberId, { partitions }] of assignor.assign(members, COUNTS)) {
    const ids = partitions.map(
      ({ topic, partition }) => `${topic === 'positions' ? 1 : 0}_${partition}`,
    )
    tasks[memberId] = [...new Set(ids)].sort()
    const of = (wanted: string) =>
      partitions.filter(({ topic }) => topic === wanted).map((each) => each.partition)
    expect(of('quotes')).toEqual(of('orders'))
  }
  return tasks
}

describe('whole tasks are assigned', () => {
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
    const a = member('a', ['0_0', '0_1', '0_2', '0_3', '1_0', '1_1'])
    expect(assign(a, member('b'))).toEqual({ a: ['0_0', '0_1', '1_0'], b: ['0_2', '0_3', '1_1'] })
  })

  test('one more to some members when they cannot be divided', () => {
    const sizes = Object.values(assign(member('a'), member('b'), member('c'), member('d')))
    expect(sizes.map((tasks) => tasks.length).sort()).toEqual([1, 1, 2, 2])
  })

  test('to no member that does not read their topics', () => {
    const tasks = assign(member('a', [], ['positions']), member('b'))
    expect(tasks['a']?.every((id) => id.startsWith('1_'))).toBe(true)
    expect(Object.values(tasks).flat()).toHaveLength(6)
  })

  test('the same whatever the order of the members', () => {
    const members = [member('a', ['0_2']), member('b', ['1_1']), member('c')]
    expect(assign(...members)).toEqual(assign(...members.toReversed()))
  })

  test('also to members whose user data nobody understands', () => {
    const strange = { ...member('b'), userData: Buffer.from('{"version":9,"processId":"x"}') }
    expect(Object.values(assign(member('a'), strange)).map(({ length }) => length)).toEqual([3, 3])
  })

  test('over threads, not over processes', () => {
    const cluster = new ClusterModel([6], [0], LIMITS)
    cluster.start('big', 2)
    cluster.start('small')
    cluster.rebalance()
    expect(cluster.active('big')).toHaveLength(4)
    expect(cluster.assignments('big').map(({ active }) => active.length)).toEqual([2, 2])
    expect(cluster.active('small')).toHaveLength(2)
  })
})

describe('state decides', () => {
  test('a new process is warmed up while the owner goes on, then takes over', () => {
    const cluster = new ClusterModel([4], [0], LIMITS)
    cluster.start('a')
    cluster.rebalance()
    cluster.progress(1_000, 0)
    cluster.start('b')
    expect(cluster.rebalance()).toBe(false)
    const warmups = cluster.standby('b')
    expect(warmups).toHaveLength(2)
    expect(cluster.warmups()).toEqual(warmups)
    expect(cluster.probing).toBe(true)

    cluster.progress(10, 500)
    expect(cluster.rebalance()).toBe(false)
    expect(cluster.standby('b')).toEqual(warmups)

    cluster.progress(10, 500)
    expect(cluster.rebalance()).toBe(true)
    expect(cluster.active('b')).toEqual(warmups)
    expect(cluster.warmups()).toEqual([])
    expect(cluster.probing).toBe(false)
  })

  test('no more than the allowed tasks are warmed up at a time', () => {
    const cluster = new ClusterModel([10], [0], { ...LIMITS, maxWarmupReplicas: 1 })
    cluster.start('a')
    cluster.rebalance()
    cluster.progress(1_000, 0)
    cluster.start('b')
    cluster.rebalance()
    expect(cluster.warmups()).toHaveLength(1)
    for (let round = 0; cluster.probing; round++) {
      expect(round).toBeLessThan(10)
      cluster.progress(0, 1_000)
      cluster.rebalance()
      expect(cluster.warmups().length).toBeLessThanOrEqual(1)
    }
    expect(cluster.active('b')).toHaveLength(5)
  })

  test('a process that comes back takes what it still has, at once', () => {
    const cluster = new ClusterModel([6], [0], LIMITS)
    for (const id of ['a', 'b', 'c']) cluster.start(id)
    cluster.rebalance()
    cluster.progress(1_000, 0)
    const before = cluster.active('b')
    const disk = cluster.stop('b')
    cluster.rebalance()
    cluster.progress(50, 0)
    cluster.start('b', 1, disk)
    cluster.rebalance()
    expect(cluster.active('b')).toEqual(before)
    expect(cluster.probing).toBe(false)
  })

  test('when an owner is gone, its task goes to the standby, and not to who has the least', () => {
    const cluster = new ClusterModel([3], [0], { ...LIMITS, numStandbyReplicas: 1 })
    for (const id of ['a', 'b', 'c']) cluster.start(id)
    cluster.rebalance()
    cluster.progress(5_000, 5_000)
    const [lost = ''] = cluster.active('a')
    const standby = ['b', 'c'].find((id) => cluster.standby(id).includes(lost)) ?? ''
    cluster.stop('a')
    cluster.start('fresh')
    cluster.rebalance()
    expect(cluster.owners().get(lost)).toBe(standby)
  })

  test('of standbys that are behind, the nearest', () => {
    const cluster = new ClusterModel([1], [0], LIMITS)
    cluster.ends.set('0_0', 10_000)
    cluster.start('a', 1, new Map([['0_0', 2_000]]))
    cluster.start('b', 1, new Map([['0_0', 7_000]]))
    cluster.start('c')
    cluster.rebalance()
    expect(cluster.owners().get('0_0')).toBe('b')
  })

  test('a standby in the thread that runs it next is promoted there', () => {
    const cluster = new ClusterModel([4], [0], { ...LIMITS, numStandbyReplicas: 1 })
    cluster.start('a')
    cluster.start('b', 2)
    cluster.rebalance()
    cluster.progress(1_000, 1_000)
    const followed = cluster.assignments('b').map(({ standby }) => standby)
    cluster.stop('a')
    cluster.rebalance()
    for (const [index, standby] of followed.entries()) {
      expect(cluster.assignments('b')[index]?.active).toEqual(expect.arrayContaining([...standby]))
    }
  })

  test('state that a nearer third process has as well may be removed, the last copy beside the owner not', () => {
    const cluster = new ClusterModel([1], [0], LIMITS)
    cluster.ends.set('0_0', 1_000)
    cluster.start('a', 1, new Map([['0_0', 1_000]]))
    cluster.start('b', 1, new Map([['0_0', 700]]))
    cluster.start('c', 1, new Map([['0_0', 600]]))
    cluster.rebalance()
    cluster.rebalance()
    const removable = (id: string) => cluster.assignments(id)[0]?.removable
    expect(cluster.active('a')).toEqual(['0_0'])
    expect([removable('a'), removable('b'), removable('c')]).toEqual([[], [], ['0_0']])
  })
})
