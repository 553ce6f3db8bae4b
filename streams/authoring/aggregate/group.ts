import type { Serde } from '../../serde.ts'

/** A stream whose records are about to be aggregated by key: where it stands in the graph. */
export interface GroupNode<K, V> {
  /** The node that records come out of. */
  readonly name: string
  readonly keySerde: Serde<K> | undefined
  readonly valueSerde: Serde<V> | undefined
  readonly sources: readonly string[]
  readonly repartitionRequired: boolean
  /** `Grouped.as`: names the repartition topic. */
  readonly repartitionName: string | undefined
}

/** A group whose equal keys meet: behind a repartition where one was required. */
export interface PlacedGroup {
  readonly name: string
  readonly sources: readonly string[]
}
