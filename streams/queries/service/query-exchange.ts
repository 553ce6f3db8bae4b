import type { IncomingMessage, ServerResponse } from 'node:http'
import { QueryProblem } from './query-problem.ts'

const CORRELATION_ID = /^[\w.-]{1,100}$/
const JSON_TYPE = /^application\/json\s*(;|$)/i

/** One request and its one answer. */
export class QueryExchange {
  readonly correlationId: string
  readonly method: string
  /** As it was sent: what a peer's token is bound to. */
  readonly path: string
  readonly #request: IncomingMessage
  readonly #response: ServerResponse

  constructor(request: IncomingMessage, response: ServerResponse, newId: () => string) {
    this.#request = request
    this.#response = response
    const given = request.headers['x-correlation-id']
    this.correlationId = typeof given === 'string' && CORRELATION_ID.test(given) ? given : newId()
    this.method = request.method ?? ''
    this.path = request.url ?? ''
  }

  get address(): string {
    return this.#request.socket.remoteAddress ?? ''
  }

  get contentType(): string {
    return this.#request.headers['content-type'] ?? ''
  }

  /** Scheme and credential of the Authorization header. */
  credential(): { readonly scheme: string; readonly token: string } | undefined {
    const [, scheme, token] =
      /^([A-Za-z-]{1,20}) ([\w.~+/=-]{1,16000})$/.exec(this.#request.headers.authorization ?? '') ??
      []
    return scheme === undefined || token === undefined ? undefined : { scheme, token }
  }

  /** @throws {QueryProblem} bad-request, body-too-large */
  async body(bytesMax: number): Promise<string> {
    if (!JSON_TYPE.test(this.contentType))
      throw new QueryProblem('bad-request', 'Send the body as application/json.')
    const chunks: Buffer[] = []
    let bytes = 0
    for await (const chunk of this.#request as AsyncIterable<Buffer>) {
      bytes += chunk.length
      if (bytes > bytesMax)
        throw new QueryProblem('body-too-large', `The body is larger than ${bytesMax} bytes.`)
      chunks.push(chunk)
    }
    try {
      return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks))
    } catch (cause) {
      throw new QueryProblem('bad-request', 'The body is not UTF-8.', { cause })
    }
  }

  answer(json: unknown): void {
    this.#send(200, 'application/json', json, {})
  }

  refuse(problem: QueryProblem): void {
    const { retryAfterS } = problem.details
    this.#send(problem.status, 'application/problem+json', problem.toJson(this.correlationId), {
      ...(retryAfterS === undefined ? {} : { 'retry-after': String(retryAfterS) }),
      ...(problem.kind === 'unauthenticated' ? { 'www-authenticate': 'Bearer realm="orion"' } : {}),
      // What is left of the body is not read.
      ...(problem.kind === 'body-too-large' ? { connection: 'close' } : {}),
    })
  }

  #send(
    status: number,
    type: string,
    json: unknown,
    headers: Readonly<Record<string, string>>,
  ): void {
    if (this.#response.headersSent || this.#response.destroyed) return
    this.#response.writeHead(status, {
      'content-type': type,
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      'x-correlation-id': this.correlationId,
      ...headers,
    })
    this.#response.end(JSON.stringify(json))
  }
}

/** @throws {QueryProblem} bad-request */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : ''
    throw new QueryProblem('bad-request', `The body is not JSON: ${why.slice(0, 200)}`, { cause })
  }
}
