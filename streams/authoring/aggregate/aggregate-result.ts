import type { Serde } from '../../serde.ts'
import type { Materialized, Named } from '../options.ts'

/**
 * Options of an aggregate whose values are of a type of their own: their serde is not known and has to be given. `as` names the node, and
 * the store where `materialized` does not.
 */
export interface AggregateResult<K, A> extends Named {
  readonly materialized: Materialized<K, A> & { readonly valueSerde: Serde<A> }
}
