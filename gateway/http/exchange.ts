import type { HttpResponse } from 'uWebSockets.js'
import type { Principal } from '../identity/principal.ts'
import type { Incoming } from './incoming.ts'
import { STATUS_TEXT } from './problem.ts'
import type { Reply } from './route.ts'
import { SECURITY_HEADERS } from './security-headers.ts'

/** One request and its one answer. uWebSockets frees the response when the client goes: nothing touches it after that. */
export class Exchange {
  readonly incoming: Incoming
  /** Who calls, once the token was checked. */
  principal: Principal | undefined
  readonly #res: HttpResponse
  #over = false
  #onOver: () => void = () => {}

  constructor(res: HttpResponse, incoming: Incoming) {
    this.#res = res
    this.incoming = incoming
    res.onAborted(() => this.#end())
  }

  /** Answered, or the client is gone. */
  get isOver(): boolean {
    return this.#over
  }

  whenOver(listener: () => void): void {
    this.#onOver = listener
  }

  send(reply: Reply): void {
    if (this.#over) return
    const { body, status } = reply
    const { connection, ...headers } = reply.headers
    const res = this.#res
    res.cork(() => {
      res.writeStatus(`${status} ${STATUS_TEXT[status] ?? ''}`)
      res.writeHeader('x-correlation-id', this.incoming.correlationId)
      for (const [name, value] of SECURITY_HEADERS) res.writeHeader(name, value)
      for (const [name, value] of Object.entries(headers)) {
        res.writeHeader(name, value)
      }
      const close = connection === 'close'
      if (status === 204 || status === 304) res.endWithoutBody(undefined, close)
      else if (this.incoming.method === 'HEAD') res.endWithoutBody(Buffer.byteLength(body), close)
      else res.end(body, close)
    })
    this.#end()
  }

  #end(): void {
    if (this.#over) return
    this.#over = true
    this.#onOver()
  }
}
