import {
  EMPTY_BOOK,
  INSTRUMENTS_PER_LIST_MAX,
  LISTS_MAX,
  type WatchlistBook,
} from './watchlists.ts'

type Storage = Pick<globalThis.Storage, 'getItem' | 'setItem'>

export function bookKey(tenant: string, user: string): string {
  return `orion.watchlists.v1|${tenant}|${user}`
}

/** What was kept, as far as it can be understood; an empty book otherwise. */
export function readBook(storage: Storage, key: string): WatchlistBook {
  let kept: unknown
  try {
    kept = JSON.parse(storage.getItem(key) ?? 'null')
  } catch {
    return EMPTY_BOOK
  }
  if (!isRecord(kept)) return EMPTY_BOOK
  const lists = (Array.isArray(kept['lists']) ? kept['lists'] : []).flatMap((list: unknown) =>
    isRecord(list) && typeof list['id'] === 'string' && typeof list['name'] === 'string'
      ? [{ id: list['id'], name: list['name'], instrumentIds: strings(list['instrumentIds']) }]
      : [],
  )
  return {
    lists: lists.slice(0, LISTS_MAX),
    pinned: strings(kept['pinned']),
    activeId: typeof kept['activeId'] === 'string' ? kept['activeId'] : EMPTY_BOOK.activeId,
  }
}

/** False when the browser has no room or allows none: the book then lasts as long as the page. */
export function writeBook(storage: Storage, key: string, book: WatchlistBook): boolean {
  try {
    storage.setItem(key, JSON.stringify(book))
    return true
  } catch {
    return false
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}

function strings(value: unknown): readonly string[] {
  if (!Array.isArray(value)) return []
  const texts = value.filter((item): item is string => typeof item === 'string')
  return [...new Set(texts)].slice(0, INSTRUMENTS_PER_LIST_MAX)
}
