import type { Page } from '../protocol.ts'
import { foreignCursor, readCursor, writeCursor } from './cursor.ts'

export interface SortedPageOptions<T> {
  /** Names the list and its order: a cursor of another one is refused. */
  readonly list: string
  readonly limit: number
  readonly cursor: string | undefined
  readonly descending: boolean
  /** What it is sorted by, then by id, both by code unit. */
  readonly sortText: (item: T) => string
  readonly idOf: (item: T) => string
}

/** The items behind the cursor, in order. @throws {ProblemError} 400 for a cursor of another list */
export function sortedPage<T>(found: Iterable<T>, options: SortedPageOptions<T>): Page<T> {
  const { cursor, descending, idOf, limit, list, sortText } = options
  const after = parse(readCursor(list, cursor))
  const compare = (a: Place, b: Place): number => {
    const order = compareText(a[0], b[0]) || compareText(a[1], b[1])
    return descending ? -order : order
  }
  const placed: { readonly place: Place; readonly item: T }[] = []
  for (const item of found) {
    const place: Place = [sortText(item), idOf(item)]
    if (after === undefined || compare(place, after) > 0) placed.push({ place, item })
  }
  placed.sort((a, b) => compare(a.place, b.place))
  const page = placed.slice(0, limit)
  const last = placed.length > limit ? page.at(-1) : undefined
  return {
    items: page.map(({ item }) => item),
    nextCursor: last === undefined ? null : writeCursor(list, JSON.stringify(last.place)),
  }
}

type Place = readonly [value: string, id: string]

function compareText(a: string, b: string): number {
  return a === b ? 0 : a < b ? -1 : 1
}

function parse(text: string | undefined): Place | undefined {
  if (text === undefined) return undefined
  try {
    const place: unknown = JSON.parse(text)
    if (
      Array.isArray(place) &&
      place.length === 2 &&
      place.every((part) => typeof part === 'string')
    )
      return place as unknown as Place
  } catch {
    // Not JSON: the same answer.
  }
  throw foreignCursor()
}
