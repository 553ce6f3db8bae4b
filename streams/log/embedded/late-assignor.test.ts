import { afterEach, beforeEach, expect, test } from 'vitest'
import { memoryEngine } from '#state-stores'
import { newTopic, until } from '../contract/context.ts'
import type { GroupConsumer, GroupMember, MemberAssignment } from '../log.ts'
import type { EmbeddedLog } from './embedded-log.ts'
import { openLog } from './fixtures/open-log.ts'

const CONDITION_MS = 10_000

interface Asked {
  readonly members: readonly GroupMember[]
  resolve(assignment: ReadonlyMap<string, MemberAssignment>): void
  reject(error: unknown): void
}

let log: EmbeddedLog
let asked: Asked[]
/** `<member> <partitions>` at each assignment. */
let assigned: string[]

beforeEach(async () => {
  log = await openLog('unused', { engine: memoryEngine() })
  await log.admin.createTopics([newTopic('lines', 2)])
  asked = []
  assigned = []
})

afterEach(() => log.close())

/** Its assignor answers when the test does. */
function join(name: string, rebalanceTimeoutMs = 60_000): Promise<GroupConsumer> {
  return log.createGroupConsumer({
    clientId: name,
    groupId: 'group',
    topics: ['lines'],
    rebalance: 'cooperative',
    rebalanceTimeoutMs,
    userData: async () => Buffer.from(name),
    assignor: {
      name: 'late',
      assign: (members) =>
        new Promise((resolve, reject) => {
          asked.push({ members, resolve, reject })
        }),
    },
    onAssigned: async (partitions) => {
      assigned.push(`${name} ${partitions.map(({ partition }) => partition).join()}`)
    },
  })
}

/** Polls all of them until it is so. */
async function pollUntil(condition: () => boolean, ...consumers: GroupConsumer[]): Promise<void> {
  await until(CONDITION_MS, 'the group is so far', async () => {
    for (const consumer of consumers) await consumer.poll({ maxWaitMs: 0 })
    return condition()
  })
}

/** Partition by partition to the members in their order. */
function spread({ members, resolve }: Asked): void {
  const partitions = [0, 1].map((partition) => ({ topic: 'lines', partition }))
  resolve(
    new Map(
      members.map(({ memberId }, index) => [
        memberId,
        { partitions: partitions.filter(({ partition }) => partition % members.length === index) },
      ]),
    ),
  )
}

const last = (): Asked => {
  const one = asked.at(-1)
  if (one === undefined) throw new Error('nobody was asked')
  return one
}

test('an answer from before a member came is void', async () => {
  const one = await join('one')
  await pollUntil(() => asked.length === 1, one)
  const two = await join('two')
  await pollUntil(() => asked.length === 2, one, two)
  const [before, after] = asked as [Asked, Asked]
  spread(before)
  for (const consumer of [one, two, one, two]) await consumer.poll({ maxWaitMs: 0 })
  expect(assigned).toEqual([])
  spread(after)
  await pollUntil(() => assigned.length === 2, one, two)
  expect(assigned.sort()).toEqual(['one 0', 'two 1'])
  await two.close()
  await one.close()
})

test('a failure reaches the member whose assignor it is, and its next poll asks again', async () => {
  const one = await join('one')
  await pollUntil(() => asked.length === 1, one)
  last().reject(new Error('not today'))
  await expect(one.poll({ maxWaitMs: 1_000 })).rejects.toThrow('not today')
  await pollUntil(() => asked.length === 2, one)
  spread(last())
  await pollUntil(() => assigned.length === 1, one)
  expect(assigned).toEqual(['one 0,1'])
  await one.close()
})

test('a member whose assignor never answers is put out in time', async () => {
  const one = await join('one', 50)
  await pollUntil(() => asked.length === 1, one)
  const two = await join('two', 50)
  await until(CONDITION_MS, 'the other has all', async () => {
    await two.poll({ maxWaitMs: 10 })
    const [mine] = last().members
    if (last().members.length === 1 && Buffer.from(mine?.userData ?? []).toString() === 'two')
      spread(last())
    return assigned.includes('two 0,1')
  })
  await two.close()
  await one.close()
})
