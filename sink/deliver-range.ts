import { type Clock, StreamsError } from '#streams'
import type { LogRecord } from '#streams/log'
import type { ClickHouse } from './clickhouse.ts'
import type { Refusal } from './dead-letters.ts'
import { deduplicationToken, type RangePlan } from './range-plan.ts'
import { encodeLine, PLACE_COLUMNS, timeText } from './rows/row-encoder.ts'
import type { SinkSource } from './sources.ts'

export interface Delivery {
  readonly rows: number
  readonly refusals: readonly Refusal[]
  readonly encodeMs: number
  readonly insertMs: number
}

/** Records encoded between two turns of the event loop: some milliseconds, for trading shares the thread when all runs in one process. */
const RECORDS_PER_TURN = 500

/** Makes rows of a planned range and inserts them as one block; repeated with the same plan it leaves the same rows. */
export async function deliverRange(
  clickhouse: ClickHouse,
  source: SinkSource,
  plan: RangePlan,
  records: readonly LogRecord[],
  clock: Clock,
): Promise<Delivery> {
  const startMs = clock.monotonicMs()
  const { lines, kept, refusals } = await encode(source, plan, records)
  const encodedMs = clock.monotonicMs()
  await insert(clickhouse, source, { lines, kept, refusals, token: deduplicationToken(plan) })
  const insertedMs = clock.monotonicMs()
  return {
    rows: lines.length,
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
    try {
      const pending = serde.pending?.(record.value)
      if (pending !== undefined) await pending
      lines.push(encodeLine(encoder, serde.deserialize(plan.topic, record.value), record, place))
      kept.push(record)
    } catch (cause) {
      if (cause instanceof StreamsError && cause.code === 'REGISTRY_UNAVAILABLE') throw cause
      refusals.push(refusalOf(record, cause))
    }
  }
  return { lines, kept, refusals }
}

/** A block that ClickHouse refuses is halved until the row at fault stands alone. */
async function insert(
  clickhouse: ClickHouse,
  source: SinkSource,
  rows: Rows & { readonly token: string },
): Promise<void> {
  const { lines, kept, refusals, token } = rows
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
      refusals.push(refusalOf(first, cause))
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

function refusalOf(record: LogRecord, cause: unknown): Refusal {
  const known = cause instanceof StreamsError
  return {
    record,
    code: known ? cause.code : 'SINK_ROW_REFUSED',
    cause: (cause instanceof Error ? cause.message : String(cause)).slice(0, 4_000),
    remedy: known ? cause.remedy : 'Correct what wrote the record; it can be replayed.',
    stack: null,
  }
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
