/**
 * What one transaction of a task takes on Kafka: 20 records each to an output, a changelog and a schedule, and one input offset. By version of transactions
 * (1: partitions and groups are named beforehand; 2: KIP-890), with the offsets after the records or beside them; all four in turn.
 *
 *   node bin/orion.js kafka start --port 19392
 *   node bin/node.js perf/experiments/transactions-main.ts --brokers 127.0.0.1:19392 > docs/benchmarks/experiments/transactions.json
 */
import { parseArgs } from 'node:util'
import { noMetrics, silentLogger, systemClock } from '#streams'
import { openKafkaLog, type TransactionalProducer } from '#streams/log'
import { surroundings } from '../measuring/result-file.ts'

const ROUNDS = 3
const TASKS = 4
const RECORDS = 20
const TOPICS = ['bench-output', 'bench-changelog', 'bench-schedule'] as const
const INPUT = 'bench-input'
/** Between two of a task: none, and about what a drained task waits. */
const GAPS_MS = [0, 5]
const GROUP = { groupId: 'bench-transactions', generationId: -1, memberId: '' }

interface Way {
  readonly version: 1 | 2
  readonly offsets: 'after' | 'beside'
}

const WAYS: readonly Way[] = [
  { version: 1, offsets: 'after' },
  { version: 1, offsets: 'beside' },
  { version: 2, offsets: 'after' },
  { version: 2, offsets: 'beside' },
]

const { values } = parseArgs({
  options: {
    brokers: { type: 'string' },
    transactions: { type: 'string', default: '300' },
  },
})
const { brokers } = values
if (brokers === undefined) throw new Error('--brokers HOST:PORT of a local broker is missing')
const transactions = Number(values.transactions)
const value = new Uint8Array(200)
const records = Array.from({ length: RECORDS }, (_, key) => ({
  key: Uint8Array.of(key),
  value,
  timestampMs: 1,
}))

const runs: unknown[] = []
for (let round = 1; round <= ROUNDS; round += 1) {
  for (const gapMs of GAPS_MS) {
    for (const way of WAYS) runs.push({ round, gapMs, ...way, ...(await measured(way, gapMs)) })
  }
  process.stderr.write(`round ${round} of ${ROUNDS}\n`)
}
const { commit, date, node, machine } = surroundings()
process.stdout.write(
  `${JSON.stringify({ commit, date, node, machine, transactions, tasks: TASKS, runs }, null, 2)}\n`,
)

async function measured({ version, offsets }: Way, gapMs: number) {
  const log = await openKafkaLog({
    brokers: (brokers ?? '').split(','),
    clientId: 'bench-transactions',
    logger: silentLogger,
    metrics: noMetrics,
    clock: systemClock,
    transactionVersionMax: version,
  })
  await log.admin.createTopics(
    [...TOPICS, INPUT].map((topic) => ({
      topic,
      partitions: TASKS,
      cleanup: 'delete',
      retentionMs: 3_600_000,
      retentionBytes: -1,
    })),
  )
  const producers = await Promise.all(
    Array.from({ length: TASKS }, async (_, task) => {
      const transactionalId = `bench-${task}`
      const producer = await log.createTransactionalProducer({
        clientId: transactionalId,
        transactionalId,
        transactionTimeoutMs: 10_000,
      })
      await producer.init()
      return producer
    }),
  )
  const tookMs: number[] = []
  const startMs = performance.now()
  const before = process.cpuUsage()
  await Promise.all(
    producers.map(async (producer, task) => {
      for (let done = 0; done < transactions; done += 1) {
        const beginMs = performance.now()
        await transaction(producer, task, done, offsets)
        tookMs.push(performance.now() - beginMs)
        if (gapMs > 0) await new Promise((resolve) => setTimeout(resolve, gapMs))
      }
    }),
  )
  const { user, system } = process.cpuUsage(before)
  const elapsedS = (performance.now() - startMs) / 1_000
  await log.close()
  tookMs.sort((a, b) => a - b)
  const count = tookMs.length
  return {
    p50Ms: rounded(tookMs[Math.floor(count * 0.5)]),
    p95Ms: rounded(tookMs[Math.floor(count * 0.95)]),
    transactionsPerSecond: rounded(count / elapsedS),
    clientCpuMsEach: rounded((user + system) / 1_000 / count),
  }
}

async function transaction(
  producer: TransactionalProducer,
  task: number,
  offset: number,
  offsets: Way['offsets'],
): Promise<void> {
  await producer.begin()
  const sent = producer.send(TOPICS.map((topic) => ({ topic, partition: task, records })))
  if (offsets === 'after') await sent
  const committed = producer.sendOffsets(GROUP, [{ topic: INPUT, partition: task, offset }])
  await Promise.all([sent, committed])
  await producer.commit()
}

function rounded(number = Number.NaN): number {
  return Math.round(number * 100) / 100
}
