import type { TableResult } from '../options.ts'
import { repartitionThrough } from '../repartition.ts'
import type { Scope } from '../scope.ts'
import { type AnySerdes, asSerde } from '../serdes-known.ts'
import type { StreamNode } from '../stream-node.ts'
import type { TableNode } from './table-node.ts'
import { addTableSource } from './table-source.ts'

/** A table of a stream's records; behind a repartition of the table's name where the key may have changed. */
export function tableOf<K, V>(
  scope: Scope,
  stream: StreamNode<K, V>,
  options: TableResult<K, Exclude<V, undefined>> & AnySerdes<K, V>,
): TableNode<K, Exclude<V, undefined>> {
  const { as, materialized = {} } = options
  const { names } = scope
  const name = names.node(as, 'KSTREAM-TOTABLE-')
  const given = materialized.as ?? as
  const storeName = names.store(given, 'KSTREAM-TOTABLE-')
  const keySerde = materialized.keySerde ?? asSerde(options.keySerde) ?? stream.keySerde
  // What is absent is not written: a serde of the values is one of the present ones.
  const known = stream.valueSerde as TableNode<K, Exclude<V, undefined>>['valueSerde']
  const valueSerde = materialized.valueSerde ?? asSerde(options.valueSerde as undefined) ?? known
  const serdes = {
    ...(keySerde && { keySerde }),
    ...(valueSerde && { valueSerde }),
  }
  const placed = stream.repartitionRequired
    ? repartitionThrough(scope, stream, name, serdes as AnySerdes<K, V>)
    : stream
  return addTableSource(scope, {
    name,
    parent: placed.name,
    keySerde,
    valueSerde,
    sources: placed.sources,
    storeName,
    keepsRows: given !== undefined || materialized.historyRetentionMs !== undefined,
    materialized,
  })
}
