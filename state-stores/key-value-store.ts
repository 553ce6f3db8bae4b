import type {
  KeyValueIterator,
  KeyValueStore,
  KeyValueStoreSpec,
  StoreBatch,
  StoreEntry,
} from '#streams'
import { compareBytes, keyAfter, prefixEnd } from './bytes.ts'
import { decodingIterator } from './decoding-iterator.ts'
import type { StoreKind } from './managed-store.ts'
import { OverlaidEntries } from './transactional/merge.ts'
import type { StoreValue } from './transactional/store-value.ts'
import type { StoreBytes } from './transactional/transactional-bytes.ts'
import { TypedBytes } from './transactional/typed-bytes.ts'

/** Up to so many entries are counted, more are estimated. */
const COUNTED_MAX = 1_000

/**
 * A key-value store with typed keys and values. A value that was returned is shared with later readers: do not change it.
 * `put` of null or undefined deletes, as in Kafka Streams.
 */
export class TransactionalKeyValueStore<K, V> implements KeyValueStore<K, V>, StoreKind {
  readonly #spec: KeyValueStoreSpec<K, V>
  readonly #bytes: StoreBytes
  readonly #typed: TypedBytes<K, V>

  constructor(spec: KeyValueStoreSpec<K, V>, bytes: StoreBytes, topic: string) {
    this.#spec = spec
    this.#bytes = bytes
    this.#typed = new TypedBytes(spec, topic)
  }

  get name(): string {
    return this.#spec.name
  }

  get(key: K): V | undefined {
    return this.#typed.decode(this.read(this.#typed.encodeKey(key)))
  }

  put(key: K, value: V): void {
    this.#bytes.requireWritable()
    const encoded = this.#typed.encode(value)
    this.write(this.#typed.encodeKey(key), encoded)
  }

  putIfAbsent(key: K, value: V): V | undefined {
    const before = this.get(key)
    if (before === undefined) this.put(key, value)
    return before
  }

  delete(key: K): V | undefined {
    this.#bytes.requireWritable()
    const encodedKey = this.#typed.encodeKey(key)
    const before = this.#typed.decode(this.#bytes.get(encodedKey))
    this.write(encodedKey, null)
    return before
  }

  range(from: K | undefined, to: K | undefined): KeyValueIterator<K, V> {
    return this.#iterate(this.#typed.encodeBound(from), this.#boundAfter(to), false)
  }

  reverseRange(from: K | undefined, to: K | undefined): KeyValueIterator<K, V> {
    return this.#iterate(this.#typed.encodeBound(from), this.#boundAfter(to), true)
  }

  prefixScan(prefix: Uint8Array): KeyValueIterator<K, V> {
    return this.#iterate(prefix, prefixEnd(prefix), false)
  }

  all(): KeyValueIterator<K, V> {
    return this.#iterate(undefined, undefined, false)
  }

  reverseAll(): KeyValueIterator<K, V> {
    return this.#iterate(undefined, undefined, true)
  }

  /** Exact up to 1,000 entries; beyond, the engine's estimate of bytes over the mean of the first 1,000. */
  approximateNumEntries(): number {
    const entries = this.#merged(undefined, undefined, false)
    let count = 0
    let bytes = 0
    for (; count < COUNTED_MAX; count += 1) {
      const entry = entries.next()
      if (entry === undefined) return count
      bytes += entry.key.length + entry.encoded.length
    }
    entries.close()
    const { database, keyspace, changeCount } = this.#bytes
    const estimate = Math.round((database.sizeBytes(keyspace) * COUNTED_MAX) / Math.max(1, bytes))
    return Math.max(estimate, changeCount, COUNTED_MAX)
  }

  /** What a get of a key finds. */
  protected read(key: Uint8Array): StoreValue {
    return this.#bytes.get(key)
  }

  /** One key's change; null deletes. */
  protected write(key: Uint8Array, encoded: Uint8Array | null): void {
    this.#bytes.put(key, encoded)
  }

  /** @internal */
  writeCommit(batch: StoreBatch): void {
    this.#bytes.commitTo(batch, () => true)
  }

  /** @internal */
  afterCommit(): void {}

  /** @internal */
  discarded(): void {}

  /** @internal */
  restore(batch: StoreBatch, key: Uint8Array, value: Uint8Array | null): void {
    this.#bytes.writeTo(batch, key, value)
  }

  /** @internal */
  writeRestored(): void {}

  /** @internal */
  *committedEntries(): IterableIterator<StoreEntry> {
    yield* this.#bytes.database.scan(this.#bytes.keyspace)
  }

  #iterate(
    from: Uint8Array | undefined,
    to: Uint8Array | undefined,
    reverse: boolean,
  ): KeyValueIterator<K, V> {
    return decodingIterator(this.#merged(from, to, reverse), ({ key, encoded, entry }) => {
      const decodedKey = this.#typed.decodeKey(key)
      const value = this.#typed.decode(entry ?? { encoded, decoded: undefined })
      return value === undefined ? undefined : [decodedKey, value]
    })
  }

  #merged(
    from: Uint8Array | undefined,
    to: Uint8Array | undefined,
    reverse: boolean,
  ): OverlaidEntries {
    const isEmpty = from !== undefined && to !== undefined && compareBytes(from, to) >= 0
    const range = {
      ...(from && { from }),
      ...(to && { to }),
      ...(isEmpty && { limit: 0 }),
      reverse,
    }
    const overlay = isEmpty ? [] : this.#bytes.overlayRange(from, to)
    const isHead = from !== undefined && !isEmpty && !reverse
    const engine = isHead ? this.#bytes.scanHead(from, to) : this.#bytes.scan(range)
    return new OverlaidEntries(engine, overlay, reverse)
  }

  /** Contracts of stores include the upper end, engines exclude it. */
  #boundAfter(key: K | undefined): Uint8Array | undefined {
    return key === undefined ? undefined : keyAfter(this.#typed.encodeKey(key))
  }
}
