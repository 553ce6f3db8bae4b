import type { Clock } from '#streams'
import type { GatewayLimits } from '../limits.ts'
import type { MarketView } from '../views/market-view.ts'
import { FrameBody } from './frame-body.ts'
import type { StreamMetrics } from './stream-metrics.ts'
import type { StreamSocket } from './stream-socket.ts'

/** Bodies of one group kept during one pass: the common one, the snapshot, and a few for those that lag alike. */
const BODIES_PER_GROUP_MAX = 4

/** Connections with the same instruments; what they get is joined once for all. */
interface Group {
  readonly slots: readonly number[]
  readonly has: ReadonlySet<number>
  readonly members: Set<Subscriber>
  readonly bodies: Map<number, FrameBody | undefined>
  bodiesOfTick: number
}

interface Subscriber {
  readonly socket: StreamSocket
  group: Group | undefined
  /** Slots whose snapshot is still to be sent. */
  pending: Set<number>
  /** Frames written on this channel. */
  seq: number
  /** Everything that changed up to this tick was sent. */
  sentThroughTick: number
  skippingSinceMs: number | undefined
}

export interface MarketChannelOptions {
  readonly view: MarketView
  readonly limits: GatewayLimits
  readonly clock: Clock
  readonly metrics: StreamMetrics
}

/**
 * Sends each connection the latest value of its instruments, at most once per coalescing interval. A connection that has not read the last
 * frames is skipped; as it remembers only the tick up to which it was served, it later gets the latest value of all that changed since.
 * `seq` is given when a frame is written, so that it has no gap.
 */
export class MarketChannel {
  readonly #options: MarketChannelOptions
  readonly #subscribers = new Map<StreamSocket, Subscriber>()
  readonly #groups = new Map<string, Group>()
  #passing: Promise<void> | undefined

  constructor(options: MarketChannelOptions) {
    this.#options = options
  }

  /** While a pass writes frames, the view must not change; undefined when none does. */
  get passing(): Promise<void> | undefined {
    return this.#passing
  }

  get groupCount(): number {
    return this.#groups.size
  }

  subscribedCount(socket: StreamSocket): number {
    return this.#subscribers.get(socket)?.group?.slots.length ?? 0
  }

  isSubscribed(socket: StreamSocket, slot: number): boolean {
    return this.#subscribers.get(socket)?.group?.has.has(slot) ?? false
  }

  /** Adds slots; their snapshot is sent with the next pass. */
  subscribe(socket: StreamSocket, slots: ReadonlySet<number>): void {
    let subscriber = this.#subscribers.get(socket)
    if (subscriber === undefined) {
      subscriber = {
        socket,
        group: undefined,
        pending: new Set(),
        seq: 0,
        sentThroughTick: 0,
        skippingSinceMs: undefined,
      }
      this.#subscribers.set(socket, subscriber)
    }
    for (const slot of slots) subscriber.pending.add(slot)
    this.#regroup(subscriber, new Set([...(subscriber.group?.slots ?? []), ...slots]))
  }

  unsubscribe(socket: StreamSocket, slots: ReadonlySet<number> | 'all'): void {
    const subscriber = this.#subscribers.get(socket)
    if (subscriber === undefined) return
    const left = new Set(
      slots === 'all' ? [] : subscriber.group?.slots.filter((slot) => !slots.has(slot)),
    )
    for (const slot of subscriber.pending) if (!left.has(slot)) subscriber.pending.delete(slot)
    // The subscriber stays: a later subscription goes on with its seq.
    this.#regroup(subscriber, left)
  }

  remove(socket: StreamSocket): void {
    const subscriber = this.#subscribers.get(socket)
    if (subscriber === undefined) return
    this.#regroup(subscriber, new Set())
    this.#subscribers.delete(socket)
  }

