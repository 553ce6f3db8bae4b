import { type Serde, StreamsError } from '#streams'
import type { AvroType } from './avro-type.ts'
import { ByteSlab } from './byte-slab.ts'
import { describeMisfit } from './describe-misfit.ts'
import { type EnvelopeParts, envelopeParts } from './envelope-parts.ts'
import {
  type EnvelopeReader,
  foreignReader,
  ownReader,
  SERDE_UNKNOWN_BRANCH,
} from './envelope-reader.ts'
import { prepareSchemas, valueSubject } from './registry/prepare-schemas.ts'
import type { SchemaRegistry } from './registry/registry.ts'
import type { AvroSchemaObject, StreamSchema } from './schema.ts'
import { asBuffer, WIRE_HEADER_BYTES, writerIdOf } from './wire-format.ts'

/** Ids of unreadable writers that are remembered; at the bound all are forgotten and asked for again. */
const UNREADABLE_MAX = 1_024

export interface AvroSerdeOptions {
  /** `fail` for a consumer that needs every kind of event: an unknown branch is then a record that cannot be decoded. Default `skip`. */
  readonly onUnknownBranch?: 'skip' | 'fail'
}

/** The least that the serde itself knows of an event. */
interface Encodable {
  readonly eventType: string
  readonly payload: unknown
}

/**
 * Events of a stream in Confluent's wire format; `eventType` chooses the branch of the payload. Bytes of another writer's schema are
 * resolved into this one: unknown fields are dropped, missing ones get their defaults.
 *
 * Before the first `serialize` the schema must be registered: by `prepare`, or at once where the registry lives in this process.
 *
 * Errors: SERDE_DECODE_FAILED; SERDE_UNKNOWN_BRANCH for an event that this version does not know, which consumers skip and count;
 * SERDE_ENCODE_FAILED naming the field; SERDE_NOT_PREPARED.
 */
export function avroSerde<E>(
  stream: StreamSchema<E>,
  registry: SchemaRegistry,
  options: AvroSerdeOptions = {},
): Serde<E> {
  // The schema's type parameter promises that its events have the envelope's shape; the codec checks each.
  return new EnvelopeSerde(stream, registry, options) as unknown as Serde<E>
}

/** Whether a failure of `deserialize` means: skip this record and count it. */
export function isUnknownBranch(error: unknown): boolean {
  return error instanceof StreamsError && error.code === SERDE_UNKNOWN_BRANCH
}

class EnvelopeSerde implements Serde<Encodable> {
  /** Of any version: that each can read the others is what the registry sees to. */
  readonly format: string
  readonly #schema: AvroSchemaObject
  readonly #registry: SchemaRegistry
  readonly #failOnUnknown: boolean
  readonly #own: EnvelopeParts
  readonly #branches = new Map<string, { readonly index: number; readonly type: AvroType }>()
  readonly #slab = new ByteSlab()
  readonly #ownReader: EnvelopeReader
  readonly #readers = new Map<number, EnvelopeReader>()
  readonly #unreadable = new Map<number, Error>()
  readonly #fetching = new Map<number, Promise<void>>()
  #writerId = 0

  constructor(stream: StreamSchema<unknown>, registry: SchemaRegistry, options: AvroSerdeOptions) {
    this.#schema = stream.schema
    this.#registry = registry
    this.#failOnUnknown = options.onUnknownBranch === 'fail'
    this.#own = envelopeParts(stream.schema)
    this.format = `avro ${stream.fullName}`
    if (this.#own.tail !== undefined || this.#own.branches.length >= 64) {
      throw new StreamsError(
        'AVRO_SCHEMA_INVALID',
        `the payload of ${stream.fullName} must be the last field, of fewer than 64 records`,
        {},
        'Correct avro/schemas.',
      )
    }
    this.#ownReader = ownReader(this.#own)
    for (const [index, { name, type }] of this.#own.branches.entries()) {
      this.#branches.set(name, { index, type })
    }
  }

