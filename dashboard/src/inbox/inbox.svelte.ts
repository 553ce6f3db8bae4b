import type { Me, Notification, OrionClient } from '#sdk'
import type { MarketFeed } from '../market/market-feed.svelte.ts'
import { problemText } from '../session/problem-text.ts'
import { isRead, parseMarks, type ReadMarks, withRead } from './read-marks.ts'

const ITEMS_MAX = 500
const PAGE_ITEMS = 200
const TOASTS_MAX = 4
/** A warning goes by itself; what is critical stays until somebody takes it away. */
const WARNING_MS = 10_000

/** What a user was told, newest first; what it has read is kept in this browser. */
export class Inbox {
  items: readonly Notification[] = $state.raw([])
  /** Warnings and worse that came while the page was open. */
  toasts: readonly Notification[] = $state.raw([])
  notice: string = $state('')
  #marks: ReadMarks = $state.raw(parseMarks(null))
  readonly unread: number = $derived(this.items.filter((item) => !isRead(this.#marks, item)).length)
  readonly #client: OrionClient
  readonly #storageKey: string
  readonly #onArrived: (item: Notification) => void
  #isFirst = true

  constructor(
    client: OrionClient,
    { tenant, user }: Me,
    onArrived: (item: Notification) => void = () => {},
  ) {
    this.#client = client
    this.#onArrived = onArrived
    this.#storageKey = `orion.inbox.v1|${tenant}|${user}`
    this.#readMarks()
  }

  /** Follows the channel; returns how to stop. */
  open(feed: MarketFeed): () => void {
    const stop = feed.follow('alerts', {
      onSnapshot: (items) => {
        this.#take(items, !this.#isFirst)
        this.#isFirst = false
      },
      onUpdate: (items) => this.#take(items, true),
    })
    // Another tab of the same user.
    const follow = ({ key }: StorageEvent) => {
      if (key === this.#storageKey) this.#readMarks()
    }
    addEventListener('storage', follow)
    return () => {
      stop()
      removeEventListener('storage', follow)
    }
  }

  async load(): Promise<void> {
    try {
      const { items } = await this.#client.alerts({ limit: PAGE_ITEMS })
      this.#take(items, false)
      this.notice = ''
    } catch (error) {
      this.notice = `Notifications could not be loaded: ${problemText(error)}`
    }
  }

  isRead(item: Notification): boolean {
    return isRead(this.#marks, item)
  }

  markRead(items: readonly Notification[]): void {
    this.#marks = withRead(this.#marks, items, this.items)
    try {
      localStorage.setItem(this.#storageKey, JSON.stringify(this.#marks))
    } catch {
      // No storage: unread again in the next page.
    }
  }

  dismiss({ notificationId }: Notification): void {
    this.toasts = this.toasts.filter((toast) => toast.notificationId !== notificationId)
  }

  #take(items: readonly Notification[], isNews: boolean): void {
    const known = new Set(this.items.map(({ notificationId }) => notificationId))
    const added = items.filter(({ notificationId }) => !known.has(notificationId))
    if (added.length === 0) return
    this.items = [...this.items, ...added].sort(newestFirst).slice(0, ITEMS_MAX)
    if (!isNews) return
    for (const item of added) {
      this.#onArrived(item)
      // What is over does not stand beside the news of its end.
      if (item.kind === 'KILL_SWITCH_DISABLED')
        this.toasts = this.toasts.filter(({ kind }) => kind !== 'KILL_SWITCH_ENABLED')
      if (item.severity === 'INFO' || this.isRead(item)) continue
      this.toasts = [...this.toasts, item].slice(-TOASTS_MAX)
      if (item.severity === 'WARNING') setTimeout(() => this.dismiss(item), WARNING_MS)
    }
  }

  #readMarks(): void {
    try {
      this.#marks = parseMarks(localStorage.getItem(this.#storageKey))
    } catch {
      // No storage.
    }
  }
}

function newestFirst(a: Notification, b: Notification): number {
  if (a.raisedAt !== b.raisedAt) return a.raisedAt < b.raisedAt ? 1 : -1
  return a.notificationId < b.notificationId ? 1 : -1
}
