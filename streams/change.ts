/** What flows between the nodes of a table: the value that holds now, and the one that held before. */
export interface Change<V> {
  readonly newValue: V | undefined
  /** Undefined where nothing held, and where nobody below asked for old values. */
  readonly oldValue: V | undefined
  /** False for an update of a versioned table that is older than the latest: joins and aggregates leave it alone. */
  readonly isLatest: boolean
}
