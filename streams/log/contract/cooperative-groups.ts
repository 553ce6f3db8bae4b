import { expect, test } from 'vitest'
import type { GroupMember, PartitionAssignor, TopicPartition } from '../log.ts'
import { append, bytes, type ContractContext, text, until } from './context.ts'
import { expectOneOwner, type GroupEvent, Member, recordsOf } from './member.ts'

export function cooperativeGroups(context: ContractContext): void {
  const wait = (what: string | (() => string), check: () => Promise<boolean> | boolean) =>
    until(context.conditionTimeoutMs, what, check)

  const { shortestSessionMs: sessionTimeoutMs = 6_000 } = context.abilities
  const short = { sessionTimeoutMs, rebalanceTimeoutMs: sessionTimeoutMs / 4 }

  test('who keeps a partition keeps reading it, and is told only of what goes', async () => {
    const topic = await context.topic(4)
    // Nothing is to be waited for that is as long as this.
    const rebalanceTimeoutMs = 120_000
    const groupId = context.name('group')
    const shared = { groupId, topics: [topic], rebalance, rebalanceTimeoutMs } as const
    const events: GroupEvent[] = []
    const first = await Member.join(context, 'first', events, shared)
    await wait('the first has all', () => first.owned().length === 4)
    const second = await Member.join(context, 'second', events, shared)
    await wait('each has two', () => first.owned().length === 2 && second.owned().length === 2)
    const third = await Member.join(context, 'third', events, shared)
    await wait('all have some', () => {
      const owned = [first, second, third].map((member) => member.owned())
      return owned.every(({ length }) => length > 0) && owned.flat().length === 4
    })
    for (const partition of [0, 1, 2, 3]) await produce(topic, partition, [`r${partition}`])
    await wait('all records are read', () => recordsOf(events).length === 4)
    for (const member of [first, second, third]) await member.pausePolling()
    const moved = names(events, 'first', 'revoked')
    expect(moved.length).toBeLessThanOrEqual(3)
    expect(moved).not.toContain(first.owned()[0])
    expect(names(events, 'first', 'assigned').sort()).toEqual(
      [0, 1, 2, 3].map((partition) => `${topic}-${partition}`),
    )
    expectOneOwner(events)
    for (const member of [first, second, third]) await member.consumer.close()
  })

  test('records come, and offsets are committed, while a rebalance waits for another member', async () => {
    const topic = await context.topic(2)
    const shared = { groupId: context.name('group'), topics: [topic], rebalance } as const
    const events: GroupEvent[] = []
    const busy = await Member.join(context, 'busy', events, shared)
    const slow = await Member.join(context, 'slow', events, shared)
    await wait('each has one', () => busy.owned().length === 1 && slow.owned().length === 1)
    await busy.polled()
    await slow.pausePolling()
    const rounds = rebalances(events, 'busy')
    await busy.consumer.rejoin()
    const kept = partitionOf(busy.owned()[0])
    const before = busy.consumer.groupMetadata()
    const producer = await context.transactional(context.name('during'))
    for (const value of ['a', 'b', 'c']) {
      await produce(topic, kept, [value])
      await wait(`${value} is read`, () => recordsOf(events).includes(value))
      await producer.begin()
      await producer.sendOffsets(busy.consumer.groupMetadata(), [
        { topic, partition: kept, offset: recordsOf(events).length },
      ])
      await producer.commit()
    }
    expect(rebalances(events, 'busy')).toBe(rounds)
    await slow.startPolling()
    await wait('the rebalance is over', () => rebalances(events, 'busy') > rounds)
    // What was known before the rebalance serves as well: the partition has not moved.
    await producer.begin()
    await producer.sendOffsets(before, [{ topic, partition: kept, offset: 3 }])
    await producer.commit()
    await producer.close()
    const [committed] = await busy.consumer.committed([{ topic, partition: kept }])
    expect(committed?.offset).toBe(3)
    expect(names(events, 'busy', 'revoked')).not.toContain(`${topic}-${kept}`)
    await busy.leave()
    await slow.leave()
  })

  test('what moves from a living owner is handed out after the owner has given it up', async () => {
    const topic = await context.topic(2)
    const events: GroupEvent[] = []
    let release = (): void => {}
    const released = new Promise<void>((resolve) => {
      release = resolve
    })
    const { first, second, moveAll } = await pairOf(topic, events, () => released)
    await moveAll()
    await wait('the second was assigned nothing yet', () => rebalances(events, 'second') > 1)
    await wait(
      'the first is asked to give all up',
      () => names(events, 'first', 'revoked').length > 0,
    )
    expect(second.owned()).toEqual([])
    release()
    await wait('the second has all', () => second.owned().length === 2)
    expect(first.owned()).toEqual([])
    await first.leave()
    await second.leave()
    expectOneOwner(events)
  })

  test('the user data of the assignment reach each member at every rebalance', async () => {
    const topic = await context.topic(2)
    const groupId = context.name('group')
    const events: GroupEvent[] = []
    const told = new Map<string, string[]>()
    const placing = new Placing(topic, 'one')
    const join = (name: string) =>
      Member.join(context, name, events, {
        groupId,
        topics: [topic],
        rebalance,
        assignor: placing,
        userData: () => bytes(name),
        onAssigned: async (_, userData) => {
          told.set(name, [...(told.get(name) ?? []), text(userData) ?? ''])
        },
      })
    const one = await join('one')
    await wait('one is told', () => told.get('one')?.at(-1) === '1: one owns, of one')
    const two = await join('two')
    await wait('both are told', () =>
      ['one', 'two'].every((name) => told.get(name)?.at(-1)?.endsWith('one owns, of one,two')),
    )
    // Nothing moves: they are told all the same.
    const times = told.get('two')?.length ?? 0
    await two.consumer.rejoin()
    await wait('two is told again', () => (told.get('two')?.length ?? 0) > times)
    await wait('both know the same', () => told.get('one')?.at(-1) === told.get('two')?.at(-1))
    expect(names(events, 'one', 'revoked')).toEqual([])
    await one.leave()
    await two.leave()
  })

  test('many rebalances in a row, with members that come, go and die, leave every partition with one owner', async () => {
    const topic = await context.topic(6)
    const shared = {
      groupId: context.name('group'),
      topics: [topic],
      rebalance,
      ...short,
    } as const
    const events: GroupEvent[] = []
    const members: Member[] = []
    for (const name of ['a', 'b', 'c']) {
      members.push(await Member.join(context, name, events, shared))
      await wait('the first ones have some', () => rebalances(events, name) > 0)
      for (const member of members) await member.consumer.rejoin()
    }
    await wait('some is given up', () => events.some(({ kind }) => kind === 'revoked'))
    // Between the giving up and the follow-up, or near it.
    const dead = members.shift()
    await dead?.die()
    const late = await Member.join(context, 'd', events, shared)
    members.push(late)
    await wait('the living share all', () => {
      const owned = members.map((member) => member.owned())
      return owned.flat().length === 6 && new Set(owned.flat()).size === 6
    })
    for (const partition of [0, 1, 2, 3, 4, 5]) await produce(topic, partition, [`r${partition}`])
    await wait('all records are read', () => new Set(recordsOf(events)).size === 6)
    for (const member of members) await member.leave()
    expectOneOwner(events)
  })

  test('an owner that dies between giving up and the follow-up does not hold up the others', async () => {
    const topic = await context.topic(2)
    const events: GroupEvent[] = []
    const { first, second, moveAll } = await pairOf(topic, events, async (_, lost) => {
      if (!lost) throw new Error('dies here')
    })
    await moveAll()
    expect(await first.failure()).toMatchObject({ message: 'dies here' })
    await first.die()
    await wait('the second has all', () => second.owned().length === 2)
    await second.leave()
    expectOneOwner(events)
  })

  test('an owner that does not come back from giving up is put out', async () => {
    const topic = await context.topic(2)
    const events: GroupEvent[] = []
    let comeBack = (): void => {}
    const stalled = new Promise<void>((resolve) => {
      comeBack = resolve
    })
    const { first, second, moveAll } = await pairOf(topic, events, () => stalled)
    await moveAll()
    await wait('the second has all', () => second.owned().length === 2)
    expect(first.owned()).toHaveLength(2)
    comeBack()
    await wait('the first has joined again', () => rebalances(events, 'first') > 2)
    expect(first.owned()).toEqual([])
    await first.leave()
    await second.leave()
  })

  test('a member that does not poll is put out, is told so, and comes back', async () => {
    const topic = await context.topic(2)
    const shared = {
      groupId: context.name('group'),
      topics: [topic],
      rebalance,
      ...short,
    } as const
    const events: GroupEvent[] = []
    const lost: boolean[] = []
    const silent = await Member.join(context, 'silent', events, {
      ...shared,
      onRevoked: async (_, wasLost) => void lost.push(wasLost),
    })
    await wait('the first has all', () => silent.owned().length === 2)
    await silent.pausePolling()
    const stale = silent.consumer.groupMetadata()
    const other = await Member.join(context, 'other', [], shared)
    await wait('the other has all', () => other.owned().length === 2)
    const producer = await context.transactional(context.name('zombie'))
    await producer.begin()
    await expect(
      producer.sendOffsets(stale, [{ topic, partition: 0, offset: 1 }]),
    ).rejects.toMatchObject({ code: 'LOG_STALE_MEMBER' })
    await producer.close()
    expect(lost).toEqual([])
    await silent.startPolling()
    await wait('each has one', () => silent.owned().length === 1 && other.owned().length === 1)
    expect(lost).toEqual([true])
    await silent.leave()
    await other.leave()
  })

  /** Two members, of which the first has everything until `moveAll` gives it to the second. */
  async function pairOf(
    topic: string,
    events: GroupEvent[],
    onRevoked: (partitions: readonly TopicPartition[], lost: boolean) => Promise<void>,
  ) {
    const placing = new Placing(topic, 'first')
    const shared = {
      groupId: context.name('group'),
      topics: [topic],
      rebalance,
      assignor: placing,
      ...short,
    } as const
    const userData = (name: string) => () => bytes(name)
    const first = await Member.join(context, 'first', events, {
      ...shared,
      userData: userData('first'),
      onRevoked,
    })
    await wait('the first has all', () => first.owned().length === 2)
    const second = await Member.join(context, 'second', events, {
      ...shared,
      userData: userData('second'),
    })
    await wait('the second has joined', () => rebalances(events, 'second') > 0)
    const moveAll = async () => {
      placing.owner = 'second'
      await second.consumer.rejoin()
    }
    return { first, second, moveAll }
  }

  async function produce(topic: string, partition: number, values: readonly string[]) {
    const producer = await context.log().createProducer({ clientId: 'contract' })
    await producer.send([append(topic, partition, values)])
    await producer.close()
  }
}

