import { StreamsError } from '../errors.ts'
import type { Header, LogRecord, TopicPartition } from '../log/log.ts'

/** How far one input is reflected: `offset` is the next one that is not. */
export interface PositionEntry extends TopicPartition {
  readonly offset: number
}

/** Of every input topic, by partition: the next offset that is not reflected. */
export type PositionJson = Readonly<Record<string, Readonly<Record<string, number>>>>

const ENTRIES_MAX = 10_000
/** As Kafka Streams' position header. */
const HEADER_NAME = 'c'
const HEADER_VERSION = 1

/**
 * What a store reflects of its inputs, as Kafka Streams' `Position`, but with the next offset where that has the last one: so it compares with
 * committed offsets as they are. Immutable. A position that nothing is known of covers nothing but the empty bound.
 */
export class Position {
  static readonly empty = new Position(new Map())
  readonly #topics: ReadonlyMap<string, ReadonlyMap<number, number>>

  private constructor(topics: ReadonlyMap<string, ReadonlyMap<number, number>>) {
    this.#topics = topics
  }

  /** Of several entries of one partition the furthest counts. @throws {StreamsError} STREAMS_INVALID_POSITION beyond 10,000 partitions */
  static of(entries: Iterable<PositionEntry>): Position {
    const topics = new Map<string, Map<number, number>>()
    let count = 0
    for (const { topic, partition, offset } of entries) {
      const partitions = topics.get(topic) ?? new Map<number, number>()
      topics.set(topic, partitions)
      const known = partitions.get(partition)
      if (known === undefined && ++count > ENTRIES_MAX)
        throw invalid(`it names more than ${ENTRIES_MAX} partitions`)
      partitions.set(partition, Math.max(known ?? 0, offset))
    }
    return count === 0 ? Position.empty : new Position(topics)
  }

  /** Reads what `toJSON` writes. @throws {StreamsError} STREAMS_INVALID_POSITION, saying what is wrong */
  static fromJson(json: unknown): Position {
    const entries: PositionEntry[] = []
    for (const [topic, partitions] of fieldsOf(json, 'it')) {
      for (const [name, offset] of fieldsOf(partitions, `"${topic}"`)) {
        const partition = Number(name)
        if (!/^\d{1,7}$/.test(name)) throw invalid(`"${name}" of "${topic}" is no partition`)
        if (!isOffset(offset)) throw invalid(`partition ${name} of "${topic}" has no whole offset`)
        entries.push({ topic, partition, offset })
        if (entries.length > ENTRIES_MAX) throw invalid(`it names more than ${ENTRIES_MAX} entries`)
      }
    }
    return Position.of(entries)
  }

  get isEmpty(): boolean {
    return this.#topics.size === 0
  }

  *entries(): Iterable<PositionEntry> {
    for (const [topic, partitions] of this.#topics) {
      for (const [partition, offset] of partitions) yield { topic, partition, offset }
    }
  }

  offsetOf(topic: string, partition: number): number | undefined {
    return this.#topics.get(topic)?.get(partition)
  }

  /** The furthest of both, partition by partition. */
  merge(other: Position): Position {
    if (other.isEmpty) return this
    return this.isEmpty ? other : Position.of([...this.entries(), ...other.entries()])
  }

  /**
   * Whether everything before the bound is reflected. With `partition` only what the bound says of partitions of that number counts: a store's
   * part is asked for its own share of a bound.
   */
  covers(bound: Position, partition?: number): boolean {
    for (const entry of bound.entries()) {
      if (partition !== undefined && entry.partition !== partition) continue
      if ((this.offsetOf(entry.topic, entry.partition) ?? -1) < entry.offset) return false
    }
    return true
  }

  toJSON(): PositionJson {
    const json: Record<string, Record<string, number>> = {}
    for (const [topic, partitions] of this.#topics) json[topic] = Object.fromEntries(partitions)
    return json
  }
}

/** The header that the last changelog record of a store in a transaction carries: version, then topic, partition and next offset each. */
export function positionHeader(entries: readonly PositionEntry[]): Header {
  const bytes: number[] = [HEADER_VERSION]
  for (const { topic, partition, offset } of entries) {
    const name = Buffer.from(topic)
    pushNumber(bytes, name.length)
    bytes.push(...name)
    pushNumber(bytes, partition)
    pushNumber(bytes, offset)
  }
  return [HEADER_NAME, Uint8Array.from(bytes)]
}

/** What a store reflects once these changelog records are applied; undefined where none of them tells, and then nothing new is known. */
export function decodePosition(
  records: readonly Pick<LogRecord, 'headers'>[],
): Position | undefined {
  for (let at = records.length - 1; at >= 0; at--) {
    for (const [name, value] of records[at]?.headers ?? []) {
      const position = name === HEADER_NAME && value !== null ? decodeHeader(value) : undefined
      if (position !== undefined) return position
    }
  }
  return undefined
}

function decodeHeader(bytes: Uint8Array): Position | undefined {
  if (bytes[0] !== HEADER_VERSION) return undefined
  let at = 1
  const number = (): number => {
    let value = 0
    for (let scale = 1; at < bytes.length; scale *= 128) {
      const byte = bytes[at++] ?? 0
      value += (byte & 127) * scale
      if (byte < 128) return value
    }
    return Number.NaN
  }
  const entries: PositionEntry[] = []
  while (at < bytes.length) {
    const length = number()
    const topic = Buffer.from(bytes.subarray(at, at + length)).toString()
    at += length
    const entry = { topic, partition: number(), offset: number() }
    if (!isOffset(entry.partition) || !isOffset(entry.offset)) return undefined
    entries.push(entry)
  }
  return Position.of(entries)
}

/** Seven bits a byte, the lowest first. */
function pushNumber(bytes: number[], value: number): void {
  let rest = value
  while (rest >= 128) {
    bytes.push((rest % 128) + 128)
    rest = Math.floor(rest / 128)
  }
  bytes.push(rest)
}

function isOffset(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0
}

function fieldsOf(json: unknown, what: string): [string, unknown][] {
  if (typeof json === 'object' && json !== null && !Array.isArray(json)) return Object.entries(json)
  throw invalid(`${what} is no object`)
}

function invalid(what: string): StreamsError {
  return new StreamsError(
    'STREAMS_INVALID_POSITION',
    `this is no position: ${what}`,
    {},
    'Give an object of topics, each an object of partitions with the next offset, as an answer has it.',
  )
}
