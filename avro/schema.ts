/** An Avro schema as JSON. Its inside is checked by avsc, which parses it. */
export type AvroSchema = string | readonly AvroSchema[] | AvroSchemaObject

export interface AvroSchemaObject {
  readonly type: AvroSchema
  readonly [attribute: string]: unknown
}

/** The schema of a stream: its own envelope record, whose payload is a union of the stream's records. `E` is that union's type. */
export interface StreamSchema<E> {
  /** `<domain>.<stream>`, or `dlq`. */
  readonly stream: string
  /** Full name of the envelope record. */
  readonly fullName: string
  readonly schema: AvroSchemaObject
  /** Released versions, oldest first. The current schema reads data of each of them. */
  readonly released: readonly AvroSchemaObject[]
  /** Never set: carries the type. */
  readonly event?: E
}

/** The schema of a plain record, for values without an envelope (state stores). */
export interface RecordSchema<T> {
  readonly fullName: string
  readonly schema: AvroSchemaObject
  /** Forms that this record had in released versions, oldest first, the current one left out. */
  readonly released: readonly AvroSchema[]
  /** Never set: carries the type. */
  readonly value?: T
}

/** Type of the events of a stream: `EventOf<typeof streamSchemas['marketdata.raw']>` is `RawEnvelope`. */
export type EventOf<S> = S extends StreamSchema<infer E> ? E : never