  async prepare(topic: string): Promise<void> {
    const [id] = await prepareSchemas(this.#registry, [{ topic, schema: this.#schema }])
    this.#useWriterId(id as number)
  }

  serialize(topic: string, event: Encodable): Uint8Array {
    if (this.#writerId === 0) this.#prepareNow(topic)
    const branch = this.#branches.get(event.eventType)
    if (branch === undefined) {
      throw encodeFailed(topic, `eventType: ${event.eventType} is not an event of this stream`)
    }
    const slab = this.#slab
    try {
      for (;;) {
        const { buffer, position } = slab
        const head = position + WIRE_HEADER_BYTES
        let end = buffer.length < head + 64 ? -1 : this.#own.head.encode(event, buffer, head)
        if (end >= 0 && end < buffer.length) {
          buffer[position] = 0
          buffer.writeInt32BE(this.#writerId, position + 1)
          buffer[end] = branch.index * 2
          end = branch.type.encode(event.payload, buffer, end + 1)
          if (end >= 0) return slab.take(end)
        }
        // Did not fit (a negative result is the bytes that were missing, so far): twice the room, from a fresh slab.
        slab.grow(position === 0 ? buffer.length * 2 : buffer.length)
      }
    } catch (cause) {
      const misfit =
        describeMisfit(this.#own.head, event) ??
        prefixed('payload', describeMisfit(branch.type, event.payload))
      throw encodeFailed(topic, misfit ?? String(cause), cause)
    }
  }

  deserialize(topic: string, bytes: Uint8Array): Encodable {
    const buffer = asBuffer(bytes)
    const id = writerIdOf(buffer)
    try {
      if (id === undefined) throw new Error('the bytes do not start with 0x00 and a schema id')
      const reader = id === this.#writerId ? this.#ownReader : this.#readerOf(id)
      return reader(buffer, topic)
    } catch (cause) {
      if (isUnknownBranch(cause) && !this.#failOnUnknown) throw cause
      const what = cause instanceof Error ? cause.message : String(cause)
      throw new StreamsError(
        'SERDE_DECODE_FAILED',
        `${what} (schema id ${id ?? 'none'}, ${bytes.length} bytes)`,
        { topic },
        'See what wrote the record; it can be dead-lettered.',
        cause,
      )
    }
  }

  pending(bytes: Uint8Array): Promise<void> | undefined {
    const id = writerIdOf(bytes)
    if (id === undefined || id === this.#writerId || this.#readers.has(id)) return undefined
    if (this.#registry.immediate !== undefined || this.#unreadable.has(id)) return undefined
    let fetching = this.#fetching.get(id)
    if (fetching === undefined) {
      fetching = this.#fetch(id).finally(() => this.#fetching.delete(id))
      this.#fetching.set(id, fetching)
    }
    return fetching
  }

  async #fetch(id: number): Promise<void> {
    try {
      this.#readers.set(id, foreignReader(this.#own, await this.#registry.schemaById(id)))
    } catch (cause) {
      if (cause instanceof StreamsError && cause.code === 'REGISTRY_UNAVAILABLE') throw cause
      this.#rememberUnreadable(id, cause)
    }
  }

  #readerOf(id: number): EnvelopeReader {
    const reader = this.#readers.get(id)
    if (reader !== undefined) return reader
    const failure = this.#unreadable.get(id)
    if (failure !== undefined) throw failure
    const { immediate } = this.#registry
    if (immediate === undefined)
      throw new Error(`wait for pending() first: schema ${id} is not here`)
    try {
      const found = foreignReader(this.#own, immediate.schemaById(id))
      this.#readers.set(id, found)
      return found
    } catch (cause) {
      throw this.#rememberUnreadable(id, cause)
    }
  }

  #rememberUnreadable(id: number, cause: unknown): Error {
    const error = cause instanceof Error ? cause : new Error(String(cause))
    if (this.#unreadable.size >= UNREADABLE_MAX) this.#unreadable.clear()
    this.#unreadable.set(id, error)
    return error
  }

  #prepareNow(topic: string): void {
    const { immediate } = this.#registry
    if (immediate === undefined) {
      throw new StreamsError(
        'SERDE_NOT_PREPARED',
        'the schema is not registered yet',
        { topic },
        'Call prepare first.',
      )
    }
    this.#useWriterId(immediate.register(valueSubject(topic), this.#schema))
  }

  /** The same schema may have several ids in a foreign registry: all of them are read as our own. */
  #useWriterId(id: number): void {
    this.#writerId = id
    this.#readers.set(id, this.#ownReader)
  }
}

function prefixed(prefix: string, text: string | undefined): string | undefined {
  return text === undefined ? undefined : `${prefix}.${text}`
}

function encodeFailed(topic: string, what: string, cause?: unknown): StreamsError {
  return new StreamsError(
    'SERDE_ENCODE_FAILED',
    `the event does not fit its schema: ${what}`,
    { topic },
    'Correct the code that made it.',
    cause,
  )
}
