import type { ClientMessage } from '#gateway/protocol'

/** Ids in one message: the server bounds both their number and the message's bytes. */
const IDS_PER_MESSAGE_MAX = 1_000
/** Waits before asking again for what was refused, ms; the last one repeats. */
const ASK_AGAIN_MS = [500, 1_000, 2_000, 5_000, 15_000, 30_000]

/**
 * The instruments that a stream wants. What the server refuses is asked for again with growing waits: a gateway that has just started may
 * not know the instrument yet, and entitlements change. A refusal is reported once per instrument.
 */
export class Subscriptions {
  readonly #send: (message: ClientMessage) => void
  readonly #onRefused: (instrumentIds: readonly string[]) => void
  readonly #wanted = new Set<string>()
  readonly #refused = new Set<string>()
  readonly #reported = new Set<string>()
  #askAgain: ReturnType<typeof setTimeout> | undefined
  #refusals = 0

  constructor(options: {
    readonly send: (message: ClientMessage) => void
    readonly onRefused: (instrumentIds: readonly string[]) => void
  }) {
    this.#send = options.send
    this.#onRefused = options.onRefused
  }

  add(instrumentIds: Iterable<string>): void {
    const added = [...new Set(instrumentIds)].filter((id) => !this.#wanted.has(id))
    for (const id of added) this.#wanted.add(id)
    this.#subscribe(added)
  }

  remove(instrumentIds: Iterable<string>): void {
    const removed = [...instrumentIds].filter((id) => this.#wanted.delete(id))
    for (const id of removed) {
      this.#refused.delete(id)
      this.#reported.delete(id)
    }
    for (const ids of chunks(removed))
      this.#send({ op: 'unsubscribe', channel: 'market', instrumentIds: ids })
  }

  /** On a new connection. */
  sendAll(): void {
    this.pause()
    this.#refused.clear()
    this.#refusals = 0
    this.#subscribe([...this.#wanted])
  }

  /** Stops asking until the next `sendAll`. */
  pause(): void {
    clearTimeout(this.#askAgain)
    this.#askAgain = undefined
  }

  /** What the server did not grant of a subscription. */
  answered(refused: readonly string[]): void {
    const ids = refused.filter((id) => this.#wanted.has(id))
    if (ids.length === 0) return
    for (const id of ids) this.#refused.add(id)
    const news = ids.filter((id) => !this.#reported.has(id))
    for (const id of news) this.#reported.add(id)
    if (news.length > 0) this.#onRefused(news)
    if (this.#askAgain !== undefined) return
    const waitMs = ASK_AGAIN_MS[Math.min(this.#refusals, ASK_AGAIN_MS.length - 1)] as number
    this.#refusals += 1
    this.#askAgain = setTimeout(() => {
      this.#askAgain = undefined
      const again = [...this.#refused]
      this.#refused.clear()
      this.#subscribe(again)
    }, waitMs)
  }

  #subscribe(instrumentIds: readonly string[]): void {
    for (const ids of chunks(instrumentIds))
      this.#send({ op: 'subscribe', channel: 'market', instrumentIds: ids })
  }
}

function* chunks(ids: readonly string[]): Generator<readonly string[]> {
  for (let from = 0; from < ids.length; from += IDS_PER_MESSAGE_MAX)
    yield ids.slice(from, from + IDS_PER_MESSAGE_MAX)
}
