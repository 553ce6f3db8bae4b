import type { Names } from './names.ts'
import type { NullKeys } from './null-keys.ts'
import type { SerdesKnown } from './serdes-known.ts'
import type { KTable } from './table/table.ts'
import type { TableNode } from './table/table-node.ts'
import type { TopologyBuilder } from './topology-builder.ts'

/** What the streams and tables of one `StreamsBuilder` share. */
export interface Scope {
  readonly builder: TopologyBuilder
  readonly names: Names
  readonly nullKeys: NullKeys
  /** For streams and their groups: tables know streams, so these cannot import tables. */
  newTable<K, V, S extends SerdesKnown>(node: TableNode<K, V>): KTable<K, V, S>
}
