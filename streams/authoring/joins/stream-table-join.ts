import { StreamsError } from '../../errors.ts'
import type { Scope } from '../scope.ts'
import { asSerde } from '../serdes-known.ts'
import { keyValueStore } from '../stores.ts'
import type { StreamNode } from '../stream-node.ts'
import type { TableNode, TableViewSupplier } from '../table/table-node.ts'
import { bufferedEntrySerde, bufferedKeySerde } from './join-buffer-serdes.ts'
import type { Joined } from './join-options.ts'
import { type LookupBuffer, lookupJoin, type RowLookup } from './lookup-join.ts'
import { placeJoined } from './place-joined.ts'

/** What becomes of records with a row, and, in a left join, of those without. */
export interface LookupResults<K, V, Row, VOut> {
  readonly pair: (value: NonNullable<V>, row: Row, key: K) => VOut
  readonly alone: ((value: NonNullable<V>, key: K) => VOut) | undefined
}

export interface StreamTableJoin<K, V, Row, VOut> {
  readonly stream: StreamNode<K, V>
  readonly table: TableNode<K, Row>
  readonly results: LookupResults<K, V, Row, VOut>
  readonly joined: Joined<K, V>
}

/** One node that reads the table's store; before it a repartition where the key may have changed. */
export function joinWithTable<K, V, Row, VOut>(
  scope: Scope,
  join: StreamTableJoin<K, V, Row, VOut>,
): StreamNode<K, VOut> {
  const { builder, names } = scope
  const { table, results, joined } = join
  const { as, keySerde, valueSerde } = joined
  const stream = placeJoined(scope, join.stream, as, {
    ...(keySerde && { keySerde }),
    ...(valueSerde && { valueSerde }),
  })
  const sources = [...new Set([...stream.sources, ...table.sources])]
  builder.addCopartition(sources)
  const isLeft = results.alone !== undefined
  const name = names.node(as, isLeft ? 'KSTREAM-LEFTJOIN-' : 'KSTREAM-JOIN-')
  const rows = table.views()
  const buffer = bufferOf(scope, { name, stream, rows, joined })
  const supplier = lookupJoin<K, V, K, Row, VOut>({
    ...results,
    lookup: (context) => lookupIn(rows, context),
    rowKey: (key) => key,
    withoutRowKey: 'null-key',
    buffer,
  })
  const stores = buffer === undefined ? rows.stores : [buffer.store, ...rows.stores]
  builder.addProcessor(name, supplier, [stream.name], stores)
  if (isLeft) scope.nullKeys.acceptedBy(name)
  return {
    name,
    keySerde: asSerde(keySerde) ?? stream.keySerde,
    valueSerde: undefined,
    repartitionRequired: false,
    sources,
  }
}

function lookupIn<K, Row>(
  rows: TableViewSupplier<K, Row>,
  context: Parameters<TableViewSupplier<K, Row>['view']>[0],
): RowLookup<K, Row> {
  const view = rows.view(context)
  return rows.isVersioned
    ? (key, timestampMs) => view.getAsOf?.(key, timestampMs)?.value
    : (key) => view.get(key)?.value
}

interface BufferPlace<K, V, Row> {
  readonly name: string
  readonly stream: StreamNode<K, V>
  readonly rows: TableViewSupplier<K, Row>
  readonly joined: Joined<K, V>
}

function bufferOf<K, V, Row>(
  scope: Scope,
  { name, stream, rows, joined }: BufferPlace<K, V, Row>,
): LookupBuffer<K, V> | undefined {
  const { graceMs, as } = joined
  if (graceMs === undefined) return undefined
  if (!(Number.isSafeInteger(graceMs) && graceMs >= 0)) {
    throw refused(name, `a grace of ${graceMs} ms`, 'Give whole milliseconds, at least 0.')
  }
  if (!rows.isVersioned) {
    const remedy = 'Give the table historyRetentionMs (Materialized), or leave graceMs out.'
    throw refused(name, 'a grace, and the table is not versioned', remedy)
  }
  const historyMs = rows.historyRetentionMs ?? Number.POSITIVE_INFINITY
  if (graceMs > historyMs) {
    const remedy = 'Keep versions for at least the grace (historyRetentionMs).'
    throw refused(name, `a grace of ${graceMs} ms and a history of ${historyMs} ms`, remedy)
  }
  const keySerde = asSerde(joined.keySerde) ?? stream.keySerde
  const valueSerde = asSerde(joined.valueSerde) ?? stream.valueSerde
  if (keySerde === undefined || valueSerde === undefined) {
    throw new StreamsError(
      'TOPOLOGY_JOIN_WITHOUT_SERDE',
      `the ${keySerde === undefined ? 'key' : 'value'} serde of the buffer is not known`,
      { node: name },
      'Give it: join(table, joiner, Joined.with(keySerde, valueSerde, { graceMs })).',
    )
  }
  const store = keyValueStore({
    name: `${name}-Buffer`,
    keySerde: bufferedKeySerde(keySerde),
    valueSerde: bufferedEntrySerde(valueSerde),
  })
  if (as === undefined) scope.names.generated.push(store.name)
  return { store, graceMs }
}

function refused(node: string, what: string, remedy: string): StreamsError {
  return new StreamsError('TOPOLOGY_INVALID_JOIN', what, { node }, remedy)
}
