import type { Clock, Counter, Logger, Metrics } from '#streams'
import type { Principal } from '../identity/principal.ts'
import type { Incoming } from './incoming.ts'
import type { Route } from './route.ts'
import { TokenBucket } from './token-bucket.ts'

export interface AnsweredRequest {
  readonly incoming: Incoming
  /** Undefined for a path that is no route. */
  readonly route: Route | undefined
  /** Undefined when no token was asked for, or none was valid. */
  readonly principal: Principal | undefined
  readonly status: number
  readonly durationMs: number
}

/** Refused requests logged a second, and at once: a flood of them must not become a flood of lines. */
const REFUSED = { perS: 50, burst: 500 }

/** One line for each request that changes something or fails. */
export class RequestLog {
  readonly #clock: Clock
  readonly #logger: Logger
  readonly #refused: TokenBucket
  readonly #left: Counter

  constructor(options: {
    readonly clock: Clock
    readonly logger: Logger
    readonly metrics: Metrics
  }) {
    this.#clock = options.clock
    this.#logger = options.logger
    this.#refused = new TokenBucket(REFUSED, options.clock.monotonicMs())
    this.#left = options.metrics.counter(
      'orion_gateway_request_log_left_out_total',
      'Refused requests (4xx) without a log line, as too many came at once.',
    )
  }

  note({ incoming, route, principal, status, durationMs }: AnsweredRequest): void {
    const { correlationId, method } = incoming
    const failed = status >= 400
    if (!failed && READS.has(method)) return
    if (failed && status < 500 && this.#refused.take(this.#clock.monotonicMs()) > 0) {
      this.#left.add(1)
      return
    }
    const fields = {
      method: KNOWN_METHODS.has(method) ? method : 'other',
      route: route?.path ?? 'none',
      status,
      durationMs: Math.round(durationMs * 10) / 10,
      ...(principal === undefined ? {} : { tenantId: principal.tenant, user: principal.user }),
      correlationId,
    }
    // A probe that is told "not ready" is answered as it should be, every few seconds.
    if (route?.unlimited === true) this.#logger.debug(fields, MESSAGE)
    else if (status >= 500) this.#logger.warn(fields, MESSAGE)
    else this.#logger.info(fields, MESSAGE)
  }
}

const MESSAGE = 'gateway: request'
const READS = new Set(['GET', 'HEAD', 'OPTIONS'])
export const KNOWN_METHODS: ReadonlySet<string> = new Set([
  ...READS,
  'POST',
  'PUT',
  'PATCH',
  'DELETE',
])
