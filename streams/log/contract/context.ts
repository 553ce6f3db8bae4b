import type {
  FetchedBatch,
  GroupMetadata,
  Isolation,
  Log,
  LogRecord,
  NewTopic,
  PartitionAppend,
  ProducerRecord,
  TopicPartition,
  TransactionalProducer,
} from '../log.ts'
import type { LogAbilities, LogContractOptions } from '../log-contract.ts'

/** What the parts of the contract suite share: the log under test, names that no earlier run used, and readers. */
export interface ContractContext {
  readonly abilities: LogAbilities
  readonly seed: number
  readonly conditionTimeoutMs: number
  log(): Log
  name(prefix: string): string
  topic(partitions: number, settings?: Partial<NewTopic>): Promise<string>
  /** Every record from `offset` to the stable end of the partition. */
  read(topic: string, partition?: number, options?: ReadOptions): Promise<LogRecord[]>
  /** The values of `read`, as text. */
  values(topic: string, partition?: number, options?: ReadOptions): Promise<(string | null)[]>
  /** Waits until `values` equals `expected`, for what becomes visible a moment after the call that caused it. */
  valuesBecome(topic: string, partition: number, expected: readonly string[]): Promise<string[]>
  transactional(transactionalId: string): Promise<TransactionalProducer>
}

interface ReadOptions {
  readonly offset?: number
  readonly isolation?: Isolation
}

export function contextOf(options: LogContractOptions, log: () => Log): ContractContext {
  const run = `${process.pid}-${Date.now().toString(36)}`
  let names = 0
  const conditionTimeoutMs = options.conditionTimeoutMs ?? 30_000

  const context: ContractContext = {
    abilities: options.abilities,
    seed: options.seed ?? 20_261_121,
    conditionTimeoutMs,
    log,
    name: (prefix) => `${prefix}-${run}-${++names}`,
    topic: async (partitions, settings) => {
      const topic = context.name('contract')
      await log().admin.createTopics([newTopic(topic, partitions, settings)])
      return topic
    },
    read: async (topic, partition = 0, { offset = 0, isolation = 'read_committed' } = {}) => {
      const [end = 0] = await log().admin.offsets([{ topic, partition }], 'stable')
      if (offset >= end) return []
      const reader = await log().createPartitionReader({ clientId: 'contract', isolation })
      try {
        await reader.assign([{ topic, partition, offset }])
        const records: LogRecord[] = []
        let position = offset
        await until(conditionTimeoutMs, `${topic}-${partition} read up to ${end}`, async () => {
          for (const batch of await reader.poll({ maxWaitMs: 500 })) {
            records.push(...batch.records)
            position = batch.nextOffset
          }
          return position >= end
        })
        return records
      } finally {
        await reader.close()
      }
    },
    values: async (topic, partition, readOptions) =>
      (await context.read(topic, partition, readOptions)).map(({ value }) => text(value)),
    valuesBecome: async (topic, partition, expected) => {
      let seen: (string | null)[] = []
      const wanted = JSON.stringify(expected)
      await until(
        conditionTimeoutMs,
        () => `${topic}-${partition} holds ${wanted}, holds ${JSON.stringify(seen)}`,
        async () => {
          seen = await context.values(topic, partition)
          return JSON.stringify(seen) === wanted
        },
      )
      return seen.filter((value) => value !== null)
    },
    transactional: async (transactionalId) => {
      const producer = await log().createTransactionalProducer({
        clientId: 'contract',
        transactionalId,
        transactionTimeoutMs: 60_000,
      })
      await producer.init()
      return producer
    },
  }
  return context
}

/** Repeats a check until it is true. The check itself waits (for a poll, for an answer), so nothing sleeps here. */
export async function until(
  timeoutMs: number,
  what: string | (() => string),
  check: () => Promise<boolean> | boolean,
): Promise<void> {
  const deadlineMs = performance.now() + timeoutMs
  while (!(await check())) {
    if (performance.now() > deadlineMs) {
      throw new Error(`not within ${timeoutMs} ms: ${typeof what === 'string' ? what : what()}`)
    }
    await new Promise((resolve) => setImmediate(resolve))
  }
}

const encoder = new TextEncoder()
const decoder = new TextDecoder()

export const bytes = (value: string): Uint8Array => encoder.encode(value)
export const text = (value: Uint8Array | null): string | null =>
  value === null ? null : decoder.decode(value)

export function newTopic(
  topic: string,
  partitions: number,
  settings: Partial<NewTopic> = {},
): NewTopic {
  return {
    topic,
    partitions,
    cleanup: 'delete',
    retentionMs: -1,
    retentionBytes: -1,
    ...settings,
  }
}

export function record(
  key: string | null,
  value: string | null,
  timestampMs = 1_700_000_000_000,
): ProducerRecord {
  return {
    key: key === null ? null : bytes(key),
    value: value === null ? null : bytes(value),
    timestampMs,
  }
}

/** Records with these values, and their values as keys. */
export function append(
  topic: string,
  partition: number,
  values: readonly string[],
): PartitionAppend {
  return { topic, partition, records: values.map((value) => record(value, value)) }
}

/** Offsets of a group without members. */
export const groupWithoutMembers = (groupId: string): GroupMetadata => ({
  groupId,
  memberId: '',
  generationId: -1,
})

export const partitionName = ({ topic, partition }: TopicPartition): string =>
  `${topic}-${partition}`

export const valuesOf = (batches: readonly FetchedBatch[]): (string | null)[] =>
  batches.flatMap((batch) => batch.records.map(({ value }) => text(value)))
