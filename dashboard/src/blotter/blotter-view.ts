import { type ColumnLayout, layoutOf } from '../columns/column-layout.ts'
import type { Sort } from './arrangement.ts'
import type { Filter, Filters } from './filters.ts'

/** What a user sees of a blotter. */
export interface BlotterView extends ColumnLayout {
  readonly sort: Sort
  readonly filters: Filters
}

export interface KeptViews {
  readonly current: BlotterView | undefined
  readonly saved: readonly { readonly name: string; readonly view: BlotterView }[]
}

type Storage = Pick<globalThis.Storage, 'getItem' | 'setItem'>

const SAVED_MAX = 20
const NAME_CHARACTERS_MAX = 40

/** Adds the view, in place of one with the same name. Unchanged without a name, or with too many. */
export function withSaved(kept: KeptViews, name: string, view: BlotterView): KeptViews {
  const trimmed = name.trim().slice(0, NAME_CHARACTERS_MAX)
  const others = kept.saved.filter((one) => one.name !== trimmed)
  if (trimmed === '' || others.length >= SAVED_MAX) return kept
  return { current: view, saved: [...others, { name: trimmed, view }] }
}

/** What was kept, as far as it can be understood. */
export function readViews(storage: Storage, key: string): KeptViews {
  let kept: unknown
  try {
    kept = JSON.parse(storage.getItem(key) ?? 'null')
  } catch {
    kept = null
  }
  if (!isRecord(kept)) return { current: undefined, saved: [] }
  const saved = (Array.isArray(kept['saved']) ? kept['saved'] : []).flatMap((one: unknown) => {
    const view = isRecord(one) ? readView(one['view']) : undefined
    return isRecord(one) && typeof one['name'] === 'string' && view !== undefined
      ? [{ name: one['name'], view }]
      : []
  })
  return { current: readView(kept['current']), saved: saved.slice(0, SAVED_MAX) }
}

/** Without room in the browser, views last as long as the page. */
export function writeViews(storage: Storage, key: string, kept: KeptViews): void {
  try {
    storage.setItem(key, JSON.stringify(kept))
  } catch {
    // As said.
  }
}

function readView(kept: unknown): BlotterView | undefined {
  if (!isRecord(kept)) return undefined
  const { sort, filters } = kept
  const layout = layoutOf(kept)
  if (!isRecord(sort) || typeof sort['column'] !== 'string' || layout === undefined)
    return undefined
  return {
    sort: { column: sort['column'], direction: sort['direction'] === 1 ? 1 : -1 },
    ...layout,
    filters: isRecord(filters)
      ? Object.fromEntries(
          Object.entries(filters).filter((entry): entry is [string, Filter] => isFilter(entry[1])),
        )
      : {},
  }
}

function isFilter(value: unknown): value is Filter {
  if (!isRecord(value)) return false
  const isEnd = (end: unknown) => end === null || typeof end === 'number'
  switch (value['kind']) {
    case 'set':
      return (
        Array.isArray(value['values']) && value['values'].every((one) => typeof one === 'string')
      )
    case 'range':
      return isEnd(value['from']) && isEnd(value['to'])
    default:
      return value['kind'] === 'text' && typeof value['contains'] === 'string'
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
