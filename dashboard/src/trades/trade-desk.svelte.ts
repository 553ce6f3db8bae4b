import type { Me, OrionClient, Trade } from '#sdk'
import { BlotterModel } from '../blotter/blotter-model.svelte.ts'
import type { MarketFeed } from '../market/market-feed.svelte.ts'
import { problemText } from '../session/problem-text.ts'
import { tradeColumns } from './trade-columns.ts'
import { isIn, laterTrade, type TradeGroup } from './trade-text.ts'

const PAGE_ITEMS = 500
export const TRADE_GROUPS: readonly TradeGroup[] = ['all', 'unsettled', 'failed']

/** The trades that a user may see: those of the journal as they settle, older ones by pages, shown once per animation frame. */
export class TradeDesk {
  readonly blotter: BlotterModel<Trade>
  group: TradeGroup = $state('all')
  counts: Readonly<Record<TradeGroup, number>> = $state.raw({ all: 0, unsettled: 0, failed: 0 })
  /** What went wrong. */
  notice: string = $state('')
  hasOlder: boolean = $state(false)
  isLoading: boolean = $state(false)
  readonly #client: OrionClient
  readonly #trades = new Map<string, Trade>()
  readonly #pending = new Map<string, Trade>()
  #cursor: string | undefined
  #frame = 0

  constructor(client: OrionClient, me: Me, on: Parameters<typeof tradeColumns>[0]) {
    this.#client = client
    this.blotter = new BlotterModel({
      id: 'trades',
      me,
      columns: tradeColumns(on),
      keyOf: (trade) => trade.tradeId,
      sort: { column: 'executed', direction: -1 },
      scope: (trade) => isIn(this.group, trade),
    })
  }

  /** Follows the journal; returns how to stop. */
  open(feed: MarketFeed): () => void {
    const stop = feed.follow('trades', {
      onSnapshot: (trades) => this.take(trades),
      onUpdate: (trades) => this.take(trades),
    })
    return () => {
      stop()
      cancelAnimationFrame(this.#frame)
      this.#frame = 0
    }
  }

  show(group: TradeGroup): void {
    this.group = group
    this.blotter.refresh()
  }

  take(trades: readonly Trade[]): void {
    for (const trade of trades) {
      const known = this.#pending.get(trade.tradeId) ?? this.#trades.get(trade.tradeId)
      if (laterTrade(known, trade) === trade) this.#pending.set(trade.tradeId, trade)
    }
    if (this.#frame === 0) this.#frame = requestAnimationFrame((nowMs) => this.#showPending(nowMs))
  }

  /** The first page, or the next one. */
  async load(): Promise<void> {
    if (this.isLoading) return
    this.isLoading = true
    try {
      const page = await this.#client.trades({
        limit: PAGE_ITEMS,
        ...(this.#cursor === undefined ? {} : { cursor: this.#cursor }),
      })
      this.#cursor = page.nextCursor ?? undefined
      this.hasOlder = this.#cursor !== undefined
      this.notice = ''
      this.take(page.items)
    } catch (error) {
      this.notice = `Trades could not be loaded: ${problemText(error)}`
    } finally {
      this.isLoading = false
    }
  }

  /** Selects one and expands it, whatever tab and filters hide; asks for it when it is not here. */
  async reveal(tradeId: string): Promise<void> {
    try {
      if (this.blotter.get(tradeId) === undefined) {
        this.take([await this.#client.trade(tradeId)])
        cancelAnimationFrame(this.#frame)
        this.#showPending(performance.now())
      }
      this.notice = ''
    } catch (error) {
      this.notice = `${tradeId}: ${problemText(error)}`
      return
    }
    this.group = 'all'
    this.blotter.reveal(tradeId)
  }

  #showPending(nowMs: number): void {
    this.#frame = 0
    const counts = { ...this.counts }
    const count = (trade: Trade, by: number) => {
      for (const group of TRADE_GROUPS) if (isIn(group, trade)) counts[group] += by
    }
    for (const trade of this.#pending.values()) {
      const before = this.#trades.get(trade.tradeId)
      if (before !== undefined) count(before, -1)
      count(trade, 1)
      this.#trades.set(trade.tradeId, trade)
    }
    this.counts = counts
    this.blotter.upsert([...this.#pending.values()], nowMs)
    this.#pending.clear()
  }
}
