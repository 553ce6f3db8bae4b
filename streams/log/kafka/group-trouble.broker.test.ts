import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { afterAll, expect, test } from 'vitest'
import { brokerForTests, ownBrokerForTests } from '#cli/kafka/broker-for-tests'
import { systemClock } from '../../clock.ts'
import { silentLogger } from '../../logger.ts'
import { noMetrics } from '../../metrics.ts'
import type { GroupConsumer, Log } from '../log.ts'
import { openKafkaLog } from './kafka-log.ts'

const MEMBER = fileURLToPath(new URL('./fixtures/member-main.ts', import.meta.url))
const SESSION_MS = 6_000

const { missing } = await brokerForTests()
const own = missing === '' ? await ownBrokerForTests() : undefined

afterAll(async () => {
  await own?.close()
})

interface Told {
  readonly polledMs: number
  readonly assigned?: readonly number[]
  readonly revoked?: readonly number[]
  readonly lost?: boolean
  readonly record?: string
}

test.skipIf(own === undefined)(
  `members keep what they have while the coordinator is away${missing}`,
  async () => {
    if (own === undefined) throw new Error('no broker')
    const log = await open(own.brokers)
    const topic = await topicOf(log, 'coordinated', 4)
    const events: string[] = []
    const join = (name: string, groupInstanceId?: string) =>
      log.createGroupConsumer({
        clientId: name,
        groupId: 'coordinated',
        topics: [topic],
        rebalance: 'cooperative',
        ...(groupInstanceId === undefined ? {} : { groupInstanceId }),
        onRevoked: async (partitions, lost) =>
          void events.push(`${name} gave ${partitions.length}${lost ? ' lost' : ''}`),
      })
    const members = [await join('dynamic'), await join('static', 'i-1')]
    await pollUntil(members, () => members.every((member) => member.assignment().length === 2))
    const before = members.map((member) => member.assignment())
    events.length = 0
    // The third joins while nobody answers: its JoinGroup is sent again, and the group is loaded again, before it is answered.
    const third = await join('third')
    await own.restart(async () => {
      await pollOnce([...members, third])
    })
    await pollUntil([...members, third], () => third.assignment().length === 1)
    await pollUntil([...members, third], () => total([...members, third]) === 4)
    expect(events.filter((event) => event.endsWith('lost'))).toEqual([])
    for (const [index, member] of members.entries()) {
      expect(before[index]).toEqual(expect.arrayContaining([...member.assignment()]))
    }
    const [first] = members
    const [kept] = first?.assignment() ?? []
    if (first === undefined || kept === undefined) throw new Error('it keeps some')
    await first.commit([{ ...kept, offset: 0 }])
    await log.close()
  },
)

test.skipIf(own === undefined)(
  `a process that was paused for longer than its session reads nothing before it knows what it lost${missing}`,
  async () => {
    if (own === undefined) throw new Error('no broker')
    const log = await open(own.brokers)
    const topic = await topicOf(log, 'paused', 2)
    const producer = await log.createProducer({ clientId: 'test' })
    for (const partition of [0, 1]) {
      const records = Array.from({ length: 20_000 }, (_, index) => ({
        key: null,
        value: Buffer.from(`${partition}:${index}`),
        timestampMs: 1,
      }))
      await producer.send([{ topic, partition, records }])
    }
    const child = spawn(process.execPath, [MEMBER, own.brokers[0] ?? '', 'paused', topic], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const told: Told[] = []
    const lines = createInterface({ input: child.stdout })
    lines.on('line', (line) => void told.push(JSON.parse(line) as Told))
    const heard = async (check: () => boolean) => {
      while (!check()) await once(lines, 'line')
    }
    try {
      await heard(() => told.some(({ record }) => record !== undefined))
      child.kill('SIGSTOP')
      const other = await log.createGroupConsumer({
        clientId: 'other',
        groupId: 'paused',
        topics: [topic],
        rebalance: 'cooperative',
        sessionTimeoutMs: SESSION_MS,
        rebalanceTimeoutMs: SESSION_MS,
      })
      await pollUntil([other], () => other.assignment().length === 2)
      child.kill('SIGCONT')
      await heard(() => told.some(({ lost }) => lost === true))
      const lostAt = told.findIndex(({ lost }) => lost === true)
      expect(told[lostAt]?.revoked).toEqual([0, 1])
      const gap = told.findIndex(
        ({ polledMs }, index) =>
          polledMs - (told[index - 1]?.polledMs ?? polledMs) > SESSION_MS / 2,
      )
      expect(told.slice(gap, lostAt).filter(({ record }) => record !== undefined)).toEqual([])
      const isBack = () => told.slice(lostAt).some(({ assigned }) => assigned?.length === 1)
      await pollUntil([other], isBack)
      await other.close()
    } finally {
      child.kill('SIGKILL')
    }
    await log.close()
  },
)

const total = (members: readonly GroupConsumer[]): number =>
  members.reduce((sum, member) => sum + member.assignment().length, 0)

async function pollOnce(members: readonly GroupConsumer[]): Promise<void> {
  await Promise.all(members.map((member) => member.poll({ maxWaitMs: 100 })))
}

async function pollUntil(
  members: readonly GroupConsumer[],
  check: () => boolean,
  timeoutMs = 60_000,
): Promise<void> {
  const untilMs = performance.now() + timeoutMs
  while (!check()) {
    if (performance.now() > untilMs) throw new Error(`not within ${timeoutMs} ms`)
    await pollOnce(members)
  }
}

async function topicOf(log: Log, topic: string, partitions: number): Promise<string> {
  await log.admin.createTopics([
    { topic, partitions, cleanup: 'delete', retentionMs: -1, retentionBytes: -1 },
  ])
  return topic
}

function open(brokers: readonly string[]): Promise<Log> {
  const ports = { logger: silentLogger, metrics: noMetrics, clock: systemClock }
  return openKafkaLog({ brokers, clientId: 'group-trouble', ...ports, retryForMs: 60_000 })
}
