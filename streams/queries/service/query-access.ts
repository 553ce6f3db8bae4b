/** Who asks. Plain data: it travels from instance to instance in a signed token. */
export interface QueryPrincipal {
  readonly user: string
  readonly tenant: string
  readonly roles: readonly string[]
  /** What else the caller may see, in the words of the application. */
  readonly entitlements: readonly string[]
}

export interface QueryResource {
  readonly applicationId: string
  readonly store: string
  /** Decoded; absent when the question is whether the store may be read at all. */
  readonly key?: unknown
}

/** Decides who asks and what they may see; brought by the composition root. Both are asked on every request, of every row. */
export interface QueryAuthorizer {
  /** The caller of a bearer credential; undefined where it is not valid, or no longer. */
  authenticate(credential: string): QueryPrincipal | undefined | Promise<QueryPrincipal | undefined>
  /** Whether the caller may read the store or, where a key is named, what lies under that key. Rows that are refused are left out of scans. */
  mayRead(principal: QueryPrincipal, resource: QueryResource): boolean
}
