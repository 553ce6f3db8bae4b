import type { Clock } from '../../clock.ts'
import type { Logger } from '../../logger.ts'
import type { HostInfo } from '../../streams-client-metadata.ts'
import type { Timers } from '../../timers.ts'
import { Position } from '../position.ts'
import { hostsOfPartition } from '../store-layout.ts'
import { type LocalAnswers, localParts } from './local-answers.ts'
import type { PeerClient } from './peer-client.ts'
import type { QueryLimits } from './query-limits.ts'
import type { QueryMeters } from './query-meters.ts'
import { QueryProblem } from './query-problem.ts'
import type { RoutedQuery } from './routed-query.ts'
import type { PartAnswer, PartOutcomes, PartRefusal } from './store-query.ts'

export interface QueryRouterOptions {
  /** host:port of this instance. */
  readonly self: string
  readonly local: LocalAnswers
  readonly peers: PeerClient
  readonly limits: QueryLimits
  readonly clock: Clock
  readonly timers: Timers
  readonly logger: Logger
  readonly meters: QueryMeters
}

/** Somebody who may have a partition; `host` undefined is this instance. */
interface Candidate {
  readonly name: string
  readonly host: HostInfo | undefined
}

const FIRST_RETRY_MS = 20
const LONGEST_RETRY_MS = 250
/** Left to another instance less, so that its own word arrives before time is up here. */
const PEER_MARGIN_MS = 50

/**
 * Finds who has the partitions of a query and asks them: this instance, the owner, and where stale reads are allowed standbys. While tasks move,
 * and while an owner is gone, it looks again until the time of the request is up.
 */
export class QueryRouter {
  readonly #options: QueryRouterOptions
  readonly #unreachableUntilMs = new Map<string, number>()

  constructor(options: QueryRouterOptions) {
    this.#options = options
  }

  /** One answer for each partition. @throws {QueryProblem} */
  async answers(routed: RoutedQuery): Promise<readonly PartAnswer[]> {
    const { clock, meters } = this.#options
    const deadlineMs = clock.monotonicMs() + routed.terms.timeoutMs
    const answers = new Map<number, PartAnswer>()
    const refusals = new Map<number, PartRefusal>()
    let retryMs = FIRST_RETRY_MS
    for (;;) {
      await this.#askAll(routed, { answers, refusals, deadlineMs })
      if (answers.size === routed.partitions.length) return [...answers.values()]
      if (clock.monotonicMs() + retryMs >= deadlineMs) throw worst([...refusals.values()], routed)
      meters.retries.add(1)
      await this.#wait(retryMs)
      retryMs = Math.min(retryMs * 2, LONGEST_RETRY_MS)
    }
  }

  /** Every candidate of every open partition once, the partitions of one instance in one request. */
  async #askAll(routed: RoutedQuery, found: Found): Promise<void> {
    const tried = new Map<number, Set<string>>()
    for (;;) {
      const turn = new Map<string, { candidate: Candidate; partitions: number[]; last: boolean }>()
      for (const partition of routed.partitions) {
        if (found.answers.has(partition)) continue
        const done = tried.get(partition) ?? new Set()
        tried.set(partition, done)
        const [next, ...others] = this.#candidates(routed, partition).filter(
          ({ name }) => !done.has(name),
        )
        if (next === undefined) continue
        done.add(next.name)
        const group = turn.get(next.name) ?? { candidate: next, partitions: [], last: true }
        group.partitions.push(partition)
        turn.set(next.name, { ...group, last: group.last && others.length === 0 })
      }
      if (turn.size === 0 || this.#leftMs(found) <= 0) return
      const outcomes = await Promise.all(
        [...turn.values()].map((group) => this.#ask(routed, group, found)),
      )
      for (const { answers, refusals } of outcomes) {
        for (const answer of answers) found.answers.set(answer.partition, answer)
        for (const refusal of refusals) keepWorse(found.refusals, refusal)
      }
    }
  }

