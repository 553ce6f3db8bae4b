import { StreamsError } from '#streams'
import {
  type Header,
  type Log,
  type PartitionAppend,
  partitionFor,
  type TransactionalProducer,
} from '#streams/log'
import type { DeadLetterEntry } from './dead-letters.ts'
import { readRecords } from './topic-reading.ts'

/** Names the dead letter that a record was replayed from: `<topic>-<partition>@<offset>`. */
export const REPLAYED_FROM_HEADER = 'orion-replayed-from'

/** What became, or would become, of one dead letter. */
export interface ReplayedDeadLetter {
  readonly topic: string
  readonly partition: number
  readonly offset: number
  readonly code: string
  /** `<topic>-<partition>` of the record */
  readonly to: string
  readonly outcome: 'would be sent' | 'sent' | 'was sent before' | 'its topic is gone'
}

export interface ReplayOptions {
  readonly log: Log
  readonly env: string
  /** False: nothing is written. */
  readonly send: boolean
  readonly nowMs: () => number
  /** Who asks, for the mark that stays. */
  readonly operator: string
  /** For crash tests. */
  readonly probe?: (point: 'before-commit' | 'after-commit') => void
}

const TRANSACTION_ENTRIES_MAX = 100
const TRANSACTION_BYTES_MAX = 512 * 1024
const TRANSACTION_TIMEOUT_MS = 60_000
const MARKS_PARTITION = 0

/** One record for each dead letter that was replayed, keyed by it. Compacted, so that marks stay. */
function replayMarksTopic(env: string): string {
  return `${env}.dlq-replays.v1`
}

/**
 * Puts dead letters back where they came from: original key, bytes and headers, with a header that tells of the way. A record and the mark of
 * its dead letter are one transaction, and a second replay fences the first, so a dead letter is replayed once, whatever dies when.
 * @throws {StreamsError} DLQ_REPLAY_FENCED, DLQ_REPLAY_UNFINISHED
 */
export async function* replayDeadLetters(
  entries: AsyncIterable<DeadLetterEntry>,
  options: ReplayOptions,
): AsyncIterable<ReplayedDeadLetter> {
  const { log, env, send } = options
  if (!send) {
    const plan = new ReplayPlan(log, await readMarks(log, env))
    for await (const entry of entries) yield (await plan.of(entry)).told
    return
  }
  await createMarks(log, env)
  const transactionalId = `orion-${env}-dlq-replay`
  const producer = await log.createTransactionalProducer({
    clientId: transactionalId,
    transactionalId,
    transactionTimeoutMs: TRANSACTION_TIMEOUT_MS,
  })
  try {
    // First, so that nobody marks anything after the marks are read.
    await producer.init()
    yield* sendAll(entries, producer, options)
  } catch (error) {
    throw explained(error)
  } finally {
    await producer.close().catch(() => {})
  }
}

async function* sendAll(
  entries: AsyncIterable<DeadLetterEntry>,
  producer: TransactionalProducer,
  options: ReplayOptions,
): AsyncIterable<ReplayedDeadLetter> {
  const { log, env, probe } = options
  const plan = new ReplayPlan(log, await readMarks(log, env))
  let batch: PlannedReplay[] = []
  let bytes = 0
  const write = async () => {
    await producer.begin()
    await producer.send(appendsOf(batch, options))
    probe?.('before-commit')
    await producer.commit()
    probe?.('after-commit')
    const sent = batch.map(({ told }): ReplayedDeadLetter => ({ ...told, outcome: 'sent' }))
    batch = []
    bytes = 0
    return sent
  }
  for await (const entry of entries) {
    const planned = await plan.of(entry)
    if (planned.told.outcome !== 'would be sent') {
      yield planned.told
      continue
    }
    plan.marks.add(planned.mark)
    batch.push(planned)
    bytes += entry.event.payload.value?.byteLength ?? 0
    if (batch.length >= TRANSACTION_ENTRIES_MAX || bytes >= TRANSACTION_BYTES_MAX)
      yield* await write()
  }
  if (batch.length > 0) yield* await write()
}

interface PlannedReplay {
  readonly entry: DeadLetterEntry
  readonly mark: string
  readonly partition: number
  readonly told: ReplayedDeadLetter
}

class ReplayPlan {
  readonly marks: Set<string>
  readonly #log: Log
  readonly #counts = new Map<string, number>()

  constructor(log: Log, marks: Set<string>) {
    this.#log = log
    this.marks = marks
  }

