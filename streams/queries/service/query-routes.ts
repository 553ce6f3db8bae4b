import type { StoreSpec } from '../../store.ts'
import { Position } from '../position.ts'
import { hostsOfPartition, type KeyQueryMetadata, type StoreLayout } from '../store-layout.ts'
import type { Cursors } from './cursors.ts'
import type { LocalAnswers } from './local-answers.ts'
import { mergeParts } from './merge-parts.ts'
import type { QueryAuthorizer, QueryPrincipal } from './query-access.ts'
import type { QueryLimits } from './query-limits.ts'
import type { QueryMeters } from './query-meters.ts'
import { QueryProblem } from './query-problem.ts'
import { type QueryOperation, QueryRequests } from './query-request.ts'
import { outcomesOf, type QueryRouter } from './query-router.ts'
import type { QueryableStreams } from './queryable-streams.ts'
import {
  type PartAnswer,
  type PartOutcomes,
  PartRequest,
  type StoreQueryRow,
} from './store-query.ts'

export interface QueryAnswer {
  readonly store: string
  readonly rows: readonly StoreQueryRow[]
  /** There are more rows. Of a scan `cursor` leads to them; of windows a later `fromMs` does. */
  readonly more: boolean
  readonly cursor?: string
  /** A standby has answered for some partition. */
  readonly stale: boolean
  /** What the answer reflects of the store's inputs: as a `positionBound` it makes later answers reflect at least as much. */
  readonly position: ReturnType<Position['toJSON']>
  readonly parts: readonly Omit<PartAnswer, 'rows' | 'end'>[]
}

/** Of one store: as `GET .../stores/<store>` tells it. */
export interface StoreMetadata {
  readonly store: string
  readonly kind: StoreSpec['kind']
  readonly isGlobal: boolean
  /** What its positions speak of. */
  readonly inputTopics: readonly string[]
  readonly partitions: readonly KeyQueryMetadata[]
}

/** Who is asked what, in which store. */
export interface StoreRequest {
  readonly streams: QueryableStreams
  readonly store: string
  readonly principal: QueryPrincipal
  readonly correlationId: string
}

export interface QueryRoutesOptions {
  readonly authorizer: QueryAuthorizer
  readonly router: QueryRouter
  readonly local: LocalAnswers
  readonly limits: QueryLimits
  readonly cursors: Cursors
  readonly meters: QueryMeters
}

/** What the routes of a query server do, once it is known who asks. Store and key are checked here, rows where they are read. */
export class QueryRoutes {
  readonly #options: QueryRoutesOptions
  readonly #requests: QueryRequests

  constructor(options: QueryRoutesOptions) {
    this.#options = options
    this.#requests = new QueryRequests(options.limits, options.cursors)
  }

  /** Applications and stores that the caller may read. */
  catalogue(all: readonly QueryableStreams[], principal: QueryPrincipal) {
    const { authorizer } = this.#options
    return {
      applications: all.flatMap((streams) => {
        const { applicationId } = streams
        const stores = [...streams.storeLayouts().values()].flatMap((layout) => {
          const { name: store, kind } = layout.spec
          if (!authorizer.mayRead(principal, { applicationId, store })) return []
          return [{ name: store, kind, partitions: layout.partitionCount }]
        })
        return stores.length === 0 ? [] : [{ applicationId, state: streams.state(), stores }]
      }),
    }
  }

  /** Who has what of a store. */
  metadata(request: StoreRequest): StoreMetadata {
    const { streams, store } = request
    const layout = this.#layout(request)
    const clients = streams.metadataForAllStreamsClients()
    const { kind } = layout.spec
    const partitions = Array.from({ length: layout.partitionCount }, (_, partition) =>
      hostsOfPartition(layout, partition, clients),
    )
    return { store, kind, isGlobal: layout.isGlobal, inputTopics: layout.inputTopics, partitions }
  }

  async query(
    operation: QueryOperation,
    request: StoreRequest,
    body: unknown,
  ): Promise<QueryAnswer> {
    const { router, cursors, meters } = this.#options
    const { store } = request
    const layout = this.#layout(request)
    const { query, partitions, terms, ...rest } = this.#requests.read(operation, layout, body)
    if ('key' in rest) this.#requireKey(request, rest.key)
    const answers = await router.answers({ ...request, layout, query, partitions, terms })
    const limit = 'limit' in query ? query.limit : Number.POSITIVE_INFINITY
    const { rows, place } = mergeParts(answers, limit)
    const parts = answers.map(({ rows: _rows, end: _end, ...part }) => part)
    const stale = parts.some(({ role }) => role === 'standby')
    meters.rows.add(rows.length)
    if (stale) meters.stale.add(1)
    const cursor = query.operation === 'scan' ? place : undefined
    return {
      store,
      rows,
      more: place !== undefined,
      ...(cursor && { cursor: cursors.write(cursor, `${store}/${operation}`) }),
      stale,
      position: parts
        .reduce((all, part) => all.merge(Position.fromJson(part.position)), Position.empty)
        .toJSON(),
      parts: parts.sort((a, b) => a.partition - b.partition),
    }
  }

  /** For another instance: from local stores only, whoever asks. */
  async parts(request: StoreRequest, body: unknown): Promise<PartOutcomes> {
    const { local, limits } = this.#options
    const layout = this.#layout(request)
    const parsed = PartRequest.safeParse(body)
    if (!parsed.success)
      throw new QueryProblem('bad-request', 'an instance of another version has asked')
    const { query, partitions, staleAllowed, positionBound, timeoutMs } = parsed.data
    if ('key' in query)
      this.#requireKey(
        request,
        layout.spec.keySerde.deserialize(layout.topic, Buffer.from(query.key, 'base64')),
      )
    const terms = {
      staleAllowed,
      bound: positionBound,
      timeoutMs: Math.min(timeoutMs, limits.requestTimeoutMs),
    }
    const bytesMax = Math.floor(limits.responseBytesMax / partitions.length)
    const question = { ...request, layout, query, terms, bytesMax }
    return outcomesOf(
      await Promise.all(partitions.map((partition) => local.answer({ ...question, partition }))),
    )
  }

  /** The store is only said not to exist to who might read it. */
  #layout({ streams, store, principal }: StoreRequest): StoreLayout {
    const { applicationId } = streams
    if (!this.#options.authorizer.mayRead(principal, { applicationId, store }))
      throw new QueryProblem('forbidden', `You may not read the store ${store}.`)
    const layouts = streams.storeLayouts()
    const layout = layouts.get(store)
    if (layout !== undefined) return layout
    if (layouts.size === 0 && streams.state() !== 'RUNNING')
      throw new QueryProblem('unavailable', `${applicationId} is starting.`, { retryAfterS: 1 })
    const names = [...layouts.keys()].join(', ')
    throw new QueryProblem('not-found', `There is no store ${store}; there are ${names}.`)
  }

  #requireKey({ streams, store, principal }: StoreRequest, key: unknown): void {
    const { applicationId } = streams
    if (this.#options.authorizer.mayRead(principal, { applicationId, store, key })) return
    throw new QueryProblem('forbidden', `You may not read this key of ${store}.`)
  }
}
