import type { Serde } from '../../serde.ts'
import type { WindowedKey } from '../../store.ts'
import { addCogroup, type CogroupPart } from '../aggregate/cogroup.ts'
import type { Fold } from '../aggregate/fold.ts'
import type { GroupNode } from '../aggregate/group.ts'
import { placeGroup } from '../aggregate/place-group.ts'
import type { TableResult } from '../options.ts'
import type { Scope } from '../scope.ts'
import type { TableNode } from '../table/table-node.ts'
import { type EmitStrategy, EmitStrategy as strategies } from './emit-strategy.ts'
import type { WindowedParts, WindowedPartsOptions } from './window-nodes.ts'
import { windowedChanges } from './window-updates.ts'
import { windowedPartsOptions } from './windowed-options.ts'
import { windowedTableNode } from './windowed-table.ts'

export interface WindowedAggregate<K, V, A, F extends Fold<K, V, A>> {
  /** `KSTREAM-AGGREGATE-` or `KSTREAM-REDUCE-`. */
  readonly prefix: string
  readonly group: GroupNode<K, V>
  readonly emit: EmitStrategy
  readonly options: TableResult<K, A>
  /** Where the options do not say. */
  readonly valueSerde: Serde<A> | undefined
  readonly fold: F
  readonly partsOf: (options: WindowedPartsOptions<K, A>) => WindowedParts<K, V, A, F>
}

/** Adds the node and the store of a windowed aggregate, named and numbered as Kafka Streams does. */
export function addWindowedAggregate<K, V, A, F extends Fold<K, V, A>>(
  scope: Scope,
  aggregate: WindowedAggregate<K, V, A, F>,
): TableNode<WindowedKey<K>, A> {
  const { prefix, group, emit, options, fold, valueSerde } = aggregate
  const { builder, names } = scope
  const given = options.materialized?.as ?? options.as
  const storeName = names.store(given, prefix)
  const { keySerde } = group
  const isPart = false
  const made = windowedPartsOptions({ storeName, options, emit, isPart, keySerde, valueSerde })
  const parts = aggregate.partsOf(made)
  const name = names.node(options.as, prefix)
  const placed = placeGroup(scope, group, storeName)
  builder.addProcessor(name, parts.supplier(fold), [placed.name], [parts.store])
  const at = { name, sources: placed.sources, storeName: given }
  return windowedTableNode({ ...at, parts, made })
}

export interface WindowedCogroup<K, A, F> {
  readonly parts: readonly CogroupPart<K, A>[]
  readonly options: TableResult<K, A>
  readonly foldOf: (part: CogroupPart<K, A>) => F
  // biome-ignore lint/suspicious/noExplicitAny: groups of unrelated values share a store; each came with an adder of its type
  readonly partsOf: (options: WindowedPartsOptions<K, A>) => WindowedParts<K, any, A, any>
}

/** As `addWindowedAggregate`, of several groups. Every update comes out: Kafka Streams has no other emission here. */
export function addWindowedCogroup<K, A, F>(
  scope: Scope,
  { parts: groups, options, foldOf, partsOf }: WindowedCogroup<K, A, F>,
): TableNode<WindowedKey<K>, A> {
  const given = options.materialized?.as ?? options.as
  const storeName = scope.names.store(given, 'COGROUPKSTREAM-AGGREGATE-')
  const made = windowedPartsOptions<K, A>({
    storeName,
    options,
    emit: strategies.onWindowUpdate(),
    isPart: true,
    keySerde: groups[0]?.group.keySerde,
    valueSerde: undefined,
  })
  const parts = partsOf(made)
  const { name, sources } = addCogroup(scope, {
    parts: groups,
    store: parts.store,
    as: options.as,
    supplierOf: (part) => parts.supplier(foldOf(part)),
    merge: windowedChanges<K, A>(parts.updates),
  })
  return windowedTableNode({ name, sources, storeName: given, parts, made })
}
