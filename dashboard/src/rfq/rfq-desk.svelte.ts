import type { Me, OrionClient, Rfq } from '#sdk'
import { BlotterModel } from '../blotter/blotter-model.svelte.ts'
import type { MarketFeed } from '../market/market-feed.svelte.ts'
import { problemText } from '../session/problem-text.ts'
import { rfqColumns } from './rfq-columns.ts'
import { groupOf, laterOf, type RfqGroup } from './rfq-text.ts'

const PAGE_ITEMS = 500

/**
 * The requests that a user may see: those of the journal as they change, older ones by pages. What arrives is shown once per animation
 * frame; who watches one request hears of it at once.
 */
export class RfqDesk {
  readonly blotter: BlotterModel<Rfq>
  group: RfqGroup = $state('active')
  counts: Readonly<Record<RfqGroup, number>> = $state.raw({ active: 0, executed: 0, other: 0 })
  /** What it waits for, or what went wrong. */
  notice: string = $state('')
  /** Whether there are older ones that were not loaded. */
  hasOlder: boolean = $state(false)
  isLoading: boolean = $state(false)
  readonly #client: OrionClient
  readonly #rfqs = new Map<string, Rfq>()
  readonly #pending = new Map<string, Rfq>()
  readonly #watchers = new Map<string, Set<(rfq: Rfq) => void>>()
  readonly #listeners = new Set<(rfqs: readonly Rfq[]) => void>()
  #cursor: string | undefined
  #frame = 0

  constructor(client: OrionClient, me: Me, on: Parameters<typeof rfqColumns>[0]) {
    this.#client = client
    this.blotter = new BlotterModel({
      id: 'rfqs',
      me,
      columns: rfqColumns(on),
      keyOf: (rfq) => rfq.rfqId,
      sort: { column: 'created', direction: -1 },
      scope: (rfq) => groupOf(rfq) === this.group,
    })
  }

  /** Follows the journal and loads the latest; returns how to stop. */
  open(feed: MarketFeed): () => void {
    const stop = feed.follow('rfqs', {
      onSnapshot: (rfqs) => this.take(rfqs),
      onUpdate: (rfqs) => this.take(rfqs),
    })
    return () => {
      stop()
      cancelAnimationFrame(this.#frame)
      this.#frame = 0
    }
  }

  show(group: RfqGroup): void {
    this.group = group
    this.blotter.refresh()
  }

  get(rfqId: string): Rfq | undefined {
    return this.#pending.get(rfqId) ?? this.#rfqs.get(rfqId)
  }

  /** Calls back with each state of one request as it arrives; returns how to stop. */
  watch(rfqId: string, watcher: (rfq: Rfq) => void): () => void {
    const watchers = this.#watchers.get(rfqId) ?? new Set()
    this.#watchers.set(rfqId, watchers.add(watcher))
    const known = this.get(rfqId)
    if (known !== undefined) watcher(known)
    return () => {
      watchers.delete(watcher)
      if (watchers.size === 0) this.#watchers.delete(rfqId)
    }
  }

  /** Calls back with all that are known, then with those that changed, once per animation frame; returns how to stop. */
  listen(listener: (rfqs: readonly Rfq[]) => void): () => void {
    this.#listeners.add(listener)
    listener([...this.#rfqs.values()])
    return () => this.#listeners.delete(listener)
  }

  /** Opens its tab, selects and expands it, whatever filters hide; asks for it when it is not here. */
  async reveal(rfqId: string): Promise<void> {
    try {
      if (this.blotter.get(rfqId) === undefined) {
        if (this.get(rfqId) === undefined) this.take([await this.#client.rfq(rfqId)])
        cancelAnimationFrame(this.#frame)
        this.#showPending(performance.now())
      }
      this.notice = ''
    } catch (error) {
      this.notice = `${rfqId}: ${problemText(error)}`
      return
    }
    const rfq = this.get(rfqId)
    if (rfq !== undefined) this.group = groupOf(rfq)
    this.blotter.reveal(rfqId)
  }

  /** Takes states in from wherever they come; older ones than known are left. */
  take(rfqs: readonly Rfq[]): void {
    for (const rfq of rfqs) {
      if (laterOf(this.get(rfq.rfqId), rfq) !== rfq) continue
      this.#pending.set(rfq.rfqId, rfq)
      for (const watcher of this.#watchers.get(rfq.rfqId) ?? []) watcher(rfq)
    }
    if (this.#frame === 0) this.#frame = requestAnimationFrame((nowMs) => this.#showPending(nowMs))
  }

  /** The first page, or the next one. */
  async load(): Promise<void> {
    if (this.isLoading) return
    this.isLoading = true
    try {
      const page = await this.#client.rfqs({
        limit: PAGE_ITEMS,
        ...(this.#cursor === undefined ? {} : { cursor: this.#cursor }),
      })
      this.#cursor = page.nextCursor ?? undefined
      this.hasOlder = this.#cursor !== undefined
      this.notice = ''
      this.take(page.items)
    } catch (error) {
      this.notice = `Requests could not be loaded: ${problemText(error)}`
    } finally {
      this.isLoading = false
    }
  }

  #showPending(nowMs: number): void {
    this.#frame = 0
    const counts = { ...this.counts }
    for (const rfq of this.#pending.values()) {
      const before = this.#rfqs.get(rfq.rfqId)
      if (before !== undefined) counts[groupOf(before)] -= 1
      counts[groupOf(rfq)] += 1
      this.#rfqs.set(rfq.rfqId, rfq)
    }
    this.counts = counts
    const changed = [...this.#pending.values()]
    this.#pending.clear()
    this.blotter.upsert(changed, nowMs)
    for (const listener of this.#listeners) listener(changed)
  }
}
