import type { Decimal } from 'decimal.js'
import type { Entity } from '#avro'
import type { LogRecord } from '#streams/log'
import type { SinkTable } from '../tables.ts'

/** An event with the parts that every row has. */
export interface AnyEvent {
  readonly eventId: string
  readonly eventType: string
  readonly producer: string
  readonly tenantId: string
  readonly correlationId: string
  readonly causationId: string | null
  readonly occurredAt: number
  readonly entity: Entity
}

/** Makes rows of one table from the events of one kind of topic. */
export interface RowEncoder<E extends AnyEvent> {
  readonly table: SinkTable
  readonly columns: readonly string[]
  /**
   * Values in the order of `columns`.
   * @throws {RowRefused}
   */
  values(event: E): unknown[]
}

/** An encoder of a table whose columns each follow from the event alone: a column stands beside its value. */
export function rowEncoder<E extends AnyEvent>(
  table: SinkTable,
  columns: Readonly<Record<string, (event: E) => unknown>>,
): RowEncoder<E> {
  const values = Object.values(columns)
  return {
    table,
    columns: Object.keys(columns),
    values: (event) => values.map((value) => value(event)),
  }
}

/** An event that no column can hold, which the schema nevertheless allows. */
class RowRefused extends Error {
  override readonly name = 'RowRefused'
}

/** Columns after an encoder's own, the same in every table. */
export const PLACE_COLUMNS: readonly string[] = [
  'topic',
  'partition',
  'offset',
  'event_id',
  'event_type',
  'producer',
  'correlation_id',
  'causation_id',
  'entity_sequence',
  'inserted_at',
]

export interface RowPlace {
  readonly topic: string
  readonly partition: number
  /** `timeText` of the plan's time. */
  readonly insertedAt: string
}

/** One line of `JSONCompactEachRow`. */
export function encodeLine<E extends AnyEvent>(
  encoder: RowEncoder<E>,
  event: E,
  record: LogRecord,
  place: RowPlace,
): string {
  const row = encoder.values(event)
  row.push(
    place.topic,
    place.partition,
    record.offset,
    event.eventId,
    event.eventType,
    event.producer,
    event.correlationId,
    event.causationId,
    event.entity.sequence,
    place.insertedAt,
  )
  return JSON.stringify(row)
}

/** What `DateTime64(3)` holds: 1900-01-01 up to 2299-12-31. */
const TIME_MS_MIN = -2_208_988_800_000
const TIME_MS_MAX = 10_413_791_999_999

/** The second of the last text: rows of one time follow each other. */
let lastSecond = Number.NaN
let lastText = ''

/** `2024-08-08 23:54:13.000`, UTC. @throws {RowRefused} outside of what the column holds */
export function timeText(timeMs: number): string {
  if (!(timeMs >= TIME_MS_MIN && timeMs <= TIME_MS_MAX))
    throw new RowRefused(`the time ${timeMs} ms is outside of 1900 to 2299`)
  const second = Math.floor(timeMs / 1_000)
  if (second !== lastSecond) {
    const text = new Date(second * 1_000).toISOString()
    lastText = `${text.slice(0, 10)} ${text.slice(11, 19)}.`
    lastSecond = second
  }
  return lastText + String(Math.trunc(timeMs - second * 1_000)).padStart(3, '0')
}

/** JSON has no NaN and infinities: written as null they would become 0. @throws {RowRefused} */
export function finite(value: number, column: string): number {
  if (!Number.isFinite(value)) throw new RowRefused(`${column} is ${value}`)
  return value
}

/** As `finite`, where the column may be null. */
export function finiteOrNull(value: number | null, column: string): number | null {
  return value === null ? null : finite(value, column)
}

export function levelPairs(
  levels: readonly { readonly price: number; readonly size: number }[],
  column: string,
): readonly (readonly [number, number])[] {
  return levels.map((level) => [finite(level.price, column), finite(level.size, column)])
}

/** As text: JSON's numbers are doubles, `Decimal(38, 18)` is exact. */
export function exact(value: Decimal): string {
  return value.toFixed()
}

export function exactOrNull(value: Decimal | null): string | null {
  return value === null ? null : exact(value)
}
