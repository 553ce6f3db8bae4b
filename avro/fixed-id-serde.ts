import { type Serde, StreamsError } from '#streams'
import { type AvroType, parseType } from './avro-type.ts'
import { describeMisfit } from './describe-misfit.ts'
import { PrefixedWriter } from './prefixed-writer.ts'
import type { AvroSchema } from './schema.ts'
import { asBuffer, WIRE_HEADER_BYTES, writerIdOf } from './wire-format.ts'

/**
 * Records in Confluent's wire format where writer and reader agreed on schema and id beforehand, so that no registry is asked. Bytes with another
 * id are refused (SERDE_DECODE_FAILED).
 */
export function fixedIdSerde<T>(schema: AvroSchema, id: number): Serde<T> {
  return new FixedIdSerde<T>(parseType(schema), id)
}

class FixedIdSerde<T> implements Serde<T> {
  readonly #type: AvroType
  readonly #id: number
  readonly #writer: PrefixedWriter

  constructor(type: AvroType, id: number) {
    const prefix = Buffer.alloc(WIRE_HEADER_BYTES)
    prefix.writeInt32BE(id, 1)
    this.#type = type
    this.#id = id
    this.#writer = new PrefixedWriter(type, prefix)
  }

  serialize(topic: string, value: T): Uint8Array {
    try {
      return this.#writer.write(value)
    } catch (cause) {
      const misfit = describeMisfit(this.#type, value) ?? String(cause)
      throw new StreamsError(
        'SERDE_ENCODE_FAILED',
        `the record does not fit its schema: ${misfit}`,
        { topic },
        'Correct the code that made it.',
        cause,
      )
    }
  }

  deserialize(topic: string, bytes: Uint8Array): T {
    const id = writerIdOf(bytes)
    if (id !== this.#id) {
      throw new StreamsError(
        'SERDE_DECODE_FAILED',
        `schema id ${id} where ${this.#id} was agreed on`,
        { topic },
        'Write the topic with the agreed schema.',
      )
    }
    try {
      // The caller's type is that of the schema which every writer of this id agreed on.
      return this.#type.decode(asBuffer(bytes), WIRE_HEADER_BYTES).value as T
    } catch (cause) {
      throw new StreamsError(
        'SERDE_DECODE_FAILED',
        `not a record of schema ${id}: ${cause instanceof Error ? cause.message : String(cause)}`,
        { topic },
        'Write the topic with the agreed schema.',
        cause,
      )
    }
  }
}
