import type { ClientMessage, JournalChannel, JournalItems, ServerMessage } from '#gateway/protocol'

/** What a follower of a journal channel is told, in order. Nothing is left out: the same item may come several times as it changes. */
export interface JournalFollower<C extends JournalChannel> {
  /** All that is live, newest last. It stands instead of what came before: after a lost connection, and after a reset. */
  readonly onSnapshot: (items: readonly JournalItems[C][]) => void
  readonly onUpdate: (items: readonly JournalItems[C][]) => void
  /** The server had too much waiting; a snapshot follows. */
  readonly onReset?: () => void
}

type JournalFrame = Extract<ServerMessage, { readonly channel: JournalChannel }>

/** Ids of these subscriptions; apart from those of pings. */
const FIRST_ID = 1_000_000

/** The journal channels that a stream follows, one follower each. */
export class Journals {
  readonly #send: (message: ClientMessage) => void
  readonly #onRefused: (channel: JournalChannel) => void
  readonly #followers = new Map<JournalChannel, JournalFollower<JournalChannel>>()
  readonly #asked = new Map<number, JournalChannel>()
  #nextId = FIRST_ID

  constructor(options: {
    readonly send: (message: ClientMessage) => void
    readonly onRefused: (channel: JournalChannel) => void
  }) {
    this.#send = options.send
    this.#onRefused = options.onRefused
  }

  /** Returns how to stop. @throws {TypeError} when the channel has a follower */
  follow<C extends JournalChannel>(channel: C, follower: JournalFollower<C>): () => void {
    if (this.#followers.has(channel)) throw new TypeError(`${channel} has a follower already`)
    const entry = follower as unknown as JournalFollower<JournalChannel>
    this.#followers.set(channel, entry)
    this.#subscribe(channel)
    return () => {
      if (this.#followers.get(channel) !== entry) return
      this.#followers.delete(channel)
      this.#send({ op: 'unsubscribe', channel })
    }
  }

  /** On a new connection. */
  sendAll(): void {
    this.#asked.clear()
    for (const channel of this.#followers.keys()) this.#subscribe(channel)
  }

  /** The answer to a subscription; false when it was none of these. */
  answered(id: number | undefined, ok: boolean): boolean {
    const channel = this.#asked.get(id ?? 0)
    if (id === undefined || channel === undefined) return false
    this.#asked.delete(id)
    if (!ok) this.#onRefused(channel)
    return true
  }

  received({ channel, type, data }: JournalFrame): void {
    const follower = this.#followers.get(channel)
    if (type === 'snapshot') follower?.onSnapshot(data)
    else if (type === 'update') follower?.onUpdate(data)
    else follower?.onReset?.()
  }

  #subscribe(channel: JournalChannel): void {
    const id = this.#nextId
    this.#nextId += 1
    this.#asked.set(id, channel)
    this.#send({ op: 'subscribe', channel, id })
  }
}
