import { expect, test } from 'vitest'
import type { GroupMetadata } from '../log.ts'
import { append, type ContractContext, groupWithoutMembers, until } from './context.ts'
import { type GroupEvent, Member, recordsOf } from './member.ts'

export function groupOffsets(context: ContractContext): void {
  const wait = (what: string, check: () => Promise<boolean> | boolean) =>
    until(context.conditionTimeoutMs, what, check)

  test('offsets sent in a transaction are where the next member starts', async () => {
    const topic = await context.topic(1)
    const groupId = context.name('group')
    const plain = await context.log().createProducer({ clientId: 'contract' })
    await plain.send([append(topic, 0, ['a', 'b', 'c'])])
    const events: GroupEvent[] = []
    const first = await Member.join(context, 'first', events, { groupId, topics: [topic] })
    await wait('three records are read', () => recordsOf(events).length === 3)
    const producer = await context.transactional(context.name('tx'))
    for (const [offset, ends] of [
      [1, 'commit'],
      [3, 'abort'],
    ] as const) {
      await producer.begin()
      await producer.sendOffsets(first.consumer.groupMetadata(), [{ topic, partition: 0, offset }])
      await producer[ends]()
    }
    await first.leave()
    const later: GroupEvent[] = []
    const second = await Member.join(context, 'second', later, { groupId, topics: [topic] })
    await wait('two records are read', () => recordsOf(later).length === 2)
    expect(recordsOf(later)).toEqual(['b', 'c'])
    await second.leave()
    await producer.close()
    await plain.close()
  })

  test('metadata names the group, and its generation grows with every rebalance', async () => {
    const topic = await context.topic(2)
    const groupId = context.name('group')
    const events: GroupEvent[] = []
    const first = await Member.join(context, 'first', events, { groupId, topics: [topic] })
    await wait('both are assigned', () => first.owned().length === 2)
    const before = first.consumer.groupMetadata()
    expect(before.groupId).toBe(groupId)
    const second = await Member.join(context, 'second', events, { groupId, topics: [topic] })
    await wait('each has one', () => first.owned().length === 1 && second.owned().length === 1)
    const after = first.consumer.groupMetadata()
    expect(after.generationId).toBeGreaterThan(before.generationId)
    expect(second.consumer.groupMetadata().generationId).toBe(after.generationId)
    expect(second.consumer.groupMetadata().memberId).not.toBe(after.memberId)
    if (context.abilities.refusesStaleMembersInTransactions) {
      await refusesOffsetsOf(before, topic)
    }
    await first.leave()
    await second.leave()
  })

  test('setting offsets is refused while the group has members, and works afterwards', async () => {
    const { admin } = context.log()
    const topic = await context.topic(1)
    const groupId = context.name('group')
    const offsets = [{ topic, partition: 0, offset: 5, metadata: 'reset' }]
    const member = await Member.join(context, 'only', [], { groupId, topics: [topic] })
    await wait('the partition is assigned', () => member.owned().length === 1)
    await expect(admin.setGroupOffsets(groupId, offsets)).rejects.toMatchObject({
      code: 'LOG_GROUP_ACTIVE',
    })
    await member.leave()
    await admin.setGroupOffsets(groupId, offsets)
    expect(await admin.groupOffsets(groupId, [{ topic, partition: 0 }])).toMatchObject([
      { topic, partition: 0, offset: 5 },
    ])
  })

  test('groups are listed, described and deleted', async () => {
    const { admin } = context.log()
    const topic = await context.topic(1)
    const groupId = context.name('group')
    expect(await admin.listGroups()).not.toContain(groupId)
    const member = await Member.join(context, 'the-client', [], { groupId, topics: [topic] })
    await wait('the partition is assigned', () => member.owned().length === 1)
    await wait('the group is stable', async () => {
      return (await admin.describeGroup(groupId)).state === 'stable'
    })
    expect(await admin.describeGroup(groupId)).toMatchObject({
      groupId,
      state: 'stable',
      members: [{ memberId: member.consumer.groupMetadata().memberId, clientId: 'the-client' }],
    })
    await member.pausePolling()
    await member.consumer.commit([{ topic, partition: 0, offset: 0 }])
    await member.consumer.close()
    await wait('the group is empty', async () => {
      const { state, members } = await admin.describeGroup(groupId)
      return state === 'empty' && members.length === 0
    })
    expect(await admin.listGroups()).toContain(groupId)
    await admin.deleteGroup(groupId)
    expect(await admin.listGroups()).not.toContain(groupId)
    expect(await admin.groupOffsets(groupId, [{ topic, partition: 0 }])).toEqual([undefined])
  })

  test('the offsets of a group do not touch those of another', async () => {
    const { admin } = context.log()
    const topic = await context.topic(1)
    const [left, right] = [context.name('group'), `${context.name('group')}`]
    await admin.setGroupOffsets(left, [{ topic, partition: 0, offset: 1 }])
    await admin.setGroupOffsets(right, [{ topic, partition: 0, offset: 2 }])
    const at = [{ topic, partition: 0 }]
    expect((await admin.groupOffsets(left, at))[0]?.offset).toBe(1)
    expect((await admin.groupOffsets(right, at))[0]?.offset).toBe(2)
  })

  async function refusesOffsetsOf(stale: GroupMetadata, topic: string): Promise<void> {
    const producer = await context.transactional(context.name('tx'))
    await producer.begin()
    const refused = await producer.sendOffsets(stale, [{ topic, partition: 0, offset: 1 }]).then(
      () => undefined,
      (error: unknown) => error,
    )
    expect(refused).toMatchObject({ code: expect.stringMatching(/^LOG_(STALE_MEMBER|FENCED)$/) })
    await producer.close()
    const group = groupWithoutMembers(stale.groupId)
    const [offset] = await context
      .log()
      .admin.groupOffsets(group.groupId, [{ topic, partition: 0 }])
    expect(offset).toBeUndefined()
  }
}
