import type { PositionJson } from '../position.ts'

/** Why a query has no answer; stable, the end of the problem's `type`. */
export type QueryProblemKind =
  | 'bad-request'
  | 'unauthenticated'
  | 'forbidden'
  | 'not-found'
  | 'method-not-allowed'
  | 'body-too-large'
  | 'not-here'
  | 'rate-limited'
  | 'too-busy'
  | 'unavailable'
  | 'position-not-reached'
  | 'internal'

const STATUS: Readonly<Record<QueryProblemKind, number>> = {
  'bad-request': 400,
  unauthenticated: 401,
  forbidden: 403,
  'not-found': 404,
  'method-not-allowed': 405,
  'body-too-large': 413,
  'not-here': 421,
  'rate-limited': 429,
  'too-busy': 503,
  unavailable: 503,
  'position-not-reached': 503,
  internal: 500,
}

interface QueryProblemDetails {
  /** How far the store is, where it has not reached the asked position. */
  readonly position?: PositionJson
  readonly retryAfterS?: number
  readonly cause?: unknown
}

/** As RFC 9457 lays it out. */
export interface QueryProblemJson {
  readonly type: string
  readonly title: string
  readonly status: number
  readonly detail: string
  readonly correlationId: string
  readonly position?: PositionJson
}

/** Thrown anywhere below a request and answered as `application/problem+json`; a client throws it again. */
export class QueryProblem extends Error {
  override readonly name = 'QueryProblem'
  readonly kind: QueryProblemKind
  readonly details: QueryProblemDetails

  constructor(kind: QueryProblemKind, detail: string, details: QueryProblemDetails = {}) {
    super(detail, details.cause === undefined ? undefined : { cause: details.cause })
    this.kind = kind
    this.details = details
  }

  get status(): number {
    return STATUS[this.kind]
  }

  toJson(correlationId: string): QueryProblemJson {
    const { position } = this.details
    return {
      type: `urn:orion:query-problem:${this.kind}`,
      title: this.kind.replaceAll('-', ' '),
      status: this.status,
      detail: this.message,
      correlationId,
      ...(position === undefined ? {} : { position }),
    }
  }
}

export function isQueryProblemKind(text: string): text is QueryProblemKind {
  return Object.hasOwn(STATUS, text)
}
