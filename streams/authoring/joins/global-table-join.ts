import type { ReadOnlyKeyValueStore, ValueAndTimestamp } from '../../store.ts'
import type { Named } from '../options.ts'
import type { Scope } from '../scope.ts'
import type { StreamNode } from '../stream-node.ts'
import type { GlobalKTable } from '../table/global-table.ts'
import { lookupJoin } from './lookup-join.ts'
import type { LookupResults } from './stream-table-join.ts'

export interface GlobalTableJoin<K, V, KRow, Row, VOut> {
  readonly stream: StreamNode<K, V>
  readonly table: GlobalKTable<KRow, Row>
  readonly rowKey: (key: K, value: NonNullable<V>) => KRow | undefined
  readonly results: LookupResults<K, V, Row, VOut>
  readonly named: Named
}

/** One node; no partition has to agree, and the key stays what it was. */
export function joinWithGlobalTable<K, V, KRow, Row, VOut>(
  scope: Scope,
  join: GlobalTableJoin<K, V, KRow, Row, VOut>,
): StreamNode<K, VOut> {
  const { stream, table, rowKey, results, named } = join
  // Kafka Streams has this prefix for inner joins as well.
  const name = scope.names.node(named.as, 'KSTREAM-LEFTJOIN-')
  const supplier = lookupJoin<K, V, KRow, Row, VOut>({
    ...results,
    lookup: (context) => {
      const rows = context.getStateStore<ReadOnlyKeyValueStore<KRow, ValueAndTimestamp<Row>>>(
        table.storeName,
      )
      return (key) => rows.get(key)?.value
    },
    rowKey,
    withoutRowKey: 'null-join-key',
    buffer: undefined,
  })
  scope.builder.addProcessor(name, supplier, [stream.name], [table.storeName])
  if (results.alone !== undefined) scope.nullKeys.acceptedBy(name)
  return { ...stream, name, valueSerde: undefined }
}
