import type {
  Channel,
  ClientMessage,
  JournalChannel,
  MarketItem,
  ServerMessage,
} from '#gateway/protocol'
import { OrionProblem } from './http-session.ts'
import { type JournalFollower, Journals } from './journals.ts'
import type { OrionClient } from './rest-client.ts'
import { Subscriptions } from './subscriptions.ts'

/** `connecting` covers waiting for the next attempt; `closed` is final: closed by the caller, or the session has ended. */
export type ConnectionState = 'connecting' | 'open' | 'closed'

export interface StreamHandlers {
  /** Market items of a snapshot or an update, with the frame's type. */
  readonly onItems?: (items: readonly MarketItem[], type: 'snapshot' | 'update') => void
  /** The state and why, in words. */
  readonly onState?: (state: ConnectionState, detail: string) => void
  /** Refused subscriptions and what the server calls an error. */
  readonly onProblem?: (message: string) => void
}

/** Waits between attempts, ms, each with up to half of it added at random; the last one repeats. */
const BACKOFF_MS = [250, 500, 1_000, 2_000, 5_000, 10_000]
const PING_MS = 10_000
/** Silence, pings unanswered, after which the connection is given up. */
const SILENCE_MS_MAX = 25_000
const OPENING_MS_MAX = 10_000
/** Close code of a session that was ended: coming back with the same token is of no use. */
const SESSION_ENDED = 4403

/**
 * One WebSocket for all that a user subscribes to: the market by instrument (`subscribe`), the journals of RFQs, trades and alerts
 * (`follow`). Reconnects with backoff and subscribes again; the server then sends a snapshot, so nothing has to be remembered. Before its
 * token expires it moves to a new connection without a break. A gap in a channel's `seq` means that frames were lost: the connection is
 * made anew. Ends for good with `close()` or with the session.
 */
export class OrionStream {
  readonly #client: OrionClient
  readonly #handlers: StreamHandlers
  readonly #subscriptions: Subscriptions
  readonly #journals: Journals
  #socket: WebSocket | undefined
  /** Being opened: the first, or the successor of `#socket`. */
  #opening: WebSocket | undefined
  #isDialing = false
  #attempt = 0
  #handshakeFailed = false
  /** Of the last frame on each channel of this connection. */
  readonly #sequences = new Map<Channel, number>()
  #pingId = 0
  #pingedAtMs = 0
  #heardAtMs = 0
  #serverAheadMs = 0
  #retry: ReturnType<typeof setTimeout> | undefined
  #pinger: ReturnType<typeof setInterval> | undefined
  #closed = false

