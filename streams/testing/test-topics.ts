import type { Header } from '../log/log.ts'
import type { StreamRecord } from '../processor.ts'
import type { Serde } from '../serde.ts'

/** A record as it lies on a topic of the driver. */
export interface RawRecord {
  readonly partition: number
  readonly key: Uint8Array | null
  readonly value: Uint8Array | null
  readonly timestampMs: number
  readonly headers: readonly Header[]
}

export interface PipeOptions {
  /** Event time; the driver's wall clock unless given. */
  readonly timestampMs?: number
  readonly headers?: readonly Header[]
  /** By the key's bytes unless given. */
  readonly partition?: number
}

export type RawPipe = (record: Omit<RawRecord, 'partition'>, partition: number | undefined) => void

export class TestInputTopic<K, V> {
  readonly name: string
  readonly #keySerde: Serde<K>
  readonly #valueSerde: Serde<V>
  readonly #pipe: RawPipe
  readonly #nowMs: () => number

  constructor(
    name: string,
    serdes: { readonly key: Serde<K>; readonly value: Serde<V> },
    pipe: RawPipe,
    nowMs: () => number,
  ) {
    this.name = name
    this.#keySerde = serdes.key
    this.#valueSerde = serdes.value
    this.#pipe = pipe
    this.#nowMs = nowMs
  }

  /** Delivers one record and runs the topology until nothing is left to do. */
  pipe(key: K | undefined, value: V | undefined, options: PipeOptions = {}): void {
    this.pipeBytes(
      key === undefined ? null : this.#keySerde.serialize(this.name, key),
      value === undefined ? null : this.#valueSerde.serialize(this.name, value),
      options,
    )
  }

  /** For bytes that no serde would write. */
  pipeBytes(key: Uint8Array | null, value: Uint8Array | null, options: PipeOptions = {}): void {
    const { timestampMs = this.#nowMs(), headers = [] } = options
    this.#pipe({ key, value, timestampMs, headers }, options.partition)
  }
}

export interface TestRecord<K, V> extends StreamRecord<K | undefined, V | undefined> {
  readonly partition: number
}

export class TestOutputTopic<K, V> {
  readonly name: string
  readonly #keySerde: Serde<K>
  readonly #valueSerde: Serde<V>
  readonly #take: (recordsMax: number) => readonly RawRecord[]
  readonly #size: () => number

  constructor(
    name: string,
    serdes: { readonly key: Serde<K>; readonly value: Serde<V> },
    take: (recordsMax: number) => readonly RawRecord[],
    size: () => number,
  ) {
    this.name = name
    this.#keySerde = serdes.key
    this.#valueSerde = serdes.value
    this.#take = take
    this.#size = size
  }

  get size(): number {
    return this.#size()
  }

  get isEmpty(): boolean {
    return this.#size() === 0
  }

  /** The next record in order of production; undefined when all were read. */
  readRecord(): TestRecord<K, V> | undefined {
    return this.#decode(this.#take(1))[0]
  }

  /** Every record since the last read, in order of production. */
  readRecords(): TestRecord<K, V>[] {
    return this.#decode(this.#take(Number.POSITIVE_INFINITY))
  }

  readKeyValues(): [K | undefined, V | undefined][] {
    return this.readRecords().map(({ key, value }) => [key, value])
  }

  #decode(records: readonly RawRecord[]): TestRecord<K, V>[] {
    return records.map(({ partition, key, value, timestampMs, headers }) => ({
      partition,
      key: key === null ? undefined : this.#keySerde.deserialize(this.name, key, headers),
      value: value === null ? undefined : this.#valueSerde.deserialize(this.name, value, headers),
      timestampMs,
      headers,
    }))
  }
}
