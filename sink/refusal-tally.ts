import { StreamsError } from '#streams'
import type { LogRecord } from '#streams/log'
import type { RangePlan } from './range-plan.ts'

/** More rows than this refused for one cause are no longer the rows' fault. */
const REFUSED_MAX = 100

/**
 * Tells rows at fault from a table at fault. ClickHouse gets only rows that our encoder made: when it refuses one after the other, schema and
 * encoder disagree, and to dead-letter them all would empty the topic into `dlq.sink`. Counted over a range, and over ranges of which
 * nothing at all was accepted.
 */
export class RefusalTally {
  #before: ReadonlyMap<string, number> = new Map()

  /** Of one try of a range: a repetition counts anew. */
  attempt(): RefusalAttempt {
    return new RefusalAttempt(this.#before)
  }

  /** The range is done: rows that went in end the row of refusals. */
  done(attempt: RefusalAttempt, accepted: number): void {
    this.#before = accepted > 0 ? new Map() : attempt.counts
  }
}

export class RefusalAttempt {
  readonly counts: Map<string, number>

  constructor(before: ReadonlyMap<string, number>) {
    this.counts = new Map(before)
  }

  /** @throws {StreamsError} SINK_SCHEMA_MISMATCH when it is one too many of its cause */
  refused(cause: StreamsError, { plan, table, record }: RefusedRow): void {
    const code = clickHouseCode(cause)
    const count = (this.counts.get(code) ?? 0) + 1
    this.counts.set(code, count)
    if (count <= REFUSED_MAX) return
    throw new StreamsError(
      'SINK_SCHEMA_MISMATCH',
      `${table} refuses row after row with code ${code}: ${textOf(cause)}`,
      { topic: plan.topic, partition: plan.partition, offset: record.offset },
      `Nothing is lost or dead-lettered: the partition waits on the log. Compare SHOW CREATE TABLE ${table} with sink/migrations and undo what differs, or run the version of Orion that the schema belongs to; the sink goes on by itself.`,
      cause,
    )
  }
}

interface RefusedRow {
  readonly plan: RangePlan
  readonly table: string
  readonly record: LogRecord
}

function clickHouseCode({ cause }: StreamsError): string {
  return cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown'
}

function textOf({ cause, message }: StreamsError): string {
  return (cause instanceof Error ? cause.message : message).slice(0, 500)
}