  constructor(client: OrionClient, handlers: StreamHandlers) {
    this.#client = client
    this.#handlers = handlers
    this.#subscriptions = new Subscriptions({
      send: (message) => this.#send(message),
      onRefused: (ids) => handlers.onProblem?.(`not available to you: ${ids.join(', ')}`),
    })
    this.#journals = new Journals({
      send: (message) => this.#send(message),
      onRefused: (channel) => handlers.onProblem?.(`not available to you: ${channel}`),
    })
  }

  /** Time of the server, ms since the epoch, as far as the last answer to a ping tells. */
  serverNowMs(): number {
    return this.#client.nowMs() + this.#serverAheadMs
  }

  /** Connects; does nothing when it is connected or about to be. */
  open(): void {
    if (this.#socket === undefined) void this.#dial()
  }

  /** Ends the wait for the next attempt, e.g. when the network is back. */
  retryNow(): void {
    if (this.#retry === undefined || this.#socket !== undefined) return
    clearTimeout(this.#retry)
    void this.#dial()
  }

  subscribe(instrumentIds: Iterable<string>): void {
    this.#subscriptions.add(instrumentIds)
  }

  unsubscribe(instrumentIds: Iterable<string>): void {
    this.#subscriptions.remove(instrumentIds)
  }

  /** Every change of a journal, in order, for one follower a channel. Returns how to stop. @throws {TypeError} when the channel has one */
  follow<C extends JournalChannel>(channel: C, follower: JournalFollower<C>): () => void {
    return this.#journals.follow(channel, follower)
  }

  close(): void {
    this.#end('closed')
  }

  /** Opens a connection with a token that is good for a while. The one that is open, if any, stays until then. */
  async #dial(): Promise<void> {
    if (this.#closed || this.#isDialing) return
    this.#isDialing = true
    this.#retry = undefined
    if (this.#socket === undefined)
      this.#handlers.onState?.(
        'connecting',
        this.#attempt === 0 ? 'connecting' : `attempt ${this.#attempt + 1}`,
      )
    try {
      // A refused handshake does not say why; a request does, and finds out whether the session is over.
      if (this.#handshakeFailed) await this.#client.me()
      const token = await this.#client.accessToken()
      if (this.#closed) return
      if (token === undefined) this.#end('the session has ended')
      else this.#openSocket(token)
    } catch (error) {
      if (this.#client.session === undefined) this.#end('the session has ended')
      else this.#again(error instanceof OrionProblem ? error.problem.detail : String(error))
    } finally {
      this.#isDialing = false
    }
  }

  #openSocket(token: string): void {
    const base = this.#client.baseUrl === '' ? pageOrigin() : this.#client.baseUrl
    const socket = new WebSocket(
      `${base.replace(/^http/, 'ws')}/stream?access_token=${encodeURIComponent(token)}`,
    )
    this.#opening = socket
    const tooLong = setTimeout(() => socket.close(), OPENING_MS_MAX)
    socket.onopen = (): void => {
      clearTimeout(tooLong)
      this.#adopt(socket)
    }
    socket.onmessage = ({ data }): void => {
      if (socket === this.#socket) this.#received(String(data))
    }
    // Node tells of a failed handshake by this event alone.
    socket.onerror = (): void => {
      if (socket === this.#opening) this.#lost(socket, 1006, '')
    }
    socket.onclose = ({ code, reason }): void => {
      clearTimeout(tooLong)
      this.#lost(socket, code, reason)
    }
  }

  #adopt(socket: WebSocket): void {
    const before = this.#socket
    this.#socket = socket
    this.#opening = undefined
    before?.close(1000)
    this.#attempt = 0
    this.#handshakeFailed = false
    this.#sequences.clear()
    this.#heardAtMs = this.#client.nowMs()
    if (before === undefined) this.#handlers.onState?.('open', 'live')
    this.#subscriptions.sendAll()
    this.#journals.sendAll()
    this.#ping()
    clearInterval(this.#pinger)
    this.#pinger = setInterval(() => {
      if (this.#client.nowMs() - this.#heardAtMs > SILENCE_MS_MAX)
        this.#abandon('the server went silent')
      else this.#ping()
    }, PING_MS)
  }

  #received(text: string): void {
    this.#heardAtMs = this.#client.nowMs()
    const message = JSON.parse(text) as ServerMessage
    if ('channel' in message) {
      const sequence = (this.#sequences.get(message.channel) ?? 0) + 1
      this.#sequences.set(message.channel, sequence)
      if (message.seq !== sequence) this.#abandon('frames were lost')
      else if (message.channel === 'market') this.#handlers.onItems?.(message.data, message.type)
      else this.#journals.received(message)
    } else if ('type' in message) {
      if (message.code === 'TOKEN_EXPIRES_SOON') void this.#moveOn()
      else this.#handlers.onProblem?.(message.message)
    } else if (message.op === 'subscribed') {
      if (!this.#journals.answered(message.id, message.ok))
        this.#subscriptions.answered(message.refused ?? [])
    } else if (message.op === 'pong' && message.id === this.#pingId) {
      // The answer was written half a round trip ago.
      const roundTripMs = this.#heardAtMs - this.#pingedAtMs
      this.#serverAheadMs = message.serverTimeMs + roundTripMs / 2 - this.#heardAtMs
    }
  }

  /** To a connection with a new token, before the server ends this one. */
  async #moveOn(): Promise<void> {
    try {
      await this.#client.renew()
    } catch {
      // The end of this connection, in some seconds, finds out what that means.
      return
    }
    await this.#dial()
  }

  #lost(socket: WebSocket, code: number, reason: string): void {
    if (socket === this.#opening) {
      this.#opening = undefined
      this.#handshakeFailed = true
      if (this.#socket === undefined) this.#again('no connection')
    } else if (socket === this.#socket) {
      this.#socket = undefined
      if (code === SESSION_ENDED) {
        this.#client.endSession()
        this.#end(reason || 'the session was ended')
      } else this.#again(reason || 'connection lost')
    }
  }

  #abandon(why: string): void {
    const socket = this.#socket
    this.#socket = undefined
    socket?.close()
    this.#again(why)
  }

  #again(why: string): void {
    clearInterval(this.#pinger)
    this.#subscriptions.pause()
    if (this.#closed) return
    const baseMs = BACKOFF_MS[Math.min(this.#attempt, BACKOFF_MS.length - 1)] as number
    this.#attempt += 1
    this.#handlers.onState?.('connecting', why)
    clearTimeout(this.#retry)
    // Spread over time, so that a thousand clients do not come back in the same instant.
    const spread = (crypto.getRandomValues(new Uint32Array(1))[0] as number) / 2 ** 33
    this.#retry = setTimeout(() => void this.#dial(), baseMs * (1 + spread))
  }

  #end(why: string): void {
    if (this.#closed) return
    this.#closed = true
    clearTimeout(this.#retry)
    clearInterval(this.#pinger)
    this.#subscriptions.pause()
    const sockets = [this.#socket, this.#opening]
    this.#socket = undefined
    this.#opening = undefined
    for (const socket of sockets) socket?.close(1000)
    this.#handlers.onState?.('closed', why)
  }

  #ping(): void {
    this.#pingId += 1
    this.#pingedAtMs = this.#client.nowMs()
    this.#send({ op: 'ping', id: this.#pingId })
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
