import type { HttpRequest, HttpResponse } from 'uWebSockets.js'

/** What is kept of a request: uWebSockets' own object is gone when the handler returns. */
export interface Incoming {
  readonly method: string
  readonly path: string
  readonly rawQuery: string
  readonly clientAddress: string
  readonly authorization: string
  readonly contentType: string
  readonly acceptEncoding: string
  readonly accept: string
  readonly ifNoneMatch: string
  readonly correlationId: string
  readonly idempotencyKey: string
  /** `x-orion-position`. */
  readonly position: string
}

export function readIncoming(res: HttpResponse, req: HttpRequest, newId: () => string): Incoming {
  const asked = req.getHeader('x-correlation-id')
  return {
    method: req.getCaseSensitiveMethod(),
    path: req.getUrl(),
    rawQuery: req.getQuery() ?? '',
    clientAddress: Buffer.from(res.getRemoteAddressAsText()).toString('latin1'),
    authorization: req.getHeader('authorization'),
    contentType: req.getHeader('content-type'),
    acceptEncoding: req.getHeader('accept-encoding'),
    accept: req.getHeader('accept'),
    ifNoneMatch: req.getHeader('if-none-match'),
    // Ids are logged and sent on: one that is not plain is replaced, never repeated.
    correlationId: CORRELATION_ID.test(asked) ? asked : newId(),
    idempotencyKey: req.getHeader('idempotency-key'),
    position: req.getHeader('x-orion-position'),
  }
}

const CORRELATION_ID = /^[A-Za-z0-9._-]{1,64}$/