  async of(entry: DeadLetterEntry): Promise<PlannedReplay> {
    const { topic, partition, offset, event } = entry
    const { sourceTopic, sourcePartition, key, code } = event.payload
    const count = await this.#partitions(sourceTopic)
    const place = placeIn(count, sourcePartition, key)
    const mark = markOf(entry)
    const outcome = this.marks.has(mark)
      ? 'was sent before'
      : count === 0
        ? 'its topic is gone'
        : 'would be sent'
    const to = `${sourceTopic}-${place}`
    return {
      entry,
      mark,
      partition: place,
      told: { topic, partition, offset, code, to, outcome },
    }
  }

  async #partitions(topic: string): Promise<number> {
    let count = this.#counts.get(topic)
    if (count === undefined) {
      const { admin } = this.#log
      const exists = (await admin.listTopics()).includes(topic)
      count = exists ? ((await admin.describeTopics([topic]))[0]?.partitions ?? 0) : 0
      this.#counts.set(topic, count)
    }
    return count
  }
}

/** Where it was; a topic with fewer partitions than then decides by the key. */
function placeIn(count: number, sourcePartition: number, key: Uint8Array | null): number {
  if (count === 0 || sourcePartition < count) return sourcePartition
  return key === null ? sourcePartition % count : partitionFor(key, count)
}

/** The event's id as well: offsets of a topic that was made anew begin again. */
function markOf({ topic, partition, offset, event }: DeadLetterEntry): string {
  return `${topic}-${partition}@${offset}|${event.eventId}`
}

function appendsOf(
  batch: readonly PlannedReplay[],
  { env, nowMs, operator }: ReplayOptions,
): PartitionAppend[] {
  const timestampMs = nowMs()
  const originals = batch.map(({ entry, partition }): PartitionAppend => {
    const { topic, offset, event } = entry
    const { payload } = event
    const headers: Header[] = payload.headers.map(({ name, value }) => [name, value])
    const from = `${topic}-${entry.partition}@${offset}`
    return {
      topic: payload.sourceTopic,
      partition,
      records: [
        {
          key: payload.key,
          value: payload.value,
          timestampMs: Math.max(0, payload.sourceTimestampMs),
          headers: [...headers, [REPLAYED_FROM_HEADER, Buffer.from(from)]],
        },
      ],
    }
  })
  const marks = batch.map(({ mark, told }) => ({
    key: Buffer.from(mark),
    value: Buffer.from(
      JSON.stringify({
        to: told.to,
        code: told.code,
        operator,
        replayedAt: new Date(timestampMs).toISOString(),
      }),
    ),
    timestampMs,
  }))
  return [
    ...merged(originals),
    { topic: replayMarksTopic(env), partition: MARKS_PARTITION, records: marks },
  ]
}

/** One append a partition, in order. */
function merged(appends: readonly PartitionAppend[]): PartitionAppend[] {
  const byPlace = new Map<string, PartitionAppend>()
  for (const append of appends) {
    const place = `${append.topic}-${append.partition}`
    const known = byPlace.get(place)
    const records = known === undefined ? append.records : [...known.records, ...append.records]
    byPlace.set(place, { ...append, records })
  }
  return [...byPlace.values()]
}

async function createMarks(log: Log, env: string): Promise<void> {
  await log.admin.createTopics([
    {
      topic: replayMarksTopic(env),
      partitions: 1,
      cleanup: 'compact',
      retentionMs: -1,
      retentionBytes: -1,
    },
  ])
}

async function readMarks(log: Log, env: string): Promise<Set<string>> {
  const topic = replayMarksTopic(env)
  const marks = new Set<string>()
  if (!(await log.admin.listTopics()).includes(topic)) return marks
  const [offset = 0] = await log.admin.offsets([{ topic, partition: MARKS_PARTITION }], 'earliest')
  for await (const { record } of readRecords(log, 'orion-dlq-replay', {
    from: [{ topic, partition: MARKS_PARTITION, offset }],
    until: 'end',
  })) {
    if (record.key !== null) marks.add(Buffer.from(record.key).toString('utf8'))
  }
  return marks
}

function explained(error: unknown): unknown {
  if (!(error instanceof StreamsError)) return error
  if (error.code === 'LOG_FENCED')
    return new StreamsError(
      'DLQ_REPLAY_FENCED',
      'another replay of dead letters has taken over',
      {},
      'Run it again when that one has ended: what was sent is not sent twice',
      error,
    )
  if (!error.code.startsWith('LOG_')) return error
  return new StreamsError(
    'DLQ_REPLAY_UNFINISHED',
    `the replay stopped: ${error.message}`,
    {},
    'Run it again: what was sent is not sent twice',
    error,
  )
}