  /** Serves every connection once. Gives way to other work every `frameSliceMs`. */
  pass(): Promise<void> {
    this.#passing ??= this.#serveAll().finally(() => {
      this.#passing = undefined
    })
    return this.#passing
  }

  async #serveAll(): Promise<void> {
    const { clock, limits, metrics, view } = this.#options
    const startedMs = clock.monotonicMs()
    view.lookForSilence()
    const tick = view.endTick()
    let sliceEndMs = startedMs + limits.frameSliceMs
    // Connections that come while this waits are served at its end; those that go are left out.
    for (const subscriber of this.#subscribers.values()) {
      this.#serve(subscriber, tick)
      if (clock.monotonicMs() >= sliceEndMs) {
        await new Promise<void>((resolve) => setImmediate(resolve))
        sliceEndMs = clock.monotonicMs() + limits.frameSliceMs
      }
    }
    for (const group of this.#groups.values()) group.bodies.clear()
    metrics.passSeconds.observe((clock.monotonicMs() - startedMs) / 1000)
  }

  #serve(subscriber: Subscriber, tick: number): void {
    const { group, pending, sentThroughTick: since } = subscriber
    if (since >= tick && pending.size === 0) return
    if (group !== undefined) {
      if (this.#mustSkip(subscriber)) return
      if (pending.size === 0) {
        this.#send(subscriber, 'update', this.#sharedBody(group, since, tick))
      } else if (pending.size === group.slots.length) {
        this.#send(subscriber, 'snapshot', this.#sharedBody(group, -1, tick))
      } else {
        const { view } = this.#options
        this.#send(subscriber, 'snapshot', FrameBody.of(view, pending, -1))
        this.#send(subscriber, 'update', FrameBody.of(view, group.slots, since, pending))
      }
      pending.clear()
    }
    subscriber.sentThroughTick = tick
  }

  #send(subscriber: Subscriber, type: 'snapshot' | 'update', body: FrameBody | undefined): void {
    if (body === undefined) return
    const frame = body.frame(type, ++subscriber.seq)
    subscriber.socket.send(frame)
    this.#options.metrics.frames.add(1)
    this.#options.metrics.frameBytes.add(frame.length)
  }

  #mustSkip(subscriber: Subscriber): boolean {
    const { clock, limits, metrics } = this.#options
    const { socket } = subscriber
    if (socket.bufferedBytes() <= limits.frameSkipBytes) {
      subscriber.skippingSinceMs = undefined
      return false
    }
    metrics.framesSkipped.add(1)
    const nowMs = clock.monotonicMs()
    subscriber.skippingSinceMs ??= nowMs
    if (nowMs - subscriber.skippingSinceMs >= limits.slowClientMs) {
      metrics.slowClosed.add(1)
      socket.drop()
    }
    return true
  }

  #sharedBody(group: Group, since: number, tick: number): FrameBody | undefined {
    if (group.bodiesOfTick !== tick) {
      group.bodies.clear()
      group.bodiesOfTick = tick
    }
    if (group.bodies.has(since)) return group.bodies.get(since)
    const body = FrameBody.of(this.#options.view, group.slots, since)
    if (group.bodies.size < BODIES_PER_GROUP_MAX) group.bodies.set(since, body)
    return body
  }

  #regroup(subscriber: Subscriber, slots: ReadonlySet<number>): void {
    const before = subscriber.group
    if (before !== undefined) {
      before.members.delete(subscriber)
      if (before.members.size === 0) this.#groups.delete(signatureOf(before.slots))
    }
    subscriber.group = undefined
    if (slots.size === 0) return
    const sorted = [...slots].sort((a, b) => a - b)
    const signature = signatureOf(sorted)
    let group = this.#groups.get(signature)
    if (group === undefined) {
      group = { slots: sorted, has: slots, members: new Set(), bodies: new Map(), bodiesOfTick: 0 }
      this.#groups.set(signature, group)
    }
    group.members.add(subscriber)
    subscriber.group = group
  }
}

function signatureOf(slots: readonly number[]): string {
  return slots.join(',')
}
