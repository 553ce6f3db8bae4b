import type { Log, TopicPartition } from '#streams/log'
import type { Topics } from '#topics'
import type { ClickHouse } from './clickhouse.ts'
import { lagOf } from './lag.ts'
import { sinkGroupId } from './sink.ts'
import { type SinkSource, sinkSources } from './sources.ts'

export interface PartitionCheck extends TopicPartition {
  /** Up to here the sink says it is done; exclusive. */
  readonly committed: number
  /** End of the log for readers of committed records; exclusive. */
  readonly end: number
  /** Offsets of the log from `committed` to `end`: what is not sunk yet. `ok` does not speak of them. */
  readonly lag: number
  /** Records with a value that the log still holds below `committed`. */
  readonly records: number
  /** Rows of the same offsets. */
  readonly rows: number
  /** Records that are neither a row, nor a dead letter, nor dropped by retention. */
  readonly missing: number
  /** Rows beyond one an offset, over all rows of the partition. */
  readonly duplicates: number
  /** Rows without a record in the range that the log holds; not counted for compacted topics. */
  readonly foreign: number
  readonly deadLetters: number
  /** First offsets that are missing, at most ten. */
  readonly missingOffsets: readonly number[]
  readonly ok: boolean
}

export interface SinkCheck {
  readonly ok: boolean
  /** True when nothing waits to be sunk; never for long while something writes. */
  readonly complete: boolean
  readonly partitions: readonly PartitionCheck[]
}

export interface CheckOptions {
  readonly log: Log
  readonly clickhouse: ClickHouse
  readonly topics: Topics
  readonly env: string
}

/** Compares, for each partition, the offsets of the committed records with those of the rows, up to the sink's committed offset. */
export async function checkSink(options: CheckOptions): Promise<SinkCheck> {
  const partitions: PartitionCheck[] = []
  for (const source of sinkSources(options.topics)) {
    for (let partition = 0; partition < source.partitions; partition++) {
      partitions.push(await checkPartition(options, source, { topic: source.topic, partition }))
    }
  }
  return {
    ok: partitions.every((partition) => partition.ok),
    complete: partitions.every((partition) => partition.lag === 0),
    partitions,
  }
}

async function checkPartition(
  { log, clickhouse, topics, env }: CheckOptions,
  source: SinkSource,
  place: TopicPartition,
): Promise<PartitionCheck> {
  const at = { topic: place.topic, partition: place.partition }
  const [commit] = await log.admin.groupOffsets(sinkGroupId(env), [at])
  const committed = commit?.offset ?? 0
  const [dropped] = await clickhouse.query<{ below: number }>(
    'SELECT max(below_offset) AS below FROM orion_admin.dropped WHERE topic = {topic:String} AND partition = {partition:Int32}',
    at,
  )
  const below = dropped?.below ?? 0
  const table = `orion.${source.encoder.table}`
  const here = 'topic = {topic:String} AND partition = {partition:Int32}'
  const [total] = await clickhouse.query<{ rows: number; distinct: number }>(
    `SELECT count() AS rows, uniqExact(offset) AS distinct FROM ${table} WHERE ${here}`,
    at,
  )
  const [earliest = 0] = await log.admin.offsets([at], 'earliest')
  const [end = 0] = await log.admin.offsets([at], 'stable')
  let records = 0
  let rows = 0
  let deadLetters = 0
  const missingOffsets: number[] = []
  let missing = 0
  for await (const offsets of recordOffsets(log, at, earliest, committed)) {
    records += offsets.length
    const last = offsets.at(-1) ?? 0
    const range = { ...at, first: offsets[0] ?? 0, last }
    const found = await offsetsOf(
      clickhouse,
      `SELECT DISTINCT offset FROM ${table} WHERE ${here} AND offset BETWEEN {first:Int64} AND {last:Int64}`,
      range,
    )
    const dead = await offsetsOf(
      clickhouse,
      `SELECT DISTINCT source_offset AS offset FROM orion.dlq WHERE topic = {sink:String} AND source_topic = {topic:String}
       AND source_partition = {partition:Int32} AND source_offset BETWEEN {first:Int64} AND {last:Int64}`,
      { ...range, sink: topics.dlq.sink.name },
    )
    for (const offset of offsets) {
      if (found.has(offset)) rows += 1
      else if (dead.has(offset)) deadLetters += 1
      else if (offset >= below) {
        missing += 1
        if (missingOffsets.length < 10) missingOffsets.push(offset)
      }
    }
  }
  const [held] = await clickhouse.query<{ rows: number }>(
    `SELECT uniqExact(offset) AS rows FROM ${table} WHERE ${here} AND offset >= {earliest:Int64} AND offset < {committed:Int64}`,
    { ...at, earliest, committed },
  )
  const foreign = source.compacted ? 0 : Math.max(0, (held?.rows ?? 0) - rows)
  const duplicates = (total?.rows ?? 0) - (total?.distinct ?? 0)
  return {
    ...at,
    committed,
    end,
    lag: lagOf(commit?.offset, { earliest, end }),
    records,
    rows,
    missing,
    duplicates,
    foreign,
    deadLetters,
    missingOffsets,
    ok: missing === 0 && duplicates === 0 && foreign === 0,
  }
}

async function offsetsOf(
  clickhouse: ClickHouse,
  sql: string,
  parameters: Record<string, unknown>,
): Promise<ReadonlySet<number>> {
  const rows = await clickhouse.query<{ offset: number }>(sql, parameters)
  return new Set(rows.map((row) => row.offset))
}

/** Offsets of records with a value from the log's start to `end`, in chunks. */
async function* recordOffsets(
  log: Log,
  at: TopicPartition,
  start: number,
  end: number,
): AsyncGenerator<readonly number[]> {
  if (end <= start) return
  const reader = await log.createPartitionReader({
    clientId: 'orion-sink-check',
    isolation: 'read_committed',
  })
  try {
    await reader.assign([{ ...at, offset: start }])
    for (let position = start; position < end; ) {
      const offsets: number[] = []
      for (const batch of await reader.poll({ maxWaitMs: 1_000, recordsMax: 20_000 })) {
        for (const record of batch.records)
          if (record.value !== null && record.offset < end) offsets.push(record.offset)
        position = Math.max(position, batch.nextOffset)
      }
      if (offsets.length > 0) yield offsets
    }
  } finally {
    await reader.close()
  }
}
