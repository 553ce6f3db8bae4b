/** Joins two records, or a record with a row. The key may be read, not changed. */
export type Joiner<K, V, VOther, VOut> = (
  value: NonNullable<V>,
  other: NonNullable<VOther>,
  key: K,
) => VOut

/** As `Joiner`; the other is undefined where there was none. */
export type LeftJoiner<K, V, VOther, VOut> = (
  value: NonNullable<V>,
  other: NonNullable<VOther> | undefined,
  key: K,
) => VOut

/** As `Joiner`; one of the two is undefined where there was no partner. */
export type OuterJoiner<K, V, VOther, VOut> = (
  value: NonNullable<V> | undefined,
  other: NonNullable<VOther> | undefined,
  key: K,
) => VOut

/** Says which row of a global table a record is joined with; undefined: none. */
export type RowKeyMapper<K, V, KRow> = (key: K, value: NonNullable<V>) => KRow | undefined
