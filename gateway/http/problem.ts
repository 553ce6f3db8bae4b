import type { Problem } from '../protocol.ts'

export interface ProblemOptions {
  readonly errors?: readonly { readonly path: string; readonly message: string }[]
  /** Whole seconds, at least 1: the `Retry-After` header. */
  readonly retryAfterS?: number
  readonly headers?: Readonly<Record<string, string>>
  readonly cause?: unknown
  /** Members of the problem beside those of every problem (RFC 9457, 3.2). */
  readonly members?: Readonly<Record<string, unknown>>
}

/** Thrown anywhere below a route and answered as `application/problem+json` (RFC 9457). `kind` is stable, and ends the problem's `type`. */
export class ProblemError extends Error {
  override readonly name = 'ProblemError'
  readonly status: number
  readonly kind: string
  readonly options: ProblemOptions

  constructor(status: number, kind: string, detail: string, options: ProblemOptions = {}) {
    super(detail, options.cause === undefined ? undefined : { cause: options.cause })
    this.status = status
    this.kind = kind
    this.options = options
  }
}

export function toProblem(error: ProblemError, correlationId: string): Problem {
  return {
    type: `urn:orion:problem:${error.kind}`,
    title: STATUS_TEXT[error.status] ?? 'Error',
    status: error.status,
    detail: error.message,
    correlationId,
    ...(error.options.errors === undefined ? {} : { errors: error.options.errors }),
    ...error.options.members,
  }
}

export const STATUS_TEXT: Readonly<Record<number, string>> = {
  200: 'OK',
  201: 'Created',
  202: 'Accepted',
  204: 'No Content',
  304: 'Not Modified',
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  409: 'Conflict',
  413: 'Content Too Large',
  414: 'URI Too Long',
  415: 'Unsupported Media Type',
  422: 'Unprocessable Content',
  426: 'Upgrade Required',
  429: 'Too Many Requests',
  500: 'Internal Server Error',
  503: 'Service Unavailable',
  504: 'Gateway Timeout',
}
