import type { ClientMessage, MarketItem, ServerMessage } from '#gateway/protocol'
import type { OrionClient } from './rest-client.ts'

/** `connecting` covers waiting for the next attempt; `closed` is final. */
export type ConnectionState = 'connecting' | 'open' | 'closed'

export interface StreamHandlers {
  /** Items of a snapshot or an update, with the frame's type. */
  readonly onItems: (items: readonly MarketItem[], type: 'snapshot' | 'update') => void
  readonly onState?: (state: ConnectionState, detail: string) => void
  /** Refused subscriptions and what the server calls an error. */
  readonly onProblem?: (message: string) => void
}

/** Waits between attempts, ms, each with up to half of it added at random; the last one repeats. */
const BACKOFF_MS = [250, 500, 1_000, 2_000, 5_000, 10_000]
const PING_MS = 10_000
/** Silence, pings unanswered, after which the connection is given up. */
const SILENCE_MS_MAX = 25_000

/**
 * One WebSocket for all of a user's market subscriptions. Reconnects with backoff and subscribes again; the server then sends a snapshot, so
 * nothing has to be remembered. A gap in `seq` would mean that frames were lost: the connection is made anew.
 */
export class MarketStream {
  readonly #client: OrionClient
  readonly #handlers: StreamHandlers
  readonly #wanted = new Set<string>()
  #socket: WebSocket | undefined
  #attempt = 0
  #sequence = 0
  #requestId = 0
  #heardAtMs = 0
  #retry: ReturnType<typeof setTimeout> | undefined
  #pinger: ReturnType<typeof setInterval> | undefined
  #closed = false

  constructor(client: OrionClient, handlers: StreamHandlers) {
    this.#client = client
    this.#handlers = handlers
  }

  open(): void {
    void this.#connect()
  }

  subscribe(instrumentIds: Iterable<string>): void {
    const added = [...instrumentIds].filter((id) => !this.#wanted.has(id))
    for (const id of added) this.#wanted.add(id)
    if (added.length > 0)
      this.#send({
        op: 'subscribe',
        channel: 'market',
        instrumentIds: added,
        id: ++this.#requestId,
      })
  }

  unsubscribe(instrumentIds: Iterable<string>): void {
    const removed = [...instrumentIds].filter((id) => this.#wanted.delete(id))
    if (removed.length > 0)
      this.#send({
        op: 'unsubscribe',
        channel: 'market',
        instrumentIds: removed,
        id: ++this.#requestId,
      })
  }

  close(): void {
    this.#closed = true
    clearTimeout(this.#retry)
    clearInterval(this.#pinger)
    this.#socket?.close(1000)
    this.#handlers.onState?.('closed', 'closed')
  }

  async #connect(): Promise<void> {
    if (this.#closed) return
    this.#handlers.onState?.(
      'connecting',
      this.#attempt === 0 ? 'connecting' : `attempt ${this.#attempt + 1}`,
    )
    let token: string | undefined
    try {
      token = await this.#client.accessToken()
    } catch {
      // Not reachable, or the session has ended; the next attempt finds out.
    }
    if (token === undefined) {
      this.#again('no session')
      return
    }
    const base = this.#client.baseUrl === '' ? pageOrigin() : this.#client.baseUrl
    const socket = new WebSocket(
      `${base.replace(/^http/, 'ws')}/stream?access_token=${encodeURIComponent(token)}`,
    )
    this.#socket = socket
    socket.onopen = (): void => this.#opened(socket)
    socket.onmessage = ({ data }): void => this.#received(String(data))
    socket.onclose = ({ code, reason }): void => {
      if (this.#socket === socket) this.#again(reason === '' ? `connection lost (${code})` : reason)
    }
  }

  #opened(socket: WebSocket): void {
    this.#attempt = 0
    this.#sequence = 0
    this.#heardAtMs = Date.now()
    this.#handlers.onState?.('open', 'live')
    if (this.#wanted.size > 0)
      this.#send({
        op: 'subscribe',
        channel: 'market',
        instrumentIds: [...this.#wanted],
        id: ++this.#requestId,
      })
    clearInterval(this.#pinger)
    this.#pinger = setInterval(() => {
      if (Date.now() - this.#heardAtMs > SILENCE_MS_MAX) {
        socket.close()
        if (this.#socket === socket) this.#again('the server went silent')
      } else this.#send({ op: 'ping', id: ++this.#requestId })
    }, PING_MS)
  }

  #received(text: string): void {
    this.#heardAtMs = Date.now()
    const message = JSON.parse(text) as ServerMessage
    if ('channel' in message) {
      this.#sequence += 1
      if (message.seq !== this.#sequence) {
        this.#socket?.close()
        return
      }
      this.#handlers.onItems(message.data, message.type)
    } else if ('type' in message) this.#handlers.onProblem?.(message.message)
    else if (
      message.op === 'subscribed' &&
      message.refused !== undefined &&
      message.refused.length > 0
    ) {
      for (const id of message.refused) this.#wanted.delete(id)
      this.#handlers.onProblem?.(`not available to you: ${message.refused.join(', ')}`)
    }
  }

  #again(why: string): void {
    clearInterval(this.#pinger)
    this.#socket = undefined
    if (this.#closed) return
    const baseMs = BACKOFF_MS[Math.min(this.#attempt, BACKOFF_MS.length - 1)] as number
    this.#attempt += 1
    this.#handlers.onState?.('connecting', why)
    clearTimeout(this.#retry)
    // Spread over time, so that a thousand clients do not come back in the same instant.
    const spread = (crypto.getRandomValues(new Uint32Array(1))[0] as number) / 2 ** 33
    this.#retry = setTimeout(() => void this.#connect(), baseMs * (1 + spread))
  }

  #send(message: ClientMessage): void {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(message))
  }
}

/** In a browser the page's own origin; elsewhere the client needs a `baseUrl`. */
function pageOrigin(): string {
  const { location } = globalThis as { readonly location?: { readonly origin: string } }
  if (location === undefined)
    throw new TypeError('give OrionClient a baseUrl: there is no page here')
  return location.origin
}
