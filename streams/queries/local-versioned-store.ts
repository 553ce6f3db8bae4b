import type {
  ReadOnlyVersionedKeyValueStore,
  VersionedKeyValueStore,
  VersionedRecord,
} from '../store.ts'
import { firstFound, type LocalParts, storesOfKind } from './local-parts.ts'

/** Committed versions over all tasks of this instance; the versions of a key lie in one of them. */
export class LocalVersionedStore<K, V> implements ReadOnlyVersionedKeyValueStore<K, V> {
  readonly name: string
  readonly #parts: LocalParts

  constructor(name: string, parts: LocalParts) {
    this.name = name
    this.#parts = parts
  }

  get(key: K, asOfMs?: number): VersionedRecord<V> | undefined {
    return firstFound(this.#stores(), (store) => store.get(key, asOfMs))
  }

  history(key: K, fromMs: number, toMs: number): readonly VersionedRecord<V>[] {
    return this.#stores().flatMap((store) => store.history(key, fromMs, toMs))
  }

  /** The caller names the types that the topology gave the store. */
  #stores(): readonly VersionedKeyValueStore<K, V>[] {
    return storesOfKind(this.#parts, 'versioned') as readonly VersionedKeyValueStore<K, V>[]
  }
}
