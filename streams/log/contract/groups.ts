import { expect, test } from 'vitest'
import type { GroupMember, PartitionAssignor, TopicPartition } from '../log.ts'
import {
  append,
  bytes,
  type ContractContext,
  partitionName,
  text,
  until,
  valuesOf,
} from './context.ts'
import { expectOneOwner, type GroupEvent, Member, recordsOf } from './member.ts'

export function groups(context: ContractContext): void {
  const wait = (what: string, check: () => Promise<boolean> | boolean) =>
    until(context.conditionTimeoutMs, what, check)

  test('a lone member is assigned every partition before it gets a record', async () => {
    const topic = await context.topic(2)
    await produce(topic, { 0: ['a'], 1: ['b'] })
    const events: GroupEvent[] = []
    const member = await Member.join(context, 'one', events, {
      groupId: context.name('group'),
      topics: [topic],
    })
    await wait('two records are read', () => recordsOf(events).length === 2)
    expect(events[0]).toMatchObject({ kind: 'assigned', partitions: [`${topic}-0`, `${topic}-1`] })
    expect(events.filter(({ kind }) => kind === 'assigned')).toHaveLength(1)
    expect(member.owned()).toEqual([`${topic}-0`, `${topic}-1`])
    expect(recordsOf(events).sort()).toEqual(['a', 'b'])
    await member.leave()
    expect(events.at(-1)).toMatchObject({ kind: 'revoked' })
  })

  test('two and three members share the partitions, and a partition has one owner at a time', async () => {
    const topic = await context.topic(6)
    const groupId = context.name('group')
    const events: GroupEvent[] = []
    const members: Member[] = []
    const join = async (name: string) => {
      members.push(await Member.join(context, name, events, { groupId, topics: [topic] }))
      await wait(`${members.length} members share the partitions`, () => {
        const owned = members.map((member) => member.owned())
        return (
          owned.every(({ length }) => length === 6 / members.length) &&
          new Set(owned.flat()).size === 6
        )
      })
    }
    let sent = 0
    const produceAndRead = async () => {
      for (const partition of [0, 1, 2, 3, 4, 5])
        await produce(topic, { [partition]: [`r${sent++}`] })
      await wait('all records are read', () => new Set(recordsOf(events)).size === sent)
    }
    await join('one')
    await produceAndRead()
    await join('two')
    await produceAndRead()
    await join('three')
    await produceAndRead()
    await members.shift()?.leave()
    await wait('two members share what the first left', () => {
      return new Set(members.flatMap((member) => member.owned())).size === 6
    })
    await produceAndRead()
    for (const member of members) await member.leave()
    expectOneOwner(events)
  })

  test('a member resumes at the committed offset of the group', async () => {
    const topic = await context.topic(1)
    const groupId = context.name('group')
    await produce(topic, { 0: ['a', 'b', 'c', 'd'] })
    const events: GroupEvent[] = []
    const first = await Member.join(context, 'first', events, { groupId, topics: [topic] })
    await wait('four records are read', () => recordsOf(events).length === 4)
    await first.pausePolling()
    await first.consumer.commit([{ topic, partition: 0, offset: 2, metadata: 'halfway' }])
    await first.consumer.close()
    const later: GroupEvent[] = []
    const second = await Member.join(context, 'second', later, { groupId, topics: [topic] })
    await wait('two records are read', () => recordsOf(later).length === 2)
    expect(recordsOf(later)).toEqual(['c', 'd'])
    expect(await second.consumer.committed([{ topic, partition: 0 }])).toMatchObject([
      { topic, partition: 0, offset: 2, metadata: 'halfway' },
    ])
    await second.leave()
  })

  test('without a committed offset a member starts where it is told', async () => {
    const topic = await context.topic(1)
    await produce(topic, { 0: ['old'] })
    const events: GroupEvent[] = []
    const member = await Member.join(context, 'latest', events, {
      groupId: context.name('group'),
      topics: [topic],
      onMissingOffset: 'latest',
    })
    await wait('the partition is assigned', () => member.owned().length === 1)
    expect(await member.consumer.committed([{ topic, partition: 0 }])).toEqual([undefined])
    let sent = 0
    await wait('a new record is read', async () => {
      await produce(topic, { 0: [`new${sent++}`] })
      return recordsOf(events).length > 0
    })
    expect(recordsOf(events)).not.toContain('old')
    await member.leave()
  })

  test('a seek in onAssigned decides where reading starts, and a later one moves it', async () => {
    const topic = await context.topic(1)
    await produce(topic, { 0: ['a', 'b', 'c'] })
    const partition = { topic, partition: 0 }
    const values: (string | null)[] = []
    const consumer = await context.log().createGroupConsumer({
      clientId: 'seeker',
      groupId: context.name('group'),
      topics: [topic],
      onMissingOffset: 'earliest',
      onAssigned: async () => consumer.seek(partition, 2),
    })
    const poll = async () => values.push(...valuesOf(await consumer.poll({ maxWaitMs: 200 })))
    await wait('the last record is read', async () => (await poll()) >= 1)
    expect(values).toEqual(['c'])
    consumer.seek(partition, 1)
    await wait('two more records are read', async () => (await poll()) >= 3)
    expect(values).toEqual(['c', 'b', 'c'])
    await consumer.close()
  })

  test('a paused partition delivers nothing until it is resumed', async () => {
    const topic = await context.topic(2)
    await produce(topic, { 0: ['p0'], 1: ['q0'] })
    const paused = { topic, partition: 0 }
    const values: (string | null)[] = []
    const consumer = await context.log().createGroupConsumer({
      clientId: 'pauser',
      groupId: context.name('group'),
      topics: [topic],
      onMissingOffset: 'earliest',
      onAssigned: async () => consumer.pause([paused]),
    })
    const poll = async () => values.push(...valuesOf(await consumer.poll({ maxWaitMs: 200 })))
    await wait('the open partition is read', async () => (await poll()) >= 1)
    await produce(topic, { 0: ['p1'], 1: ['q1'] })
    await wait('the open partition is read again', async () => (await poll()) >= 2)
    expect(values).toEqual(['q0', 'q1'])
    consumer.resume([paused])
    await wait('the resumed partition is read', async () => (await poll()) >= 4)
    expect(values).toEqual(['q0', 'q1', 'p0', 'p1'])
    await consumer.close()
  })

  test('a custom assignor sees the user data of all members and decides', async () => {
    const topic = await context.topic(4)
    const groupId = context.name('group')
    const seen: string[][] = []
    const userData = new Map([
      ['one', 'wants 0'],
      ['two', 'wants the rest'],
    ])
    const assignor: PartitionAssignor = {
      name: 'by-user-data',
      assign: (members: readonly GroupMember[], counts: ReadonlyMap<string, number>) => {
        seen.push(members.map((member) => text(member.userData) ?? '').sort())
        const rest = members.find((member) => text(member.userData) !== 'wants 0') ?? members[0]
        const zero = members.find((member) => text(member.userData) === 'wants 0') ?? rest
        const all = Array.from({ length: counts.get(topic) ?? 0 }, (_, partition) => ({
          topic,
          partition,
        }))
        const assignment = new Map<string, TopicPartition[]>(
          members.map(({ memberId }) => [memberId, []]),
        )
        if (zero) assignment.get(zero.memberId)?.push(...all.slice(0, 1))
        if (rest) assignment.get(rest.memberId)?.push(...all.slice(1))
        return new Map([...assignment].map(([memberId, partitions]) => [memberId, { partitions }]))
      },
    }
    const events: GroupEvent[] = []
    const join = (name: string) =>
      Member.join(context, name, events, {
        groupId,
        topics: [topic],
        assignor,
        userData: () => bytes(userData.get(name) ?? ''),
      })
    const [one, two] = [await join('one'), await join('two')]
    await wait('each has what it wants', () => one.owned().length === 1 && two.owned().length === 3)
    expect(one.owned()).toEqual([`${topic}-0`])
    expect(seen.at(-1)).toEqual(['wants 0', 'wants the rest'])

    userData.set('one', 'wants the rest')
    userData.set('two', 'wants 0')
    await one.consumer.rejoin()
    await wait(
      'they have changed places',
      () => one.owned().length === 3 && two.owned().length === 1,
    )
    expect(two.owned()).toEqual([`${topic}-0`])
    await one.leave()
    await two.leave()
    expectOneOwner(events)
  })

  test('what a revoked member commits is where the next owner starts', async () => {
    const topic = await context.topic(2)
    const groupId = context.name('group')
    await produce(topic, { 0: ['a0', 'a1'], 1: ['b0', 'b1'] })
    const events: GroupEvent[] = []
    const positions = new Map<string, number>()
    const first = await Member.join(context, 'first', events, {
      groupId,
      topics: [topic],
      onRevoked: async (partitions, lost) => {
        expect(lost).toBe(false)
        await first.consumer.commit(
          partitions.map((at) => ({ ...at, offset: positions.get(partitionName(at)) ?? 0 })),
        )
      },
    })
    await wait('four records are read', () => recordsOf(events).length === 4)
    for (const partition of [0, 1]) positions.set(`${topic}-${partition}`, 2)
    const second = await Member.join(context, 'second', events, { groupId, topics: [topic] })
    await wait('each has one', () => first.owned().length === 1 && second.owned().length === 1)
    await produce(topic, { 0: ['a2'], 1: ['b2'] })
    await wait('six records are read', () => new Set(recordsOf(events)).size === 6)
    expect(recordsOf(events).sort()).toEqual(['a0', 'a1', 'a2', 'b0', 'b1', 'b2'])
    await first.leave()
    await second.leave()
    expectOneOwner(events)
  })

  async function produce(topic: string, values: Readonly<Record<number, readonly string[]>>) {
    const producer = await context.log().createProducer({ clientId: 'contract' })
    await producer.send(
      Object.entries(values).map(([partition, those]) => append(topic, Number(partition), those)),
    )
    await producer.close()
  }
}
