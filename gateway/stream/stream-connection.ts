import type { z } from 'zod'
import { recordKey } from '#topics'
import { TokenBucket } from '../http/token-bucket.ts'
import { isEntitled, type Principal } from '../identity/principal.ts'
import type { GatewayLimits } from '../limits.ts'
import type { JournalChannel, ServerMessage } from '../protocol.ts'
import type { InstrumentsView } from '../views/instruments-view.ts'
import type { MarketView } from '../views/market-view.ts'
import type { clientMessageSchema, ParsedMessage } from './client-message.ts'
import type { JournalChannels } from './journal-channels.ts'
import type { MarketChannel } from './market-channel.ts'
import type { StreamMetrics } from './stream-metrics.ts'
import type { StreamSocket } from './stream-socket.ts'

export interface ConnectionContext {
  readonly market: MarketView
  readonly instruments: InstrumentsView
  readonly channel: MarketChannel
  readonly journals: JournalChannels
  readonly limits: GatewayLimits
  readonly metrics: StreamMetrics
  readonly schema: ReturnType<typeof clientMessageSchema>
  readonly nowMs: () => number
}

/** One client: what it asked for, what it may see, and how long its token lasts. */
export class StreamConnection {
  readonly principal: Principal
  readonly #socket: StreamSocket
  readonly #context: ConnectionContext
  readonly #messages: TokenBucket
  #warned = false

  constructor(socket: StreamSocket, principal: Principal, context: ConnectionContext) {
    this.#socket = socket
    this.principal = principal
    this.#context = context
    const { messagesPerS, messagesBurst } = context.limits
    this.#messages = new TokenBucket({ perS: messagesPerS, burst: messagesBurst }, context.nowMs())
  }

  get bufferedBytes(): number {
    return this.#socket.bufferedBytes()
  }

