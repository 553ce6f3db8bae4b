import type { Materialized, Named, SinkSerde } from '../options.ts'
import type { AnySerdes, SerdesKnown } from '../serdes-known.ts'

type StoreOptions = Omit<Materialized<unknown, unknown>, 'keySerde' | 'valueSerde'>

/** Serdes of a derived table's store: the key's has to be given where it is not known. */
type KeyNeeded<K, S extends SerdesKnown> = 'key' extends S
  ? { readonly keySerde?: SinkSerde<K> }
  : { readonly keySerde: SinkSerde<K> }

type ValueNeeded<V, S extends SerdesKnown> = 'value' extends S
  ? { readonly valueSerde?: SinkSerde<V> }
  : { readonly valueSerde: SinkSerde<V> }

/** Of `filter`: the rows keep their type, and a store under a name keeps the rows. */
export interface DerivedOptions<K, V, S extends SerdesKnown> extends Named {
  readonly materialized?: StoreOptions & KeyNeeded<K, S> & ValueNeeded<V, S>
}

/** Of `mapValues`: a serde of the new values, for a store under a name, or for whoever writes them later. */
export type RemappedOptions<K, V, S extends SerdesKnown> = Named &
  (
    | { readonly valueSerde: SinkSerde<V>; readonly materialized?: undefined }
    | { readonly materialized: StoreOptions & KeyNeeded<K, S> & ValueNeeded<V, never> }
  )

/** The options of all of these, for the code behind the signatures. */
export interface RowsIn<K, V> extends Named {
  readonly valueSerde?: SinkSerde<V> | undefined
  readonly materialized?: (StoreOptions & AnySerdes<K, V>) | undefined
}
