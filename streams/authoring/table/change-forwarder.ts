import type { Change } from '../../change.ts'
import type { RecordCache, StreamRecord } from '../../processor.ts'
import type { Serde } from '../../serde.ts'
import type { ChangeContext } from './table-node.ts'

export interface ChangeForwarderOptions<K> {
  /** Of the table's store: its key names the update in the record cache. */
  readonly store: { readonly name: string; readonly keySerde: Serde<K> }
  /** Default true. */
  readonly caching: boolean | undefined
  readonly sendsOldValues: boolean
}

/** Hands on the changes of a table with a store: at once, or, where the record cache is on, at the commit. */
export class ChangeForwarder<K, V> {
  readonly #context: ChangeContext<K, V>
  readonly #keySerde: Serde<K>
  readonly #changelog: string
  readonly #sendsOldValues: boolean
  readonly #cache: RecordCache<K, V> | undefined

  /** In `init`. */
  constructor(context: ChangeContext<K, V>, options: ChangeForwarderOptions<K>) {
    this.#context = context
    this.#keySerde = options.store.keySerde
    this.#changelog = `${context.applicationId}-${options.store.name}-changelog`
    this.#sendsOldValues = options.sendsOldValues
    this.#cache = options.caching === false ? undefined : context.recordCache<V>()
  }

  /** Changes wait for the commit. */
  get isCaching(): boolean {
    return this.#cache !== undefined
  }

  /** The cache has to know what held before, even where nobody below does: what appeared and went between two commits is not told. */
  get needsOldValues(): boolean {
    return this.#sendsOldValues || this.isCaching
  }

  forward(record: StreamRecord<K, unknown>, change: Change<V>): void {
    const { key, timestampMs, headers } = record
    if (this.#cache === undefined) {
      const value = this.#sendsOldValues ? change : { ...change, oldValue: undefined }
      this.#context.forward({ key, value, timestampMs, headers })
      return
    }
    const id = Buffer.from(this.#keySerde.serialize(this.#changelog, key)).toString('latin1')
    this.#cache.put(id, { key, value: change, timestampMs, headers })
  }
}
