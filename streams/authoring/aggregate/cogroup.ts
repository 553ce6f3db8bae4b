import type { ProcessorSupplier } from '../../processor.ts'
import type { StoreSpec } from '../../store.ts'
import type { Scope } from '../scope.ts'
import type { Aggregator } from './fold.ts'
import type { GroupNode, PlacedGroup } from './group.ts'
import { placeGroup } from './place-group.ts'

// biome-ignore-start lint/suspicious/noExplicitAny: groups of unrelated values share a list; each came with an adder of its type
/** A group of a stream, and how its values are added to the aggregate that it shares with other groups. */
export interface CogroupPart<K, A> {
  readonly group: GroupNode<K, any>
  readonly adder: Aggregator<K, any, A>
}

export interface CogroupOptions<K, A> {
  readonly parts: readonly CogroupPart<K, A>[]
  /** All parts keep their rows in it. */
  readonly store: StoreSpec
  readonly as: string | undefined
  readonly supplierOf: (part: CogroupPart<K, A>) => ProcessorSupplier<any, any, any, any>
  /** The node that the changes of all parts come out of. */
  readonly merge: ProcessorSupplier<any, any, any, any>
}
// biome-ignore-end lint/suspicious/noExplicitAny: as above

/** The parts in the order in which their groups first came. */
export function withPart<K, A>(
  parts: readonly CogroupPart<K, A>[],
  part: CogroupPart<K, A>,
): readonly CogroupPart<K, A>[] {
  const isKnown = parts.some((each) => each.group === part.group)
  return isKnown ? parts.map((each) => (each.group === part.group ? part : each)) : [...parts, part]
}

/**
 * Adds the nodes of an aggregate of several groups: repartitions where they are needed, a processor a group, and the node that their
 * changes come out of, which is the answer. Call it when the name of the store is taken.
 */
export function addCogroup<K, A>(scope: Scope, options: CogroupOptions<K, A>): PlacedGroup {
  const { builder, names } = scope
  const { parts, store, as } = options
  const placed = parts.map((part) => ({
    part,
    at: placeGroup(scope, part.group, store.name),
  }))
  const sources = [...new Set(placed.flatMap(({ at }) => at.sources))]
  builder.addCopartition(sources)
  const processors = placed.map(({ part, at }, index) => {
    const name = names.nodeWithSuffix(as, `-cogroup-agg-${index}`, 'COGROUPKSTREAM-AGGREGATE-')
    builder.addProcessor(name, options.supplierOf(part), [at.name], [store])
    return name
  })
  const merge = names.nodeWithSuffix(as, '-cogroup-merge', 'COGROUPKSTREAM-MERGE-')
  builder.addProcessor(merge, options.merge, processors)
  return { name: merge, sources }
}
