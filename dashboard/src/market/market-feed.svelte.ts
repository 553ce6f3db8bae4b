import {
  type ConnectionState,
  type JournalChannel,
  type JournalFollower,
  type MarketItem,
  type OrionClient,
  OrionStream,
} from '#sdk'
import { nextQuote, type Quote } from './quote.ts'

/** One instrument's quote as a signal: only what shows it is touched when it changes. */
export class QuoteCell {
  quote: Quote | undefined = $state.raw()
}

/**
 * The market stream as signals. What arrives is collected and shown once per animation frame; a hidden page collects the latest per
 * instrument and nothing more.
 */
export class MarketFeed {
  state: ConnectionState = $state('connecting')
  /** Why the state is what it is, in words. */
  detail: string = $state('')
  /** Of the server's clock, when the latest prices were published; 0 before the first. */
  publishedAtMs: number = $state(0)
  /** Since when there is no connection, by this machine's clock. */
  lostAtMs: number | undefined = $state()
  /** What the gateway refused, last. */
  problem: string = $state('')
  /** Connections made; charts load anew with each. */
  connections: number = $state(0)
  readonly #cells = new Map<string, QuoteCell>()
  readonly #pending = new Map<string, MarketItem>()
  readonly #listeners = new Set<(item: MarketItem) => void>()
  readonly #stream: OrionStream
  readonly #client: OrionClient
  #wanted: ReadonlySet<string> = new Set()
  #frame = 0

  constructor(client: OrionClient) {
    this.#client = client
    this.#stream = new OrionStream(client, {
      onItems: (items) => this.#collect(items),
      onState: (state, detail) => this.#changed(state, detail),
      onProblem: (message) => {
        this.problem = message
      },
    })
  }

  /** Connects; returns how to end it. */
  open(): () => void {
    const retry = () => this.#stream.retryNow()
    addEventListener('online', retry)
    this.#stream.open()
    return () => {
      removeEventListener('online', retry)
      cancelAnimationFrame(this.#frame)
      this.#stream.close()
    }
  }

  retryNow(): void {
    this.#stream.retryNow()
  }

  /** A time of this machine by the server's clock. */
  toServerTime(timeMs: number): number {
    return timeMs + this.#stream.serverNowMs() - this.#client.nowMs()
  }

  cell(instrumentId: string): QuoteCell {
    let cell = this.#cells.get(instrumentId)
    if (cell === undefined) {
      cell = new QuoteCell()
      this.#cells.set(instrumentId, cell)
    }
    return cell
  }

  /** Subscribes to these and no others. Quotes of the others are forgotten: they would grow old unseen. */
  watch(instrumentIds: ReadonlySet<string>): void {
    const before = this.#wanted
    this.#wanted = instrumentIds
    const left = [...before].filter((id) => !instrumentIds.has(id))
    this.#stream.unsubscribe(left)
    for (const id of left) {
      this.#pending.delete(id)
      const cell = this.#cells.get(id)
      if (cell !== undefined) cell.quote = undefined
    }
    this.#stream.subscribe(instrumentIds)
  }

  /** A journal on the same connection; returns how to stop. */
  follow<C extends JournalChannel>(channel: C, follower: JournalFollower<C>): () => void {
    return this.#stream.follow(channel, follower)
  }

  /** Calls back with every item that arrives, uncollected; returns how to stop that. */
  listen(listener: (item: MarketItem) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  #collect(items: readonly MarketItem[]): void {
    for (const item of items) {
      if (!this.#wanted.has(item.instrumentId)) continue
      this.#pending.set(item.instrumentId, item)
      for (const listener of this.#listeners) listener(item)
    }
    if (this.#frame === 0) this.#frame = requestAnimationFrame((nowMs) => this.#show(nowMs))
  }

  #show(nowMs: number): void {
    this.#frame = 0
    let publishedAtMs = this.publishedAtMs
    for (const [instrumentId, item] of this.#pending) {
      const cell = this.cell(instrumentId)
      cell.quote = nextQuote(cell.quote, item, nowMs)
      if (item.publishedAtMs > publishedAtMs) publishedAtMs = item.publishedAtMs
    }
    this.#pending.clear()
    this.publishedAtMs = publishedAtMs
  }

  #changed(state: ConnectionState, detail: string): void {
    if (state === 'open') {
      this.lostAtMs = undefined
      this.connections += 1
      this.problem = ''
    } else this.lostAtMs ??= this.#client.nowMs()
    this.state = state
    this.detail = detail
  }
}
