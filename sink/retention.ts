import type { Logger } from '#streams'
import type { ClickHouse } from './clickhouse.ts'
import { ADMIN_DATABASE, DATABASE, SINK_TABLES } from './tables.ts'

export interface RetentionOptions {
  readonly clickhouse: ClickHouse
  /** Of all tables of `orion` together, as they lie on disk. */
  readonly bytesMax: number
}

const CHECK_EVERY_MS = 30_000

/** Drops what came first whenever the tables are over their budget; returns how to stop that. */
export function startRetention(
  options: RetentionOptions & { readonly logger: Logger },
): () => void {
  let running = false
  const timer = setInterval(() => {
    if (running) return
    running = true
    dropOldest(options)
      .then((dropped) => {
        if (dropped.length > 0)
          options.logger.info(
            { dropped: dropped.slice(0, 20), count: dropped.length },
            'clickhouse is over its budget: oldest rows dropped',
          )
      })
      .catch((cause: unknown) =>
        options.logger.warn(
          { cause: String(cause) },
          'clickhouse retention failed; it is tried again',
        ),
      )
      .finally(() => {
        running = false
      })
  }, CHECK_EVERY_MS)
  timer.unref()
  return () => clearInterval(timer)
}

interface Part {
  readonly table: string
  readonly name: string
  readonly partitionId: string
  readonly bytes: number
}

/**
 * Oldest first by the time of insertion, never by event time: whole partitions (an hour each), then parts of the newest one. What the
 * offsets of a dropped part were is noted, so that the check knows where rows begin.
 * @returns `table/partition` or `table/part`
 */
export async function dropOldest({
  clickhouse,
  bytesMax,
}: RetentionOptions): Promise<readonly string[]> {
  const parts = await clickhouse.query<Part>(
    `SELECT table, name, partition_id AS partitionId, bytes_on_disk AS bytes FROM system.parts
     WHERE database = '${DATABASE}' AND active ORDER BY partition_id, min_block_number`,
  )
  let excess = parts.reduce((sum, part) => sum + part.bytes, 0) - bytesMax
  if (excess <= 0) return []
  const newest = parts.at(-1)?.partitionId
  const dropped: string[] = []
  const gone = new Set<string>()
  for (const part of parts) {
    if (excess <= 0) break
    const { table, partitionId } = part
    const whole = partitionId !== newest
    const what = `${table}/${whole ? partitionId : part.name}`
    excess -= part.bytes
    if (gone.has(what)) continue
    gone.add(what)
    await noteOffsets(clickhouse, part, whole)
    // The names come from the engine's own catalogue; DDL takes no parameters.
    await clickhouse.command(
      `ALTER TABLE ${DATABASE}.${table} DROP ${whole ? `PARTITION ID '${partitionId}'` : `PART '${part.name}'`}`,
    )
    dropped.push(what)
  }
  return dropped
}

async function noteOffsets(
  clickhouse: ClickHouse,
  { table, name, partitionId }: Part,
  whole: boolean,
): Promise<void> {
  if (!SINK_TABLES.some((known) => known === table)) return
  await clickhouse.command(
    `INSERT INTO ${ADMIN_DATABASE}.dropped (topic, partition, below_offset, at)
     SELECT topic, partition, max(offset) + 1, now64(3) FROM ${DATABASE}.${table}
     WHERE ${whole ? `_partition_id = {id:String}` : `_part = {id:String}`} GROUP BY topic, partition`,
    { id: whole ? partitionId : name },
  )
}
