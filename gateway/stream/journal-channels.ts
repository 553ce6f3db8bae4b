import type { Clock } from '#streams'
import type { Principal } from '../identity/principal.ts'
import type { GatewayLimits } from '../limits.ts'
import type { JournalChannel, JournalItems } from '../protocol.ts'
import type { Journal } from '../views/journal.ts'
import type { StreamMetrics } from './stream-metrics.ts'
import type { StreamSocket } from './stream-socket.ts'

/** What a view offers to a channel of which nothing is lost. */
export interface JournalSource<T> {
  /** Changes of a tenant's items. */
  journal(tenant: string): Journal<T>
  /** What a caller sees at the beginning, newest last; at most `max`. */
  snapshot(principal: Principal, max: number): readonly T[]
  sees(principal: Principal, item: T): boolean
  /** Callers with the same text see the same items; undefined: may not subscribe at all. */
  audience(principal: Principal): string | undefined
}

interface Subscriber {
  readonly socket: StreamSocket
  readonly principal: Principal
  readonly audience: string
  readonly channel: JournalChannel
  readonly source: JournalSource<unknown>
  readonly journal: Journal<unknown>
  /** Number of the next change to be sent. */
  next: number
  /** Frames written on this channel. */
  seq: number
  isActive: boolean
  behindSinceMs: number | undefined
}

/** What is sent of a stretch of changes, for one audience. */
interface Stretch {
  readonly body: string | undefined
  readonly next: number
}

export interface JournalChannelsOptions {
  readonly limits: GatewayLimits
  readonly clock: Clock
  readonly metrics: StreamMetrics
}

/** A frame is ended behind the change that reaches it. */
const FRAME_CHARACTERS_MAX = 262_144
/** While somebody is behind, that is looked at again after this time. */
const RETRY_MS = 20

/**
 * Sends connections every change of the items that they may see, in order, as soon as it is read. A connection that does not read is skipped; it keeps
 * nothing but its place in the journal. When its place is gone from the journal it gets `reset` and a new snapshot.
 */
export class JournalChannels {
  readonly #options: JournalChannelsOptions
  readonly #sources = new Map<JournalChannel, JournalSource<unknown>>()
  readonly #bySocket = new Map<StreamSocket, Map<JournalChannel, Subscriber>>()
  readonly #active = new Set<Subscriber>()
  #retry: NodeJS.Timeout | undefined

  constructor(options: JournalChannelsOptions) {
    this.#options = options
  }

  add<C extends JournalChannel>(channel: C, source: JournalSource<JournalItems[C]>): void {
    this.#sources.set(channel, source as JournalSource<unknown>)
  }

  has(channel: string): channel is JournalChannel {
    return this.#sources.has(channel as JournalChannel)
  }

  /** Whether the caller may subscribe. */
  admits(channel: JournalChannel, principal: Principal): boolean {
    return this.#sources.get(channel)?.audience(principal) !== undefined
  }

  /** Sends the snapshot, and from then on every change. Once more: another snapshot. */
  subscribe(socket: StreamSocket, channel: JournalChannel, principal: Principal): void {
    const source = this.#sources.get(channel)
    const audience = source?.audience(principal)
    if (source === undefined || audience === undefined) return
    const own = this.#bySocket.get(socket) ?? new Map<JournalChannel, Subscriber>()
    this.#bySocket.set(socket, own)
    let subscriber = own.get(channel)
    if (subscriber === undefined) {
      const journal = source.journal(principal.tenant)
      subscriber = {
        socket,
        principal,
        audience,
        channel,
        source,
        journal,
        next: 0,
        seq: 0,
        isActive: true,
        behindSinceMs: undefined,
      }
      own.set(channel, subscriber)
    }
    subscriber.isActive = true
    this.#active.add(subscriber)
    this.#sendSnapshot(subscriber)
  }

  /** A later subscription goes on with its `seq`. */
  unsubscribe(socket: StreamSocket, channel: JournalChannel): void {
    const subscriber = this.#bySocket.get(socket)?.get(channel)
    if (subscriber === undefined) return
    subscriber.isActive = false
    this.#active.delete(subscriber)
  }

  remove(socket: StreamSocket): void {
    for (const subscriber of this.#bySocket.get(socket)?.values() ?? []) {
      this.#active.delete(subscriber)
    }
    this.#bySocket.delete(socket)
  }

  /** Sends what changed. Called after each fetch of the views. */
  flush(): void {
    const stretches = new Map<string, Stretch>()
    let isBehind = false
    for (const subscriber of this.#active) {
      if (subscriber.next < subscriber.journal.next && !this.#serve(subscriber, stretches))
        isBehind = true
    }
    if (isBehind) {
      this.#retry ??= setTimeout(() => {
        this.#retry = undefined
        this.flush()
      }, RETRY_MS)
    }
  }

  close(): void {
    clearTimeout(this.#retry)
    this.#active.clear()
    this.#bySocket.clear()
  }

  /** Returns whether all was sent. */
  #serve(subscriber: Subscriber, stretches: Map<string, Stretch>): boolean {
    const { channel, journal } = subscriber
    while (subscriber.next < journal.next) {
      if (this.#mustWait(subscriber)) return false
      if (subscriber.next < journal.first) {
        this.#options.metrics.resets.add(1)
        this.#send(subscriber, 'reset', '[]')
        this.#sendSnapshot(subscriber)
        return true
      }
      const { audience, next, principal } = subscriber
      const name = `${channel} ${next} ${principal.tenant} ${audience}`
      const known = stretches.get(name)
      const stretch = known ?? stretchOf(subscriber)
      if (known === undefined) stretches.set(name, stretch)
      if (stretch.body !== undefined) this.#send(subscriber, 'update', stretch.body)
      subscriber.next = stretch.next
    }
    return true
  }

  #sendSnapshot(subscriber: Subscriber): void {
    const { journal, principal, source } = subscriber
    const items = source.snapshot(principal, this.#options.limits.journalSnapshotMax)
    subscriber.next = journal.next
    this.#send(subscriber, 'snapshot', JSON.stringify(items))
  }

  #send(subscriber: Subscriber, type: 'snapshot' | 'update' | 'reset', data: string): void {
    subscriber.seq += 1
    const { channel, seq, socket } = subscriber
    const frame = `{"channel":"${channel}","type":"${type}","seq":${seq},"data":${data}}`
    socket.send(frame)
    this.#options.metrics.journalFrames.add(1)
    this.#options.metrics.frameBytes.add(frame.length)
  }

  #mustWait(subscriber: Subscriber): boolean {
    const { clock, limits, metrics } = this.#options
    if (subscriber.socket.bufferedBytes() <= limits.frameSkipBytes) {
      subscriber.behindSinceMs = undefined
      return false
    }
    const nowMs = clock.monotonicMs()
    subscriber.behindSinceMs ??= nowMs
    if (nowMs - subscriber.behindSinceMs >= limits.slowClientMs) {
      metrics.slowClosed.add(1)
      subscriber.socket.drop()
    }
    return true
  }
}

/** The next changes that the subscriber sees, as many as a frame takes. */
function stretchOf({ journal, next, principal, source }: Subscriber): Stretch {
  const parts: string[] = []
  let characters = 0
  let number = next
  for (; number < journal.next && characters < FRAME_CHARACTERS_MAX; number += 1) {
    const change = journal.at(number)
    if (change === undefined || !source.sees(principal, change.item)) continue
    parts.push(change.json)
    characters += change.json.length
  }
  return { body: parts.length === 0 ? undefined : `[${parts.join(',')}]`, next: number }
}
