import type { Header } from './log/log.ts'

/**
 * Bytes of a value and back. Stateless per call; the returned bytes are not touched again by the serde. What it wrote for one topic it reads for
 * another: a suppression behind a windowed aggregate keeps the bytes of the aggregate's store.
 */
export interface Serde<T> {
  serialize(topic: string, value: T): Uint8Array
  /** @throws {StreamsError} SERDE_DECODE_FAILED: what, and where in the bytes */
  deserialize(topic: string, bytes: Uint8Array, headers?: readonly Header[]): T
  /**
   * Some serdes must fetch something before they can read given bytes (a writer's schema). Returns a promise to wait for before
   * `deserialize`, or undefined when ready. Called once a record on the hot path: must be a table look-up. It rejects with REGISTRY_UNAVAILABLE
   * when there was no answer and asking again helps; records wait then. Any other failure is one of the record.
   */
  pending?(bytes: Uint8Array): Promise<void> | undefined
  /** Once, before the first record: registers schemas, checks compatibility. Nothing may be written before it resolves. */
  prepare?(topic: string, role: 'key' | 'value'): Promise<void>
  /** Names the layout of the bytes, so that versions of a topology can be compared: `string`, `avro orion.SnapshotState 1f2e`. */
  readonly format?: string
  /** Formats of older versions that it reads beside its own. */
  readonly reads?: readonly string[]
}

/** The format and what else is read, of a serde that is made of another. */
export function formatOver(
  inner: Pick<Serde<unknown>, 'format' | 'reads'>,
  name: (format: string) => string,
): Pick<Serde<unknown>, 'format' | 'reads'> {
  const { format, reads } = inner
  return {
    ...(format === undefined ? {} : { format: name(format) }),
    ...(reads === undefined ? {} : { reads: reads.map(name) }),
  }
}
