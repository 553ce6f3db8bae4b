/** A list that the user made. */
interface Watchlist {
  readonly id: string
  readonly name: string
  readonly instrumentIds: readonly string[]
}

/** All that a user arranged. Lists in the order of their tabs; pinned instruments lead in every list. */
export interface WatchlistBook {
  readonly lists: readonly Watchlist[]
  readonly pinned: readonly string[]
  /** Id of a list of the user, or of a built-in one. */
  readonly activeId: string
}

export const LISTS_MAX = 40
export const INSTRUMENTS_PER_LIST_MAX = 500
export const NAME_LENGTH_MAX = 40
export const ALL_ID = 'all'

export const EMPTY_BOOK: WatchlistBook = { lists: [], pinned: [], activeId: ALL_ID }

/** A name as it is kept, or why it is refused. */
export function checkName(
  book: WatchlistBook,
  name: string,
  except?: string,
): { readonly name: string } | { readonly refusal: string } {
  const trimmed = name.trim().replace(/\s+/g, ' ')
  if (trimmed === '') return { refusal: 'Give the list a name.' }
  if (trimmed.length > NAME_LENGTH_MAX) return { refusal: `At most ${NAME_LENGTH_MAX} characters.` }
  const isTaken = book.lists.some(
    (list) => list.id !== except && list.name.toLowerCase() === trimmed.toLowerCase(),
  )
  return isTaken ? { refusal: `There is a list ${trimmed} already.` } : { name: trimmed }
}

/** Adds an empty list at the end and opens it. The name has been checked. */
export function createList(book: WatchlistBook, name: string): WatchlistBook {
  if (book.lists.length >= LISTS_MAX) return book
  const numbers = book.lists.map((list) => Number(list.id.replace('list-', '')) || 0)
  const id = `list-${Math.max(0, ...numbers) + 1}`
  return { ...book, lists: [...book.lists, { id, name, instrumentIds: [] }], activeId: id }
}

export function renameList(book: WatchlistBook, id: string, name: string): WatchlistBook {
  return changeList(book, id, (list) => ({ ...list, name }))
}

/** Opens the neighbour of a list that was open. */
export function deleteList(book: WatchlistBook, id: string): WatchlistBook {
  const index = book.lists.findIndex((list) => list.id === id)
  if (index < 0) return book
  const lists = book.lists.filter((list) => list.id !== id)
  const neighbour = lists[Math.min(index, lists.length - 1)]?.id ?? ALL_ID
  return { ...book, lists, activeId: book.activeId === id ? neighbour : book.activeId }
}

export function moveList(book: WatchlistBook, id: string, by: number): WatchlistBook {
  return { ...book, lists: moved(book.lists, (list) => list.id === id, by) }
}

export function openList(book: WatchlistBook, id: string): WatchlistBook {
  return { ...book, activeId: id }
}

/** A full list stays as it is. */
export function addInstrument(
  book: WatchlistBook,
  id: string,
  instrumentId: string,
): WatchlistBook {
  return changeList(book, id, (list) =>
    list.instrumentIds.includes(instrumentId) ||
    list.instrumentIds.length >= INSTRUMENTS_PER_LIST_MAX
      ? list
      : { ...list, instrumentIds: [...list.instrumentIds, instrumentId] },
  )
}

export function removeInstrument(
  book: WatchlistBook,
  id: string,
  instrumentId: string,
): WatchlistBook {
  return changeList(book, id, (list) => ({
    ...list,
    instrumentIds: list.instrumentIds.filter((other) => other !== instrumentId),
  }))
}

/** Past its neighbour of the same kind: pinned instruments move among pinned ones. */
export function moveInstrument(
  book: WatchlistBook,
  id: string,
  instrumentId: string,
  by: 1 | -1,
): WatchlistBook {
  const isPinned = book.pinned.includes(instrumentId)
  return changeList(book, id, (list) => {
    const peers = list.instrumentIds.filter((other) => book.pinned.includes(other) === isPinned)
    const neighbour = peers[peers.indexOf(instrumentId) + by]
    if (neighbour === undefined || !peers.includes(instrumentId)) return list
    const instrumentIds = list.instrumentIds.map((other) =>
      other === instrumentId ? neighbour : other === neighbour ? instrumentId : other,
    )
    return { ...list, instrumentIds }
  })
}

export function togglePin(book: WatchlistBook, instrumentId: string): WatchlistBook {
  const pinned = book.pinned.includes(instrumentId)
    ? book.pinned.filter((other) => other !== instrumentId)
    : [...book.pinned, instrumentId].slice(-INSTRUMENTS_PER_LIST_MAX)
  return { ...book, pinned }
}

/** Pinned instruments of a list first; otherwise its own order. */
export function pinnedFirst(
  instrumentIds: readonly string[],
  pinned: readonly string[],
): readonly string[] {
  if (pinned.length === 0) return instrumentIds
  const isPinned = new Set(pinned)
  return [
    ...instrumentIds.filter((id) => isPinned.has(id)),
    ...instrumentIds.filter((id) => !isPinned.has(id)),
  ]
}

function changeList(
  book: WatchlistBook,
  id: string,
  change: (list: Watchlist) => Watchlist,
): WatchlistBook {
  return { ...book, lists: book.lists.map((list) => (list.id === id ? change(list) : list)) }
}

function moved<T>(items: readonly T[], isIt: (item: T) => boolean, by: number): readonly T[] {
  const from = items.findIndex(isIt)
  const to = from + by
  const item = items[from]
  if (item === undefined || to < 0 || to >= items.length) return items
  return items.toSpliced(from, 1).toSpliced(to, 0, item)
}
