import { StreamsError } from '../../errors.ts'
import type { Serde } from '../../serde.ts'
import type { KeyValueStoreSpec, WindowStoreSpec } from '../../store.ts'
import { passRecords } from '../operators.ts'
import type { Scope } from '../scope.ts'
import { asSerde } from '../serdes-known.ts'
import { keyValueStore } from '../stores.ts'
import type { StreamNode } from '../stream-node.ts'
import type { JoinWindows } from '../windows/windows.ts'
import type { StreamJoined } from './join-options.ts'
import { joinWindow } from './join-window.ts'
import { placeJoined } from './place-joined.ts'
import { type JoinResults, leftJoinSide, rightJoinSide } from './stream-join-side.ts'
import {
  type UnmatchedEntry,
  type UnmatchedKey,
  unmatchedEntrySerde,
  unmatchedKeySerde,
} from './unmatched-serdes.ts'

export interface StreamStreamJoin<K, L, R, VOut> {
  readonly left: StreamNode<K, L>
  readonly right: StreamNode<K, R>
  readonly windows: JoinWindows
  readonly results: JoinResults<K, L, R, VOut>
  readonly joined: StreamJoined<K, L, R>
}

/** A window for each side, a node for each side's look at the other's window, and one for both's results; named as Kafka Streams names them. */
export function joinStreams<K, L, R, VOut>(
  scope: Scope,
  join: StreamStreamJoin<K, L, R, VOut>,
): StreamNode<K, VOut> {
  const { builder } = scope
  const { windows, results } = join
  const serdes = knownSerdes(join)
  const { left, right } = placedSides(scope, join, serdes)
  const names = joinNames(scope, join)
  const stores = joinStores(scope, join, serdes, names)
  const { leftStore, rightStore, unmatchedStore } = stores
  const plan = { windows, results, ...stores, timeName: names.merge }
  const shared = unmatchedStore === undefined ? [] : [unmatchedStore]
  builder.addProcessor(names.leftWindow, joinWindow(leftStore), [left.name], [leftStore])
  builder.addProcessor(names.rightWindow, joinWindow(rightStore), [right.name], [rightStore])
  builder.addProcessor(
    names.leftJoin,
    leftJoinSide(plan),
    [names.leftWindow],
    [rightStore, ...shared],
  )
  builder.addProcessor(
    names.rightJoin,
    rightJoinSide(plan),
    [names.rightWindow],
    [leftStore, ...shared],
  )
  builder.addProcessor(names.merge, passRecords(), [names.leftJoin, names.rightJoin])
  if (unmatchedStore !== undefined) scope.nullKeys.acceptedBy(names.merge)
  return {
    name: names.merge,
    keySerde: serdes.key,
    valueSerde: undefined,
    repartitionRequired: false,
    sources: [...new Set([...left.sources, ...right.sources])],
  }
}

function placedSides<K, L, R, VOut>(
  scope: Scope,
  { left, right, joined: { as } }: StreamStreamJoin<K, L, R, VOut>,
  serdes: JoinSerdes<K, L, R>,
) {
  const keySerde = serdes.key
  const leftAs = as === undefined ? undefined : `${as}-left`
  const rightAs = as === undefined ? undefined : `${as}-right`
  const sides = {
    left: placeJoined(scope, left, leftAs, { keySerde, valueSerde: serdes.left }),
    right: placeJoined(scope, right, rightAs, { keySerde, valueSerde: serdes.right }),
  }
  scope.builder.addCopartition([...sides.left.sources, ...sides.right.sources])
  return sides
}

interface JoinNames {
  readonly leftWindow: string
  readonly rightWindow: string
  readonly leftJoin: string
  readonly rightJoin: string
  readonly merge: string
  /** Of the stores: the generated names of the nodes, even where the nodes have names of their own. */
  readonly leftStore: string
  readonly rightStore: string
  readonly unmatchedStore: string
}

