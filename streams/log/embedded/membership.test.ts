import { expect, test } from 'vitest'
import { assignBalanced } from '../balanced-assignor.ts'
import type { GroupConsumer, GroupConsumerOptions } from '../log.ts'
import type { EmbeddedLog } from './embedded-log.ts'
import { inDirectory, manualClock, openLog, topicOf } from './fixtures/open-log.ts'

const GROUP = 'g'

test('a member that does not poll in time loses its partitions, and its offsets are refused', async () => {
  await withLog(async (log, clock) => {
    const lost: boolean[] = []
    const silent = await join(log, 'silent', {
      onRevoked: async (_, wasLost) => void lost.push(wasLost),
    })
    await silent.poll({ maxWaitMs: 0 })
    const stale = silent.groupMetadata()
    expect(silent.assignment()).toHaveLength(4)

    const other = await join(log, 'other')
    await other.poll({ maxWaitMs: 0 })
    expect(other.assignment()).toEqual([])
    clock.advance(5_001)
    await other.poll({ maxWaitMs: 0 })
    expect(other.assignment()).toHaveLength(4)

    const offset = { topic: 't', partition: 0, offset: 1 }
    await expect(silent.commit([offset])).rejects.toMatchObject({ code: 'LOG_STALE_MEMBER' })
    const producer = await log.createTransactionalProducer({
      clientId: 'test',
      transactionalId: 'x',
      transactionTimeoutMs: 60_000,
    })
    await producer.init()
    await producer.begin()
    await expect(producer.sendOffsets(stale, [offset])).rejects.toMatchObject({
      code: 'LOG_STALE_MEMBER',
    })
    expect(lost).toEqual([])
    await silent.poll({ maxWaitMs: 0 })
    expect(lost).toEqual([true])
    await other.poll({ maxWaitMs: 0 })
    await silent.poll({ maxWaitMs: 0 })
    expect([silent.assignment().length, other.assignment().length]).toEqual([2, 2])
    await silent.close()
    await other.close()
  })
})

test('a poll that waits takes part in a rebalance at once, and gets what comes then', async () => {
  await withLog(async (log) => {
    const first = await join(log, 'first')
    await first.poll({ maxWaitMs: 0 })
    const waiting = [first.poll({ maxWaitMs: 30_000 })]
    const second = await join(log, 'second', {
      onAssigned: async () => {
        const records = [{ key: null, value: Buffer.from('x'), timestampMs: 1 }]
        const producer = await log.createProducer({ clientId: 'test' })
        await producer.send([0, 1, 2, 3].map((partition) => ({ topic: 't', partition, records })))
      },
    })
    waiting.push(second.poll({ maxWaitMs: 30_000 }))
    const batches = (await Promise.all(waiting)).flat()
    expect(first.assignment()).toHaveLength(2)
    expect(second.assignment()).toHaveLength(2)
    expect(batches.map(({ partition }) => partition).sort()).toEqual([0, 1, 2, 3])
    await first.close()
    await second.close()
  })
})

test('members of one group cannot assign in different ways', async () => {
  await withLog(async (log) => {
    const first = await join(log, 'first')
    await first.poll({ maxWaitMs: 0 })
    const odd = await join(log, 'odd', {
      assignor: { name: 'odd', assign: () => new Map() },
    })
    await expect(odd.poll({ maxWaitMs: 0 })).rejects.toMatchObject({ code: 'LOG_ASSIGNOR_DIFFERS' })
    await odd.close()
    await first.close()
  })
})

test('an assignor that gives a partition to two members is refused', async () => {
  await withLog(async (log) => {
    const member = await join(log, 'only', {
      assignor: {
        name: 'twice',
        assign: (members) =>
          new Map(
            members.map(({ memberId }) => [
              memberId,
              {
                partitions: [
                  { topic: 't', partition: 0 },
                  { topic: 't', partition: 0 },
                ],
              },
            ]),
          ),
      },
    })
    for (const _attempt of [1, 2]) {
      await expect(member.poll({ maxWaitMs: 0 })).rejects.toMatchObject({
        code: 'LOG_ASSIGNMENT_INVALID',
      })
    }
    await member.close()
  })
})

test('metadata over 4,096 bytes is refused', async () => {
  await withLog(async (log) => {
    const offset = { topic: 't', partition: 0, offset: 1, metadata: 'm'.repeat(4_097) }
    await expect(log.admin.setGroupOffsets(GROUP, [offset])).rejects.toMatchObject({
      code: 'LOG_METADATA_TOO_LARGE',
    })
  })
})

test('committed offsets and their metadata are there after a restart', async () => {
  await inDirectory(async (directory) => {
    let log = await openLog(directory)
    await log.admin.createTopics([topicOf('t', { partitions: 4 })])
    const offset = { topic: 't', partition: 3, offset: 2 ** 40, metadata: 'kept' }
    await log.admin.setGroupOffsets(GROUP, [offset])
    await log.close()
    log = await openLog(directory)
    expect(await log.admin.groupOffsets(GROUP, [{ topic: 't', partition: 3 }])).toEqual([offset])
    expect(await log.admin.listGroups()).toEqual([GROUP])
    await log.close()
  })
})

test('the default assignor shares equally, and moves only what it must', () => {
  const member = (memberId: string) => ({
    memberId,
    topics: ['t'],
    userData: new Uint8Array(0),
    owned: [],
  })
  const counts = new Map([['t', 6]])
  const alone = assignBalanced([member('a')], counts, new Map())
  const pair = assignBalanced([member('a'), member('b')], counts, partitionsOf(alone))
  const three = assignBalanced([member('a'), member('b'), member('c')], counts, partitionsOf(pair))
  const partitions = (of: typeof pair, name: string) =>
    of.get(name)?.partitions.map(({ partition }) => partition)
  expect([partitions(pair, 'a'), partitions(pair, 'b')]).toEqual([
    [0, 1, 2],
    [3, 4, 5],
  ])
  expect(['a', 'b', 'c'].map((name) => partitions(three, name))).toEqual([
    [0, 1],
    [3, 4],
    [2, 5],
  ])
})

function partitionsOf(assignment: ReturnType<typeof assignBalanced>) {
  return new Map([...assignment].map(([memberId, { partitions }]) => [memberId, partitions]))
}

async function withLog(
  run: (log: EmbeddedLog, clock: ReturnType<typeof manualClock>) => Promise<void>,
): Promise<void> {
  await inDirectory(async (directory) => {
    const clock = manualClock(1_800_000_000_000)
    const log = await openLog(directory, { clock })
    await log.admin.createTopics([topicOf('t', { partitions: 4 })])
    await run(log, clock)
    await log.close()
  })
}

function join(
  log: EmbeddedLog,
  clientId: string,
  options: Partial<GroupConsumerOptions> = {},
): Promise<GroupConsumer> {
  return log.createGroupConsumer({
    clientId,
    groupId: GROUP,
    topics: ['t'],
    rebalanceTimeoutMs: 5_000,
    ...options,
  })
}
