import type { Logger } from '#streams'
import type { ClickHouse } from './clickhouse.ts'
import { ADMIN_DATABASE, DATABASE, isTradingTable, SINK_TABLES } from './tables.ts'

export interface RetentionOptions {
  readonly clickhouse: ClickHouse
  /** Of all tables of `orion` together, as they lie on disk. */
  readonly bytesMax: number
}

const CHECK_EVERY_MS = 5_000
/** The rest is for parts that are being merged, and for those that they are merged from. */
const ACTIVE_SHARE = 0.75
/** Of the budget, kept for the tables of trading: ticks never push them out, and they never push out more of the ticks. */
const TRADING_SHARE = 0.25
/** A part is at most this share: one that is dropped takes little with it, one that is merged needs little room. */
const PART_SHARE = 1 / 24
const PART_BYTES_MIN = 4 * 1024 * 1024
const PART_BYTES_MAX = 256 * 1024 * 1024

/** Drops what came first whenever the tables are over their budget; returns how to stop that. */
export function startRetention(
  options: RetentionOptions & { readonly logger: Logger },
): () => void {
  let running = false
  let prepared = false
  const round = async (): Promise<void> => {
    if (!prepared) await boundParts(options)
    prepared = true
    const dropped = await dropOldest(options)
    if (dropped.length > 0)
      options.logger.info(
        { dropped: dropped.slice(0, 20), count: dropped.length },
        'clickhouse is over its budget: oldest rows dropped',
      )
  }
  const check = (): void => {
    if (running) return
    running = true
    round()
      .catch((cause: unknown) =>
        options.logger.warn(
          { cause: String(cause) },
          'clickhouse retention failed; it is tried again',
        ),
      )
      .finally(() => {
        running = false
      })
  }
  check()
  const timer = setInterval(check, CHECK_EVERY_MS)
  timer.unref()
  return () => clearInterval(timer)
}

/**
 * Keeps what merging takes small: parts stay well below the budget, and those that were merged go after ten seconds instead of eight minutes.
 * The eight minutes are ClickHouse's answer to a power cut before the merged part is on disk; here it is flushed instead.
 */
async function boundParts({ clickhouse, bytesMax }: RetentionOptions): Promise<void> {
  const part = Math.min(PART_BYTES_MAX, Math.max(PART_BYTES_MIN, bytesMax * PART_SHARE))
  const settings = [
    `max_bytes_to_merge_at_max_space_in_pool = ${Math.floor(part)}`,
    'old_parts_lifetime = 10',
    'min_rows_to_fsync_after_merge = 1',
  ]
  const tables = await clickhouse.query<{ readonly name: string; readonly engine: string }>(
    `SELECT name, engine_full AS engine FROM system.tables WHERE database = '${DATABASE}' AND engine LIKE '%MergeTree'`,
  )
  for (const { name, engine } of tables) {
    if (settings.every((setting) => engine.includes(setting))) continue
    // The names come from the engine's own catalogue; DDL takes no parameters.
    await clickhouse.command(
      `ALTER TABLE ${DATABASE}.${name} MODIFY SETTING ${settings.join(', ')}`,
    )
  }
}

interface Part {
  readonly table: string
  readonly name: string
  readonly active: number
  readonly bytes: number
}

/**
 * Oldest first by the time of insertion, never by event time, a part at a time, of trading only what is above its share: until the rows take three quarters of the budget, and they
 * with what merges have left behind no more than all of it. What the offsets of a dropped part were is noted, so that the check knows where
 * rows begin.
 * @returns `table/part`
 */
export async function dropOldest({
  clickhouse,
  bytesMax,
}: RetentionOptions): Promise<readonly string[]> {
  const parts = await clickhouse.query<Part>(
    `SELECT table, name, active, bytes_on_disk AS bytes FROM system.parts
     WHERE database = '${DATABASE}' ORDER BY partition_id, min_block_number`,
  )
  const active = parts.filter((part) => part.active === 1)
  const activeBytes = sizeOf(active)
  let excess = Math.max(activeBytes - bytesMax * ACTIVE_SHARE, sizeOf(parts) - bytesMax)
  const dropped: string[] = []
  for (const part of inOrderOfDropping(active, bytesMax * TRADING_SHARE)) {
    if (excess <= 0) break
    excess -= part.bytes
    if (await drop(clickhouse, part)) dropped.push(`${part.table}/${part.name}`)
  }
  return dropped
}

/** Trading above its share, then market data, then the rest of trading; each oldest first. */
function inOrderOfDropping(parts: readonly Part[], tradingBytesMax: number): readonly Part[] {
  const trading = parts.filter(({ table }) => isTradingTable(table))
  let above = sizeOf(trading) - tradingBytesMax
  const spare = trading.filter(({ bytes }) => {
    const isSpare = above > 0
    above -= bytes
    return isSpare
  })
  const market = parts.filter(({ table }) => !isTradingTable(table))
  return [...spare, ...market, ...trading.slice(spare.length)]
}

/** @returns false when the part was merged meanwhile: the next look sees what it has become */
async function drop(clickhouse: ClickHouse, part: Part): Promise<boolean> {
  try {
    await noteOffsets(clickhouse, part)
    await clickhouse.command(`ALTER TABLE ${DATABASE}.${part.table} DROP PART '${part.name}'`)
    return true
  } catch (cause) {
    if (String(cause).includes(`No part ${part.name}`)) return false
    throw cause
  }
}

function sizeOf(parts: readonly Part[]): number {
  return parts.reduce((sum, { bytes }) => sum + bytes, 0)
}

async function noteOffsets(clickhouse: ClickHouse, { table, name }: Part): Promise<void> {
  if (!SINK_TABLES.some((known) => known === table)) return
  await clickhouse.command(
    `INSERT INTO ${ADMIN_DATABASE}.dropped (topic, partition, below_offset, at)
     SELECT topic, partition, max(offset) + 1, now64(3) FROM ${DATABASE}.${table}
     WHERE _part = {name:String} GROUP BY topic, partition`,
    { name },
  )
}
