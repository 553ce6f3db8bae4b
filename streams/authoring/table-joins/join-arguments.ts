import type { Scope } from '../scope.ts'
import type { RowsIn } from '../table/derived-options.ts'
import type { TableNode } from '../table/table-node.ts'
import { joinByForeignKey } from './foreign-key/join-by-foreign-key.ts'
import type { ForeignKeyJoinIn } from './foreign-key/table-joined.ts'
import type { TableJoinKind } from './join-side.ts'
import { joinTables } from './join-tables.ts'

interface JoinedTable<K, V> {
  readonly node: TableNode<K, V>
}

/** What the compiler let a joiner take; it is called with sides missing only where the kind of join allows it. */
// biome-ignore lint/suspicious/noExplicitAny: the overloads that callers see checked the joiner against its kind
type Joiner<R> = (left: any, right: any) => R | undefined

/** Of a join by key, and of one by foreign key. */
export type JoinArguments<K, V, KOther, VOther, R> =
  | readonly [other: JoinedTable<K, VOther>, joiner: Joiner<R>, options?: RowsIn<K, R> | undefined]
  | readonly [
      other: JoinedTable<KOther, VOther>,
      foreignKeyOf: (key: K, value: V) => KOther | undefined,
      joiner: Joiner<R>,
      options: ForeignKeyJoinIn<K, V, KOther, VOther, R>,
    ]

/** Adds the join that the arguments ask for: by key, or, with one function more, by foreign key. */
export function addTableJoin<K, V, KOther, VOther, R>(
  scope: Scope,
  kind: TableJoinKind,
  left: TableNode<K, V>,
  args: JoinArguments<K, V, KOther, VOther, R>,
): TableNode<K, R> {
  if (isByKey(args)) {
    const [{ node: right }, joiner, options = {}] = args
    return joinTables(scope, { kind, left, right, joiner, options })
  }
  const [{ node: right }, foreignKeyOf, joiner, options] = args
  const isLeftJoin = kind === 'left'
  return joinByForeignKey(scope, { isLeftJoin, left, right, foreignKeyOf, joiner, options })
}

function isByKey<K, V, KOther, VOther, R>(
  args: JoinArguments<K, V, KOther, VOther, R>,
): args is readonly [JoinedTable<K, VOther>, Joiner<R>, (RowsIn<K, R> | undefined)?] {
  return typeof args[2] !== 'function'
}
