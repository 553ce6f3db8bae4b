import { expect, test } from 'vitest'
import { append, bytes, type ContractContext, partitionName, text, until } from './context.ts'
import { type GroupEvent, Member, recordsOf } from './member.ts'

export function staticMembers(context: ContractContext): void {
  const wait = (what: string, check: () => Promise<boolean> | boolean) =>
    until(context.conditionTimeoutMs, what, check)

  for (const rebalance of ['eager', 'cooperative'] as const) {
    test(`a restart within the session is no rebalance, and gets the same partitions (${rebalance})`, async () => {
      const topic = await context.topic(4)
      const shared = {
        groupId: context.name('group'),
        topics: [topic],
        rebalance,
        sessionTimeoutMs: 45_000,
      } as const
      const events: GroupEvent[] = []
      const one = await Member.join(context, 'one', events, { ...shared, groupInstanceId: 'i-1' })
      const two = await Member.join(context, 'two', events, { ...shared, groupInstanceId: 'i-2' })
      await wait('each has two', () => one.owned().length === 2 && two.owned().length === 2)
      await settled(one, two)
      const had = one.owned()
      const seen = ofMember(events, 'two').length
      const before = two.consumer.groupMetadata()
      expect(before).toMatchObject({ groupInstanceId: 'i-2' })
      await one.die()

      const later: GroupEvent[] = []
      const again = await Member.join(context, 'one', later, {
        ...shared,
        groupInstanceId: 'i-1',
      })
      await wait('it has what it had', () => again.owned().length === 2)
      expect(again.owned()).toEqual(had)
      await produce(topic, [0, 1, 2, 3])
      await wait('all is read', () => recordsOf([...events, ...later]).length === 4)
      expect(ofMember(events, 'two').filter(({ kind }) => kind !== 'record')).toHaveLength(seen)
      expect(two.consumer.groupMetadata()).toEqual(before)
      // It is a member like any other: its offsets are taken.
      const [at] = again.consumer.assignment()
      if (at === undefined) throw new Error('it has partitions')
      await again.consumer.commit([{ ...at, offset: 1 }])
      await again.leave()
      await wait('the other has all at once', () => two.owned().length === 4)
      await two.leave()
    })

    test(`of two living members with one id the older one is put out for good (${rebalance})`, async () => {
      const topic = await context.topic(2)
      const shared = {
        groupId: context.name('group'),
        topics: [topic],
        rebalance,
        groupInstanceId: 'twin',
      } as const
      const lost: boolean[] = []
      const older = await Member.join(context, 'older', [], {
        ...shared,
        onRevoked: async (_, wasLost) => void lost.push(wasLost),
      })
      await wait('the older has all', () => older.owned().length === 2)
      const stale = older.consumer.groupMetadata()
      const younger = await Member.join(context, 'younger', [], shared)
      await wait('the younger has all', () => younger.owned().length === 2)
      const offset = { topic, partition: 0, offset: 1 }
      const producer = await context.transactional(context.name('twin'))
      await producer.begin()
      await expect(producer.sendOffsets(stale, [offset])).rejects.toMatchObject({
        code: expect.stringMatching(/^LOG_(STALE_MEMBER|FENCED)$/),
      })
      await producer.close()
      expect(await older.failure()).toMatchObject({ code: 'LOG_INSTANCE_FENCED' })
      expect(lost).toEqual([true])
      expect(older.owned()).toEqual([])
      await expect(older.consumer.poll({ maxWaitMs: 0 })).rejects.toMatchObject({
        code: 'LOG_INSTANCE_FENCED',
      })
      await older.consumer.close()
      await younger.consumer.commit([offset])
      expect(younger.owned()).toHaveLength(2)
      await younger.leave()
    })

    test(`who does not come back within the session loses its place (${rebalance})`, async () => {
      const topic = await context.topic(2)
      const shared = {
        groupId: context.name('group'),
        topics: [topic],
        rebalance,
        sessionTimeoutMs: context.abilities.shortestSessionMs ?? 6_000,
      } as const
      const events: GroupEvent[] = []
      const one = await Member.join(context, 'one', events, { ...shared, groupInstanceId: 'i-1' })
      const two = await Member.join(context, 'two', events, { ...shared, groupInstanceId: 'i-2' })
      await wait('each has one', () => one.owned().length === 1 && two.owned().length === 1)
      await one.die()
      await wait('the other has both', () => two.owned().length === 2)
      await two.leave()
    })
  }

  test('an owner that is restarted between giving up and the follow-up does not hold up the others', async () => {
    const topic = await context.topic(2)
    const groupId = context.name('group')
    const events: GroupEvent[] = []
    let owner = 'i-1'
    const shared = (groupInstanceId: string) => ({
      groupId,
      topics: [topic],
      rebalance: 'cooperative' as const,
      // Nothing is to be waited for that is as long as these.
      sessionTimeoutMs: 120_000,
      rebalanceTimeoutMs: 120_000,
      groupInstanceId,
      userData: () => bytes(groupInstanceId),
      assignor: {
        name: 'all-to-one',
        assign: (members: readonly { memberId: string; groupInstanceId?: string }[]) =>
          new Map(
            members.map((member) => [
              member.memberId,
              {
                partitions:
                  member.groupInstanceId === owner
                    ? [0, 1].map((partition) => ({ topic, partition }))
                    : [],
                userData: bytes(`${member.groupInstanceId} while ${owner} owns`),
              },
            ]),
          ),
      },
    })
    const told: string[] = []
    const first = await Member.join(context, 'first', events, {
      ...shared('i-1'),
      onRevoked: async () => {
        if (owner === 'i-2') throw new Error('dies here')
      },
    })
    await wait('the first has all', () => first.owned().length === 2)
    const second = await Member.join(context, 'second', events, shared('i-2'))
    await wait('the second has joined', () => ofMember(events, 'second').length > 0)
    owner = 'i-2'
    await second.consumer.rejoin()
    expect(await first.failure()).toMatchObject({ message: 'dies here' })
    await first.die()
    const again = await Member.join(context, 'first', events, {
      ...shared('i-1'),
      onAssigned: async (_, userData) => void told.push(text(userData) ?? ''),
    })
    await wait('the second has all', () => second.owned().length === 2)
    await wait('the first is told', () => told.at(-1) === 'i-1 while i-2 owns')
    await again.leave()
    await second.leave()
  })

  async function settled(...members: readonly Member[]): Promise<void> {
    const generations = () => members.map(({ consumer }) => consumer.groupMetadata().generationId)
    await wait('they are in one generation', () => new Set(generations()).size === 1)
    await Promise.all(members.map((member) => member.polled()))
  }

  async function produce(topic: string, partitions: readonly number[]): Promise<void> {
    const producer = await context.log().createProducer({ clientId: 'contract' })
    await producer.send(
      partitions.map((partition) =>
        append(topic, partition, [partitionName({ topic, partition })]),
      ),
    )
    await producer.close()
  }
}

const ofMember = (events: readonly GroupEvent[], name: string) =>
  events.filter(({ member }) => member === name)