function joinNames<K, L, R, VOut>(scope: Scope, join: StreamStreamJoin<K, L, R, VOut>): JoinNames {
  const { names } = scope
  const { as, storeName } = join.joined
  const isLeftOuter = join.results.leftAlone !== undefined
  const isRightOuter = join.results.rightAlone !== undefined
  const leftSuffix = isRightOuter ? '-outer-this-join' : '-this-join'
  const rightSuffix = isLeftOuter ? '-outer-other-join' : '-other-join'
  const sharedSuffix = isRightOuter ? '-outer-shared-join' : '-left-shared-join'
  const leftWindow = names.nodeWithSuffix(as, '-this-windowed', 'KSTREAM-WINDOWED-')
  const rightWindow = names.nodeWithSuffix(as, '-other-windowed', 'KSTREAM-WINDOWED-')
  const leftPrefix = isRightOuter ? 'KSTREAM-OUTERTHIS-' : 'KSTREAM-JOINTHIS-'
  const rightPrefix = isLeftOuter ? 'KSTREAM-OUTEROTHER-' : 'KSTREAM-JOINOTHER-'
  const leftGenerated = names.reserve(leftPrefix)
  const rightGenerated = names.reserve(rightPrefix)
  const used = (generated: string, suffix: string) => {
    if (as !== undefined) return `${as}${suffix}`
    names.generated.push(generated)
    return generated
  }
  const shared = `KSTREAM-OUTERSHARED-${leftGenerated.slice(leftPrefix.length)}`
  const stores = {
    leftStore: `${storeName === undefined ? leftGenerated : `${storeName}${leftSuffix}`}-store`,
    rightStore: `${storeName === undefined ? rightGenerated : `${storeName}${rightSuffix}`}-store`,
    unmatchedStore: `${storeName === undefined ? shared : `${storeName}${sharedSuffix}`}-store`,
  }
  return {
    leftWindow,
    rightWindow,
    leftJoin: used(leftGenerated, leftSuffix),
    rightJoin: used(rightGenerated, rightSuffix),
    merge: names.nodeWithSuffix(as, '-merge', 'KSTREAM-MERGE-'),
    ...stores,
  }
}

interface JoinStores<K, L, R> {
  readonly leftStore: WindowStoreSpec<K, L>
  readonly rightStore: WindowStoreSpec<K, R>
  readonly unmatchedStore: KeyValueStoreSpec<UnmatchedKey<K>, UnmatchedEntry<L, R>> | undefined
}

function joinStores<K, L, R, VOut>(
  scope: Scope,
  join: StreamStreamJoin<K, L, R, VOut>,
  serdes: JoinSerdes<K, L, R>,
  names: JoinNames,
): JoinStores<K, L, R> {
  const { beforeMs, afterMs, graceMs } = join.windows
  const { logged = true, persistent = true, storeName } = join.joined
  const windowSizeMs = beforeMs + afterMs
  const retentionMs = windowSizeMs + graceMs
  const window = { kind: 'window', windowSizeMs, retentionMs, retainDuplicates: true } as const
  const common = { ...window, keySerde: serdes.key, logged, persistent }
  const stores = {
    leftStore: { ...common, name: names.leftStore, valueSerde: serdes.left },
    rightStore: { ...common, name: names.rightStore, valueSerde: serdes.right },
    unmatchedStore:
      join.results.leftAlone === undefined
        ? undefined
        : keyValueStore({
            name: names.unmatchedStore,
            keySerde: unmatchedKeySerde(serdes.key),
            valueSerde: unmatchedEntrySerde<L, R>(serdes),
            logged,
            persistent,
          }),
  }
  if (storeName === undefined) {
    for (const store of Object.values(stores)) if (store) scope.names.generated.push(store.name)
  }
  return stores
}

interface JoinSerdes<K, L, R> {
  readonly key: Serde<K>
  readonly left: Serde<L>
  readonly right: Serde<R>
}

function knownSerdes<K, L, R, VOut>(join: StreamStreamJoin<K, L, R, VOut>): JoinSerdes<K, L, R> {
  const { joined, left, right } = join
  const key = asSerde(joined.keySerde) ?? left.keySerde ?? right.keySerde
  return {
    key: known(key, 'keySerde', left.name),
    left: known(asSerde(joined.valueSerde) ?? left.valueSerde, 'valueSerde', left.name),
    right: known(
      asSerde(joined.otherValueSerde) ?? right.valueSerde,
      'otherValueSerde',
      right.name,
    ),
  }
}

function known<T>(serde: Serde<T> | undefined, option: string, node: string): Serde<T> {
  if (serde !== undefined) return serde
  throw new StreamsError(
    'TOPOLOGY_JOIN_WITHOUT_SERDE',
    'a join of streams keeps both, and a serde is not known',
    { node },
    `Give it: join(other, joiner, windows, { ${option} }); operators that change a type forget its serde.`,
  )
}
