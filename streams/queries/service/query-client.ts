import { type Clock, systemClock } from '../../clock.ts'
import type { HostInfo } from '../../streams-client-metadata.ts'
import { systemTimers, type Timers } from '../../timers.ts'
import type { PositionJson } from '../position.ts'
import { JsonClient } from './http-json.ts'
import { QueryProblem } from './query-problem.ts'
import type { QueryOperation } from './query-request.ts'
import type { QueryAnswer, StoreMetadata } from './query-routes.ts'

export interface QueryClientOptions {
  /** Instances of the application; any of them routes. The one that answered last is asked, the others in turn where it does not answer. */
  readonly hosts: readonly HostInfo[]
  readonly applicationId: string
  /** The bearer credential, asked at every request. */
  readonly credential: () => string
  /** Longest wait for one instance, in ms. Default 6,000, more than a server takes. */
  readonly timeoutMs?: number
  readonly responseBytesMax?: number
  readonly timers?: Timers
  readonly clock?: Clock
}

/** Terms that every query takes. */
export interface QueryTerms {
  /** `allowed`: a standby may answer. Default `refused`. */
  readonly stale?: 'refused' | 'allowed'
  /** The answer has to reflect at least this of the store's inputs: read-your-writes. */
  readonly positionBound?: PositionJson
  /** For the whole call, whoever is asked. Without it each instance takes its own time. */
  readonly timeoutMs?: number
  /** Where the key was not partitioned by its own bytes. */
  readonly partition?: number
}

export interface ScanTerms extends QueryTerms {
  readonly limit?: number
  /** Of the page before. */
  readonly cursor?: string
}

export interface TimeTerms extends QueryTerms {
  readonly fromMs?: number
  readonly toMs?: number
  readonly limit?: number
}

/**
 * Asks query servers of an application. Keys are JSON as the store's serde takes them.
 *
 * @example
 * const client = new QueryClient({ hosts: [{ host: 'orion-1', port: 7400 }], applicationId: 'totals', credential: () => token })
 * const { rows, position } = await client.get('totals', 'EURUSD', { stale: 'allowed' })
 */
export class QueryClient {
  readonly #options: QueryClientOptions
  readonly #json: JsonClient
  readonly #clock: Clock
  /** Who did not answer stands behind those that may. */
  #hosts: readonly HostInfo[]

  constructor(options: QueryClientOptions) {
    this.#options = options
    this.#clock = options.clock ?? systemClock
    this.#hosts = options.hosts
    this.#json = new JsonClient({
      timers: options.timers ?? systemTimers,
      responseBytesMax: options.responseBytesMax ?? 128 * 1024 * 1024,
    })
  }

  /** @throws {QueryProblem} as every method: what the server says, or `unavailable` when no instance answers */
  get(store: string, key: unknown, terms: QueryTerms = {}): Promise<QueryAnswer> {
    return this.#query(store, 'get', { ...terms, key })
  }

  /** The version that holds now, or the one that held at `asOfMs`. */
  getVersion(
    store: string,
    key: unknown,
    terms: QueryTerms & { readonly asOfMs?: number } = {},
  ): Promise<QueryAnswer> {
    return this.#query(store, 'versioned', { ...terms, key })
  }

  /** Keys from `from` to `to`, both inclusive, over all partitions, in byte order of the serialised key. */
  range(
    store: string,
    bounds: { readonly from?: unknown; readonly to?: unknown },
    terms: ScanTerms = {},
  ): Promise<QueryAnswer> {
    return this.#query(store, 'range', { ...terms, ...bounds })
  }

  prefixScan(store: string, prefix: string, terms: ScanTerms = {}): Promise<QueryAnswer> {
    return this.#query(store, 'prefix', { ...terms, prefix })
  }

  all(store: string, terms: ScanTerms = {}): Promise<QueryAnswer> {
    return this.#query(store, 'all', terms)
  }

  /** Windows of a key whose start lies in [fromMs, toMs]. */
  fetchWindows(store: string, key: unknown, terms: TimeTerms = {}): Promise<QueryAnswer> {
    return this.#query(store, 'window', { ...terms, key })
  }

  /** Sessions of a key that overlap [fromMs, toMs]. */
  fetchSessions(store: string, key: unknown, terms: TimeTerms = {}): Promise<QueryAnswer> {
    return this.#query(store, 'session', { ...terms, key })
  }

  /** How far each partition is; without rows. */
  positions(store: string, terms: QueryTerms = {}): Promise<QueryAnswer> {
    return this.#query(store, 'positions', terms)
  }

  /** What kind of store it is, and who has its partitions. */
  async metadata(store: string): Promise<StoreMetadata> {
    return (await this.#askInTurn({ store, terms: {} }, undefined)) as StoreMetadata
  }

  close(): void {
    this.#json.close()
  }

  async #query<T extends QueryTerms>(
    store: string,
    operation: QueryOperation,
    { timeoutMs, ...terms }: T,
  ): Promise<QueryAnswer> {
    // The server is the same program; what it answers is shaped by `QueryRoutes`.
    return (await this.#askInTurn({ store, operation, terms }, timeoutMs)) as QueryAnswer
  }

  async #askInTurn(question: Question, timeoutMs: number | undefined): Promise<unknown> {
    const deadlineMs = this.#clock.monotonicMs() + (timeoutMs ?? Number.POSITIVE_INFINITY)
    let failure: unknown = new QueryProblem('unavailable', 'no instance is known')
    for (const host of this.#hosts) {
      try {
        return await this.#ask(host, question, deadlineMs)
      } catch (error) {
        failure = error
        const isElsewhere = error instanceof QueryProblem && ELSEWHERE.has(error.kind)
        if (!isElsewhere) throw error
        this.#hosts = [...this.#hosts.filter((one) => one !== host), host]
        if (this.#clock.monotonicMs() >= deadlineMs) break
      }
    }
    throw failure
  }

  #ask(host: HostInfo, question: Question, deadlineMs: number): Promise<unknown> {
    const { applicationId, credential, timeoutMs = 6_000 } = this.#options
    const { store, operation, terms } = question
    const path = `/queries/v1/${encodeURIComponent(applicationId)}/stores/${encodeURIComponent(store)}`
    const leftMs = Math.max(1, Math.floor(deadlineMs - this.#clock.monotonicMs()))
    const isBounded = Number.isFinite(leftMs)
    const call = {
      host,
      authorization: `Bearer ${credential()}`,
      timeoutMs: isBounded ? Math.min(timeoutMs, leftMs + GRACE_MS) : timeoutMs,
    }
    if (operation === undefined) return this.#json.call({ ...call, method: 'GET', path })
    const body = JSON.stringify(isBounded ? { ...terms, timeoutMs: leftMs } : terms)
    return this.#json.call({ ...call, method: 'POST', path: `${path}/${operation}`, body })
  }
}

interface Question {
  readonly store: string
  /** None: who has what of it. */
  readonly operation?: QueryOperation
  readonly terms: object
}

/** More than an instance is given, so that what it says of its store arrives. */
const GRACE_MS = 250
const ELSEWHERE: ReadonlySet<QueryProblem['kind']> = new Set(['unavailable', 'too-busy'])
