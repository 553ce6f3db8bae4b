import { type Serde, StreamsError } from '#streams'
import { type AvroResolver, type AvroType, parseType } from './avro-type.ts'
import { describeMisfit } from './describe-misfit.ts'
import { PrefixedWriter } from './prefixed-writer.ts'
import type { RecordSchema } from './schema.ts'
import { schemaMark } from './schema-mark.ts'
import { asBuffer } from './wire-format.ts'

const MARK_BYTES = 2

/**
 * Values of a state store: two bytes that mark the schema, then Avro binary. No registry: the reader knows its own schema and every
 * released form of it, resolves the old ones, and refuses bytes with any other mark (SERDE_DECODE_FAILED) instead of misreading them.
 */
export function avroValueSerde<T>(record: RecordSchema<T>): Serde<T> {
  return new ValueSerde<T>(record)
}

interface KnownForm {
  readonly mark: number
  readonly resolver: AvroResolver | undefined
}

class ValueSerde<T> implements Serde<T> {
  readonly format: string
  readonly reads: readonly string[]
  readonly #fullName: string
  readonly #type: AvroType
  readonly #mark: number
  readonly #earlier: readonly KnownForm[]
  readonly #writer: PrefixedWriter

  constructor(record: RecordSchema<T>) {
    this.#fullName = record.fullName
    this.#type = parseType(record.schema)
    this.#mark = schemaMark(record.schema)
    this.#writer = new PrefixedWriter(
      this.#type,
      Uint8Array.of(this.#mark >>> 8, this.#mark & 0xff),
    )
    this.#earlier = record.released.map((schema) => ({
      mark: schemaMark(schema),
      resolver: this.#type.createResolver(parseType(schema)),
    }))
    const formatOf = (mark: number): string =>
      `avro ${record.fullName} ${mark.toString(16).padStart(4, '0')}`
    this.format = formatOf(this.#mark)
    this.reads = this.#earlier.map(({ mark }) => formatOf(mark))
  }

  serialize(topic: string, value: T): Uint8Array {
    try {
      return this.#writer.write(value)
    } catch (cause) {
      throw new StreamsError(
        'SERDE_ENCODE_FAILED',
        `the ${this.#fullName} does not fit its schema: ${describeMisfit(this.#type, value) ?? String(cause)}`,
        { topic },
        'Correct the code that made it.',
        cause,
      )
    }
  }

  deserialize(topic: string, bytes: Uint8Array): T {
    const buffer = asBuffer(bytes)
    const mark = bytes.length < MARK_BYTES ? -1 : (bytes[0] as number) * 256 + (bytes[1] as number)
    try {
      const { value, offset } = this.#type.decode(buffer, MARK_BYTES, this.#resolverOf(mark))
      if (offset !== bytes.length) throw new Error('the bytes do not end where the record does')
      return value
    } catch (cause) {
      throw new StreamsError(
        'SERDE_DECODE_FAILED',
        `not a ${this.#fullName}: ${cause instanceof Error ? cause.message : String(cause)} (${bytes.length} bytes)`,
        { topic },
        'Restore the store from its changelog, or run the version that wrote it.',
        cause,
      )
    }
  }

  #resolverOf(mark: number): AvroResolver | undefined {
    if (mark === this.#mark) return undefined
    for (const form of this.#earlier) if (form.mark === mark) return form.resolver
    throw new Error(`no released form of the schema has the mark ${mark.toString(16)}`)
  }
}
