import { type Clock, StreamsError } from '#streams'
import type { LogRecord } from '#streams/log'
import type { ClickHouse } from './clickhouse.ts'
import type { Refusal } from './dead-letters.ts'
import { deduplicationToken, type RangePlan } from './range-plan.ts'
import { type RefusalAttempt, RefusalTally } from './refusal-tally.ts'
import { type AnyEvent, encodeLine, PLACE_COLUMNS, timeText } from './rows/row-encoder.ts'
import type { SinkSource } from './sources.ts'

export interface Delivery {
  readonly rows: number
  readonly refusals: readonly Refusal[]
  readonly encodeMs: number
  readonly insertMs: number
}

/** Records encoded between two turns of the event loop: some milliseconds, for trading shares the thread when all runs in one process. */
const RECORDS_PER_TURN = 500

/**
 * Makes rows of a planned range and inserts them as one block; repeated with the same plan it leaves the same rows.
 * @throws {StreamsError} SINK_SCHEMA_MISMATCH: the table is at fault. Parts may be in: repeat the plan as one that is `cut`
 */
export async function deliverRange(
  clickhouse: ClickHouse,
  source: SinkSource,
  plan: RangePlan,
  records: readonly LogRecord[],
  clock: Clock,
  tally = new RefusalTally(),
): Promise<Delivery> {
  const startMs = clock.monotonicMs()
  const { lines, kept, refusals } = await encode(source, plan, records)
  const encodedMs = clock.monotonicMs()
  const unreadable = refusals.length
  const attempt = tally.attempt()
  const rows = { lines, kept, refusals, plan, attempt, token: deduplicationToken(plan) }
  await insert(clickhouse, source, plan.cut ? await withoutThoseIn(clickhouse, source, rows) : rows)
  const accepted = lines.length - (refusals.length - unreadable)
  tally.done(attempt, accepted)
  const insertedMs = clock.monotonicMs()
  return {
    rows: accepted,
    refusals,
    encodeMs: encodedMs - startMs,
    insertMs: insertedMs - encodedMs,
  }
}

interface Rows {
  readonly lines: readonly string[]
  /** The record of each line. */
  readonly kept: readonly LogRecord[]
  readonly refusals: Refusal[]
}

async function encode(
  { serde, encoder }: SinkSource,
  plan: RangePlan,
  records: readonly LogRecord[],
): Promise<Rows> {
  const lines: string[] = []
  const kept: LogRecord[] = []
  const refusals: Refusal[] = []
  const place = {
    topic: plan.topic,
    partition: plan.partition,
    insertedAt: timeText(plan.plannedAtMs),
  }
  for (const [index, record] of records.entries()) {
    if (index % RECORDS_PER_TURN === RECORDS_PER_TURN - 1) await nextTurn()
    // A tombstone of a compacted topic takes nothing back: what was observed stays observed.
    if (record.value === null) continue
    let event: AnyEvent | undefined
    try {
      const pending = serde.pending?.(record.value)
      if (pending !== undefined) await pending
      event = serde.deserialize(plan.topic, record.value)
      lines.push(encodeLine(encoder, event, record, place))
      kept.push(record)
    } catch (cause) {
      if (cause instanceof StreamsError && cause.code === 'REGISTRY_UNAVAILABLE') throw cause
      refusals.push(refusalOf(record, cause, event))
    }
  }
  return { lines, kept, refusals }
}

interface Insert extends Rows {
  readonly plan: RangePlan
  readonly attempt: RefusalAttempt
  readonly token: string
}

/** What a former try brought in by halves had other tokens: the rest is a block of its own. */
async function withoutThoseIn(
  clickhouse: ClickHouse,
  { encoder }: SinkSource,
  rows: Insert,
): Promise<Insert> {
  const { topic, partition, from, to } = rows.plan
  const found = await clickhouse.query<{ offset: number }>(
    `SELECT offset FROM orion.${encoder.table} WHERE topic = {topic:String} AND partition = {partition:Int32}
     AND offset >= {from:Int64} AND offset < {to:Int64}`,
    { topic, partition, from, to },
  )
  const present = new Set(found.map(({ offset }) => offset))
  if (present.size === 0) return rows
  const isMissing = (index: number) => !present.has(rows.kept[index]?.offset ?? -1)
  return {
    ...rows,
    lines: rows.lines.filter((_, index) => isMissing(index)),
    kept: rows.kept.filter((_, index) => isMissing(index)),
    // What is there only grows: its number tells the rests of one range apart.
    token: `${rows.token}/without-${present.size}`,
  }
}

/** A block that ClickHouse refuses is halved until the row at fault stands alone, or there are too many of them. */
async function insert(clickhouse: ClickHouse, source: SinkSource, rows: Insert): Promise<void> {
  const { lines, kept, refusals, token, plan, attempt } = rows
  const [first] = kept
  if (first === undefined) return
  try {
    await clickhouse.insert({
      table: `orion.${source.encoder.table}`,
      columns: [...source.encoder.columns, ...PLACE_COLUMNS],
      lines: piecesOf(lines),
      settings: INSERT_SETTINGS(token),
    })
  } catch (cause) {
    if (!(cause instanceof StreamsError && cause.code === 'SINK_ROWS_REFUSED')) throw cause
    if (lines.length === 1) {
      attempt.refused(cause, { plan, table: `orion.${source.encoder.table}`, record: first })
      refusals.push(refusalOf(first, cause, eventOf(source, plan, first)))
      return
    }
    const middle = lines.length >> 1
    for (const [start, end] of [
      [0, middle],
      [middle, lines.length],
    ] as const) {
      await insert(clickhouse, source, {
        lines: lines.slice(start, end),
        kept: kept.slice(start, end),
        refusals,
        plan,
        attempt,
        token: `${token}/${start}-${end}`,
      })
    }
  }
}

/** In pieces, so that no turn of the event loop copies the whole. */
function* piecesOf(lines: readonly string[]): Generator<Uint8Array> {
  for (let start = 0; start < lines.length; start += RECORDS_PER_TURN) {
    yield Buffer.from(`${lines.slice(start, start + RECORDS_PER_TURN).join('\n')}\n`)
  }
}

/** One block an insert, whatever the server's defaults: the token stands for the whole of it. */
const INSERT_SETTINGS = (token: string) => ({
  insert_deduplicate: 1,
  insert_deduplication_token: token,
  deduplicate_blocks_in_dependent_materialized_views: 1,
  async_insert: 0,
  max_insert_block_size: 1_000_000,
  min_insert_block_size_rows: 1_000_000,
  min_insert_block_size_bytes: 1_000_000_000,
  input_format_parallel_parsing: 1,
  input_format_null_as_default: 0,
  // Levels of a book come as [price, size].
  input_format_json_named_tuples_as_objects: 0,
})

function eventOf(
  { serde }: SinkSource,
  plan: RangePlan,
  { value }: LogRecord,
): AnyEvent | undefined {
  return value === null ? undefined : serde.deserialize(plan.topic, value)
}

function refusalOf(record: LogRecord, cause: unknown, event: AnyEvent | undefined): Refusal {
  const known = cause instanceof StreamsError
  return {
    record,
    code: known ? cause.code : 'SINK_ROW_REFUSED',
    cause: (cause instanceof Error ? cause.message : String(cause)).slice(0, 4_000),
    remedy: known ? cause.remedy : 'Correct what wrote the record; it can be replayed.',
    stack: null,
    correlationId: event?.correlationId,
  }
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
