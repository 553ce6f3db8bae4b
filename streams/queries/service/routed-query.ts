import type { StoreLayout } from '../store-layout.ts'
import type { QueryPrincipal } from './query-access.ts'
import type { QueryableStreams } from './queryable-streams.ts'
import type { ReadTerms, StoreQuery } from './store-query.ts'

/** A query with all that is needed to find who answers it. */
export interface RoutedQuery {
  readonly streams: QueryableStreams
  readonly layout: StoreLayout
  readonly query: StoreQuery
  readonly partitions: readonly number[]
  readonly terms: ReadTerms
  readonly principal: QueryPrincipal
  readonly correlationId: string
}
