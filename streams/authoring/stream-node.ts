import type { Serde } from '../serde.ts'

/** Where a stream stands in the graph, and what is known of its records. */
export interface StreamNode<K, V> {
  readonly name: string
  readonly keySerde: Serde<K> | undefined
  readonly valueSerde: Serde<V> | undefined
  /** The key may have changed since records were last placed by it. */
  readonly repartitionRequired: boolean
  /** Names of the sources above, up to the last repartition: joined streams and tables must agree in their partitions. */
  readonly sources: readonly string[]
}