const rebalance = 'cooperative'

/** Gives everything to one member, by its user data, and tells everybody. */
class Placing implements PartitionAssignor {
  readonly name = 'placing'
  readonly #topic: string
  #rounds = 0
  owner: string

  constructor(topic: string, owner: string) {
    this.#topic = topic
    this.owner = owner
  }

  assign(members: readonly GroupMember[], counts: ReadonlyMap<string, number>) {
    this.#rounds += 1
    const all = members.map(({ userData }) => text(userData) ?? '').sort()
    const userData = bytes(`${this.#rounds}: ${this.owner} owns, of ${all.join()}`)
    const partitions: TopicPartition[] = Array.from(
      { length: counts.get(this.#topic) ?? 0 },
      (_, partition) => ({ topic: this.#topic, partition }),
    )
    return new Map(
      members.map((member) => {
        const owns = text(member.userData) === this.owner
        return [member.memberId, { partitions: owns ? partitions : [], userData }]
      }),
    )
  }
}

const names = (events: readonly GroupEvent[], member: string, kind: GroupEvent['kind']) =>
  events.flatMap((event) =>
    event.member === member && event.kind === kind ? [...event.partitions] : [],
  )

const rebalances = (events: readonly GroupEvent[], member: string): number =>
  events.filter((event) => event.member === member && event.kind === 'assigned').length

const partitionOf = (name: string | undefined): number => Number(name?.split('-').at(-1))