  /** This instance if it has the part, then the owner, then standbys. Who did not answer lately comes last. */
  #candidates({ streams, layout, terms }: RoutedQuery, partition: number): Candidate[] {
    const parts = localParts(streams, layout.spec.name, terms.staleAllowed)
    const here = parts.filter((part) => part.partition === partition)
    const clients = streams.metadataForAllStreamsClients()
    const { activeHost, standbyHosts } = hostsOfPartition(layout, partition, clients)
    const self: Candidate = { name: this.#options.self, host: undefined }
    const isActive = here.some(({ role }) => role === 'active')
    const candidates = isActive ? [self] : []
    const remote = (host: HostInfo) => ({ name: nameOf(host), host })
    if (activeHost !== undefined) candidates.push(remote(activeHost))
    if (terms.staleAllowed) {
      if (here.length > 0 && !isActive) candidates.push(self)
      for (const host of standbyHosts) candidates.push(remote(host))
    }
    // Metadata that names this instance is not asked over the network: what it has was looked for above.
    const others = candidates.filter(({ name, host }) => host === undefined || name !== self.name)
    const nowMs = this.#options.clock.monotonicMs()
    const isDown = ({ name }: Candidate) => (this.#unreachableUntilMs.get(name) ?? 0) > nowMs
    return [...others.filter((one) => !isDown(one)), ...others.filter(isDown)]
  }

  async #ask(
    routed: RoutedQuery,
    group: {
      readonly candidate: Candidate
      readonly partitions: readonly number[]
      readonly last: boolean
    },
    found: Found,
  ): Promise<PartOutcomes> {
    const { host, name } = group.candidate
    const timeoutMs = this.#timeoutMs(routed, group.last, found)
    const terms = { ...routed.terms, timeoutMs }
    const { limits, local, peers, meters } = this.#options
    if (host === undefined) {
      const bytesMax = Math.floor(limits.responseBytesMax / routed.partitions.length)
      const outcomes = await Promise.all(
        group.partitions.map((partition) =>
          local.answer({ ...routed, terms, partition, bytesMax }),
        ),
      )
      return outcomesOf(outcomes)
    }
    meters.forwarded.add(1)
    try {
      const outcomes = await peers.ask(host, { ...routed, terms, partitions: group.partitions })
      this.#unreachableUntilMs.delete(name)
      return outcomes
    } catch (error) {
      return { answers: [], refusals: this.#failed(error, name, routed, group.partitions) }
    }
  }

  /** Somebody else may answer, unless the request itself is at fault. */
  #failed(
    error: unknown,
    name: string,
    { correlationId }: RoutedQuery,
    partitions: readonly number[],
  ): PartRefusal[] {
    if (!(error instanceof QueryProblem)) throw error
    if (error.kind === 'bad-request' || error.kind === 'forbidden') throw error
    const { logger, clock, limits } = this.#options
    const nowMs = clock.monotonicMs()
    if ((this.#unreachableUntilMs.get(name) ?? 0) <= nowMs) {
      const fields = { correlationId, host: name, problem: error.kind, detail: error.message }
      if (error.kind === 'unauthenticated')
        logger.error(fields, 'an instance refuses this one: do they share the query secret?')
      else logger.warn(fields, 'an instance does not answer queries')
    }
    this.#unreachableUntilMs.set(name, nowMs + limits.unreachableForMs)
    return partitions.map((partition) => ({
      partition,
      kind: 'unavailable',
      detail: `partition ${partition}: ${error.message}`,
    }))
  }

  /** An owner that hangs must leave time for standbys. */
  #timeoutMs({ terms }: RoutedQuery, isLast: boolean, found: Found): number {
    const leftMs = this.#leftMs(found)
    if (terms.bound.isEmpty || isLast) {
      const boundMs = terms.bound.isEmpty ? this.#options.limits.peerTimeoutMs : leftMs
      return Math.max(1, Math.floor(Math.min(boundMs, leftMs - PEER_MARGIN_MS)))
    }
    return Math.max(1, Math.floor(leftMs / 2))
  }

  #leftMs({ deadlineMs }: Found): number {
    return deadlineMs - this.#options.clock.monotonicMs()
  }

  #wait(delayMs: number): Promise<void> {
    return new Promise((resolve) => this.#options.timers.after(delayMs, resolve))
  }
}

interface Found {
  readonly answers: Map<number, PartAnswer>
  readonly refusals: Map<number, PartRefusal>
  readonly deadlineMs: number
}

export function outcomesOf(outcomes: readonly (PartAnswer | PartRefusal)[]): PartOutcomes {
  return {
    answers: outcomes.filter((one): one is PartAnswer => 'rows' in one),
    refusals: outcomes.filter((one): one is PartRefusal => 'kind' in one),
  }
}

/** How far somebody got says more than that somebody else is gone. */
function keepWorse(refusals: Map<number, PartRefusal>, refusal: PartRefusal): void {
  const known = refusals.get(refusal.partition)
  if (known?.kind === 'position-not-reached' && refusal.kind !== known.kind) return
  refusals.set(refusal.partition, refusal)
}

function worst(refusals: readonly PartRefusal[], { layout, partitions }: RoutedQuery) {
  const behind = refusals.filter(({ kind }) => kind === 'position-not-reached')
  if (behind.length > 0) {
    const position = behind.reduce(
      (all, one) => all.merge(Position.fromJson(one.position ?? {})),
      Position.empty,
    )
    return new QueryProblem('position-not-reached', behind[0]?.detail ?? '', {
      position: position.toJSON(),
      retryAfterS: 1,
    })
  }
  const detail =
    refusals[0]?.detail ??
    `nobody is known to have partition ${partitions[0]} of ${layout.spec.name}; tasks may be moving`
  return new QueryProblem('unavailable', detail, { retryAfterS: 1 })
}

function nameOf({ host, port }: HostInfo): string {
  return `${host}:${port}`
}