  receive(text: string | undefined): void {
    if (this.#messages.take(this.#context.nowMs()) > 0) {
      this.#context.metrics.badMessages['too-many'].add(1)
      this.#say({
        type: 'error',
        code: 'TOO_MANY_MESSAGES',
        message: 'Too many messages; the connection is closed.',
      })
      this.#socket.end(4429, 'too many messages')
      return
    }
    const message = this.#parse(text)
    if (message !== undefined) this.#obey(message)
  }

  /** Warns of the token's expiry, and closes at it. */
  checkExpiry(nowMs: number): void {
    const leftMs = this.principal.expiresAtMs - nowMs
    if (leftMs <= 0) {
      this.#socket.end(4401, 'the access token has expired')
    } else if (leftMs <= this.#context.limits.expiryWarningMs && !this.#warned) {
      this.#warned = true
      this.#say({
        type: 'error',
        code: 'TOKEN_EXPIRES_SOON',
        message: `The access token expires in ${Math.ceil(leftMs / 1000)} s; reconnect with a new one.`,
      })
    }
  }

  endRevoked(): void {
    this.#socket.end(4403, 'the session was ended')
  }

  endGoingAway(): void {
    this.#socket.end(1001, 'the server is closing')
  }

  #parse(text: string | undefined): ParsedMessage | undefined {
    if (text === undefined) {
      this.#refuse('BAD_MESSAGE', 'Messages are JSON in text frames.')
      return undefined
    }
    let json: unknown
    try {
      json = JSON.parse(text)
    } catch {
      this.#refuse('BAD_MESSAGE', 'The message is not JSON.')
      return undefined
    }
    const parsed = this.#context.schema.safeParse(json)
    if (parsed.success) return parsed.data
    this.#refuse('BAD_MESSAGE', describeIssues(parsed.error), idOf(json))
    return undefined
  }

  #obey(message: ParsedMessage): void {
    if (message.op === 'ping') {
      this.#say({ op: 'pong', ...withId(message.id), serverTimeMs: this.#context.nowMs() })
    } else if (this.#context.journals.has(message.channel)) {
      this.#follow(message.op, message.channel, message.id)
    } else if (message.channel !== 'market') {
      this.#refuse('CHANNEL_UNAVAILABLE', `There is no channel ${message.channel} yet.`, message.id)
    } else if (message.op === 'subscribe') {
      if (message.instrumentIds === undefined)
        this.#refuse('BAD_MESSAGE', 'instrumentIds: name at least one instrument.', message.id)
      else this.#subscribe(message.instrumentIds, message.id)
    } else {
      this.#unsubscribe(message.instrumentIds, message.id)
    }
  }

  #subscribe(instrumentIds: readonly string[], id: number | undefined): void {
    const { channel, limits, metrics } = this.#context
    let room = limits.subscriptionIdsMax - channel.subscribedCount(this.#socket)
    const slots = new Set<number>()
    const refused: string[] = []
    for (const instrumentId of new Set(instrumentIds)) {
      const slot = this.#visibleSlot(instrumentId)
      if (slot === undefined) {
        refused.push(instrumentId)
      } else if (channel.isSubscribed(this.#socket, slot)) {
        slots.add(slot)
      } else if (room > 0) {
        room -= 1
        slots.add(slot)
      } else {
        refused.push(instrumentId)
      }
    }
    metrics.refused.add(refused.length)
    this.#say({
      op: 'subscribed',
      ...withId(id),
      ok: slots.size > 0,
      ...(refused.length === 0 ? {} : { refused }),
    })
    if (slots.size > 0) channel.subscribe(this.#socket, slots)
  }

  #follow(op: 'subscribe' | 'unsubscribe', channel: JournalChannel, id: number | undefined): void {
    const { journals, metrics } = this.#context
    if (op === 'unsubscribe') {
      journals.unsubscribe(this.#socket, channel)
      this.#say({ op: 'unsubscribed', ...withId(id), ok: true })
      return
    }
    const ok = journals.admits(channel, this.principal)
    this.#say({ op: 'subscribed', ...withId(id), ok })
    if (ok) journals.subscribe(this.#socket, channel, this.principal)
    else metrics.refused.add(1)
  }

  #unsubscribe(instrumentIds: readonly string[] | undefined, id: number | undefined): void {
    const { channel } = this.#context
    if (instrumentIds === undefined) {
      channel.unsubscribe(this.#socket, 'all')
    } else {
      const slots = instrumentIds.map((instrumentId) => this.#visibleSlot(instrumentId))
      channel.unsubscribe(this.#socket, new Set(slots.filter((slot) => slot !== undefined)))
    }
    this.#say({ op: 'unsubscribed', ...withId(id), ok: true })
  }

  /** The caller's own instrument of that id, else the shared one, if it is entitled to its asset class. */
  #visibleSlot(instrumentId: string): number | undefined {
    const { instruments, market } = this.#context
    const found = instruments.find(this.principal.tenant, instrumentId)
    if (found === undefined || !isEntitled(this.principal, found.instrument.assetClass))
      return undefined
    return market.slotNumber(recordKey(found.tenant, instrumentId))
  }

  #refuse(code: string, message: string, id?: number): void {
    this.#context.metrics.badMessages['not-understood'].add(1)
    this.#say({ type: 'error', code, message, ...withId(id) })
  }

  #say(message: ServerMessage): void {
    this.#socket.send(JSON.stringify(message))
  }
}

function withId(id: number | undefined): { readonly id?: number } {
  return id === undefined ? {} : { id }
}

function idOf(json: unknown): number | undefined {
  if (typeof json !== 'object' || json === null || !('id' in json)) return undefined
  return Number.isSafeInteger(json.id) ? Number(json.id) : undefined
}

function describeIssues(error: z.ZodError): string {
  return error.issues
    .slice(0, 5)
    .map((issue) => `${issue.path.join('.') || 'message'}: ${issue.message}`)
    .join('; ')
}
