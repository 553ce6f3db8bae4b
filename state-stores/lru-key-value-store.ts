import type { KeyValueStoreSpec, StoreBatch } from '#streams'
import { byteString } from './bytes.ts'
import { TransactionalKeyValueStore } from './key-value-store.ts'
import type { StoreValue } from './transactional/store-value.ts'
import type { StoreBytes } from './transactional/transactional-bytes.ts'
import { UseOrder } from './use-order.ts'

/**
 * Keeps the entries that were used last; a put and a get by key are uses, walking a range is none. A get that changes the order is
 * written like a put of the same value, once per commit, and changes are in the order of use: so a store that is restored from its
 * changelog evicts what the original would have.
 */
export class LruKeyValueStore<K, V> extends TransactionalKeyValueStore<K, V> {
  readonly #bytes: StoreBytes
  readonly #entriesMax: number
  readonly #order = new UseOrder()

  constructor(
    spec: KeyValueStoreSpec<K, V> & { readonly entriesMax: number },
    bytes: StoreBytes,
    topic: string,
  ) {
    super(spec, bytes, topic)
    this.#bytes = bytes
    this.#entriesMax = spec.entriesMax
    if (Number.isSafeInteger(spec.entriesMax) && spec.entriesMax >= 1) return
    throw new RangeError(`a store keeps at least one entry, not ${spec.entriesMax}`)
  }

  protected override read(key: Uint8Array): StoreValue {
    const found = this.#bytes.get(key)
    if (found.encoded === null || this.#order.isNewest(byteString(key))) return found
    this.write(key, found.encoded)
    return this.#bytes.get(key)
  }

  protected override write(key: Uint8Array, encoded: Uint8Array | null): void {
    this.#bytes.put(key, encoded)
    const id = byteString(key)
    if (encoded === null) this.#order.remove(id)
    else this.#order.use(id, key)
    for (const eldest of this.#order.beyond(this.#entriesMax)) {
      this.#bytes.put(eldest, null)
      this.#order.remove(byteString(eldest))
    }
  }

  /** @internal */
  override afterCommit(): void {
    this.#order.commit()
  }

  /** @internal */
  override discarded(): void {
    this.#order.discard()
  }

  /** @internal */
  override restore(batch: StoreBatch, key: Uint8Array, value: Uint8Array | null): void {
    super.restore(batch, key, value)
    if (value === null) this.#order.remove(byteString(key))
    else this.#order.use(byteString(key), key)
  }
}
