/** What flows between the nodes of a table: the value that holds now, and the one that held before. */
export interface Change<V> {
  readonly newValue: V | undefined
  /** Undefined where nothing held, and where nobody below asked for old values. */
  readonly oldValue: V | undefined
  /** False for an update of a versioned table that is older than the latest: joins and aggregates leave it alone. */
  readonly isLatest: boolean
  /** Of built-in nodes, for those right below them. */
  readonly encoded?: EncodedChange
}

/** Values of a change as a store's serde has just written and read them. */
export interface EncodedChange {
  /** What can read the bytes. */
  readonly serde: unknown
  /** Whose bytes they are: of any other value they say nothing. */
  readonly newValue: unknown
  readonly newBytes: Uint8Array
  readonly oldValue: unknown
  readonly oldBytes: Uint8Array | undefined
}
