import { type Serde, stringSerde } from '#streams'
import type { StoreValue } from './store-value.ts'

const TEXT: Serde<unknown> = stringSerde as Serde<unknown>

/** Keys and values of one store, as its changelog topic's bytes. */
export class TypedBytes<K, V> {
  readonly #keySerde: Serde<K>
  readonly #valueSerde: Serde<V>
  readonly #topic: string
  #lastKey: string | undefined
  #lastKeyBytes: Uint8Array | undefined
  #lastText: string | undefined
  #lastTextBytes: Uint8Array | undefined

  constructor(
    serdes: { readonly keySerde: Serde<K>; readonly valueSerde: Serde<V> },
    topic: string,
  ) {
    this.#keySerde = serdes.keySerde
    this.#valueSerde = serdes.valueSerde
    this.#topic = topic
  }

  /** A key is often read and written in turn. Only text is remembered: other keys may be changed by those who made them. */
  encodeKey(key: K): Uint8Array {
    if (typeof key !== 'string') return this.#keySerde.serialize(this.#topic, key)
    if (this.#lastKeyBytes === undefined || key !== this.#lastKey) {
      this.#lastKeyBytes = this.#keySerde.serialize(this.#topic, key)
      this.#lastKey = key
    }
    return this.#lastKeyBytes
  }

  encodeBound(key: K | undefined): Uint8Array | undefined {
    return key === undefined ? undefined : this.encodeKey(key)
  }

  decodeKey(bytes: Uint8Array): K {
    return this.#keySerde.deserialize(this.#topic, bytes)
  }

  /** null for nothing, which deletes. */
  encode(value: V | undefined | null): Uint8Array | null {
    if (value === undefined || value === null) return null
    if (typeof value !== 'string' || this.#valueSerde !== TEXT)
      return this.#valueSerde.serialize(this.#topic, value)
    // Marks, whose only point is that they are there, are the same text each time.
    if (this.#lastTextBytes === undefined || value !== this.#lastText) {
      this.#lastTextBytes = this.#valueSerde.serialize(this.#topic, value)
      this.#lastText = value
    }
    return this.#lastTextBytes
  }

  /** From the bytes even right after a put: what a reader gets must not depend on what is cached. */
  decode(value: StoreValue): V | undefined {
    if (value.encoded === null) return undefined
    value.decoded ??= this.decodeValue(value.encoded)
    return value.decoded as V
  }

  decodeValue(encoded: Uint8Array): V {
    return this.#valueSerde.deserialize(this.#topic, encoded)
  }
}
