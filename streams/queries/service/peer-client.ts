import type { Clock } from '../../clock.ts'
import type { HostInfo } from '../../streams-client-metadata.ts'
import type { JsonClient } from './http-json.ts'
import type { PeerTokens } from './peer-token.ts'
import { QueryProblem } from './query-problem.ts'
import type { RoutedQuery } from './routed-query.ts'
import { type PartOutcomes, PartOutcomesJson } from './store-query.ts'

export const PEER_SCHEME = 'Orion-Peer'

/** More than the other needs for itself, so that what it says of a position arrives. */
const GRACE_MS = 50

/** Asks another instance for parts of a store, in the name of a caller. */
export class PeerClient {
  readonly #json: JsonClient
  readonly #tokens: PeerTokens
  readonly #clock: Clock

  constructor(json: JsonClient, tokens: PeerTokens, clock: Clock) {
    this.#json = json
    this.#tokens = tokens
    this.#clock = clock
  }

  /** @throws {QueryProblem} */
  async ask(host: HostInfo, routed: RoutedQuery): Promise<PartOutcomes> {
    const { streams, layout, query, partitions, terms, principal, correlationId } = routed
    const path = partsPath(streams.applicationId, layout.spec.name)
    const body = JSON.stringify({
      query,
      partitions,
      staleAllowed: terms.staleAllowed,
      positionBound: terms.bound,
      timeoutMs: terms.timeoutMs,
    })
    const to = `${host.host}:${host.port}`
    const token = this.#tokens.sign({ to, path, body }, principal, this.#clock.nowMs())
    const answer = await this.#json.call({
      host,
      method: 'POST',
      path,
      body,
      authorization: `${PEER_SCHEME} ${token}`,
      correlationId,
      timeoutMs: terms.timeoutMs + GRACE_MS,
    })
    const outcomes = PartOutcomesJson.safeParse(answer)
    if (outcomes.success) return outcomes.data
    throw new QueryProblem(
      'unavailable',
      `${to} answers what is not understood: is it of another version?`,
    )
  }
}

function partsPath(applicationId: string, store: string): string {
  return `/queries/v1/${encodeURIComponent(applicationId)}/stores/${encodeURIComponent(store)}/parts`
}
