import type { Named, SinkSerde } from '../../options.ts'
import type { SerdesKnown, SerdesNeeded } from '../../serdes-known.ts'
import type { RemappedOptions, RowsIn } from '../../table/derived-options.ts'

/**
 * How a foreign-key join goes through its two topics. `as` names them, with the nodes and the store of subscriptions. A table whose topic was not
 * placed by murmur2 of the key has to be matched by a partitioner of its own; both must be the same for equal keys.
 */
export interface TableJoined<K, KOther> extends Named {
  /** Places answers by the left key; default: on the partition that the left row came from. */
  readonly partitioner?: (key: K, partitionCount: number) => number
  /** Places subscriptions by the foreign key, as the other table is placed; default: murmur2 of the key's bytes. */
  readonly otherPartitioner?: (foreignKey: KOther, partitionCount: number) => number
}

export const TableJoined = {
  as<K, KOther>(name: string): TableJoined<K, KOther> {
    return { as: name }
  },
  with<K, KOther>(
    partitioner: (key: K, partitionCount: number) => number,
    otherPartitioner: (foreignKey: KOther, partitionCount: number) => number,
    options: Named = {},
  ): TableJoined<K, KOther> {
    return { ...options, partitioner, otherPartitioner }
  },
}

/** Serdes of one of the tables, to be given as far as the table does not know them. */
type SerdesOfTable<Table extends string, K, V, S extends SerdesKnown> = [SerdesKnown] extends [S]
  ? { readonly [T in Table]?: SerdesNeeded<K, V, S> }
  : { readonly [T in Table]: SerdesNeeded<K, V, S> }

/** A table of the join, for the compiler: key, value, and which of its serdes are known. */
type TableTypes = readonly [key: unknown, value: unknown, serdes: SerdesKnown]

/**
 * Options of a foreign-key join: the serde of its results, for their store under a name or for whoever reads them later; and those of the
 * tables' keys and values, which cross topics, as far as the tables do not know them.
 */
export type ForeignKeyJoinOptions<L extends TableTypes, F extends TableTypes, R> = RemappedOptions<
  L[0],
  R,
  SerdesKnown
> &
  TableJoined<L[0], F[0]> &
  SerdesOfTable<'left', L[0], L[1], L[2]> &
  SerdesOfTable<'right', F[0], F[1], F[2]>

/** The options of all foreign-key joins, for the code behind the signatures. */
export interface ForeignKeyJoinIn<K, V, KOther, VOther, R>
  extends RowsIn<K, R>,
    TableJoined<K, KOther> {
  readonly left?: { readonly keySerde?: SinkSerde<K>; readonly valueSerde?: SinkSerde<V> }
  readonly right?: {
    readonly keySerde?: SinkSerde<KOther>
    readonly valueSerde?: SinkSerde<VOther>
  }
}
