import type { Instrument, Me } from '#sdk'
import { bookKey, readBook, writeBook } from './book-storage.ts'
import { builtInLists } from './built-in-lists.ts'
import {
  addInstrument,
  checkName,
  createList,
  deleteList,
  moveInstrument,
  moveList,
  openList,
  pinnedFirst,
  removeInstrument,
  renameList,
  togglePin,
  type WatchlistBook,
} from './watchlists.ts'

export interface ListTab {
  readonly id: string
  readonly name: string
  readonly instrumentIds: readonly string[]
  /** Made by the user: can be renamed, moved, filled and deleted. */
  readonly isOwn: boolean
}

/** The user's watchlists, what is shown of them, and which row is selected. Every change is kept at once. */
export class WatchlistDesk {
  instruments: readonly Instrument[] = $state.raw([])
  selectedId: string | undefined = $state()
  #book: WatchlistBook = $state.raw() as WatchlistBook
  readonly #key: string

  readonly #byId = $derived(new Map(this.instruments.map((one) => [one.instrumentId, one])))
  readonly tabs: readonly ListTab[] = $derived([
    ...this.#book.lists.map((list) => ({ ...list, isOwn: true })),
    ...builtInLists(this.instruments).map((list) => ({ ...list, isOwn: false })),
  ])
  readonly active: ListTab = $derived(
    this.tabs.find((tab) => tab.id === this.#book.activeId) ??
      this.tabs.find((tab) => !tab.isOwn) ?? { id: '', name: '', instrumentIds: [], isOwn: false },
  )
  readonly pinned: ReadonlySet<string> = $derived(new Set(this.#book.pinned))
  /** Instruments of the active list as they are shown; those that are not there any more are left out. */
  readonly rows: readonly Instrument[] = $derived(
    pinnedFirst(this.active.instrumentIds, this.#book.pinned).flatMap(
      (id) => this.#byId.get(id) ?? [],
    ),
  )
  readonly selected: Instrument | undefined = $derived(
    this.selectedId === undefined ? undefined : this.instrument(this.selectedId),
  )
  readonly selectedRow: number = $derived(
    this.rows.findIndex((row) => row.instrumentId === this.selectedId),
  )

  constructor({ tenant, user }: Me) {
    this.#key = bookKey(tenant, user)
    this.#book = readBook(localStorage, this.#key)
  }

  /** By rows, staying within the list. */
  moveSelection(by: number): void {
    const last = this.rows.length - 1
    const from = this.selectedRow < 0 ? (by > 0 ? -1 : this.rows.length) : this.selectedRow
    this.selectedId =
      this.rows[Math.max(0, Math.min(last, from + by))]?.instrumentId ?? this.selectedId
  }

  /** Selects an instrument, in the open list if it is there, else in the list of all. */
  goTo(instrumentId: string): void {
    this.selectedId = instrumentId
    if (this.selectedRow < 0) this.open(this.tabs.find((tab) => !tab.isOwn)?.id ?? '')
  }

  instrument(instrumentId: string): Instrument | undefined {
    return this.#byId.get(instrumentId)
  }

  open(id: string): void {
    this.#keep(openList(this.#book, id))
  }

  openNext(by: number): void {
    const at = this.tabs.findIndex((tab) => tab.id === this.active.id)
    const next = this.tabs[(at + by + this.tabs.length) % this.tabs.length]
    if (next !== undefined) this.open(next.id)
  }

  /** Returns why the name is refused. */
  create(name: string): string | undefined {
    const checked = checkName(this.#book, name)
    if ('refusal' in checked) return checked.refusal
    this.#keep(createList(this.#book, checked.name))
    return undefined
  }

  /** Returns why the name is refused. */
  rename(id: string, name: string): string | undefined {
    const checked = checkName(this.#book, name, id)
    if ('refusal' in checked) return checked.refusal
    this.#keep(renameList(this.#book, id, checked.name))
    return undefined
  }

  delete(id: string): void {
    this.#keep(deleteList(this.#book, id))
  }

  moveActive(by: 1 | -1): void {
    if (this.active.isOwn) this.#keep(moveList(this.#book, this.active.id, by))
  }

  togglePin(instrumentId: string): void {
    this.#keep(togglePin(this.#book, instrumentId))
  }

  /** To the open list, which has to be the user's. */
  add(instrumentId: string): void {
    if (this.active.isOwn) this.#keep(addInstrument(this.#book, this.active.id, instrumentId))
  }

  remove(instrumentId: string): void {
    if (!this.active.isOwn) return
    const row = this.selectedRow
    this.#keep(removeInstrument(this.#book, this.active.id, instrumentId))
    if (this.selectedId === instrumentId)
      this.selectedId = this.rows[Math.min(row, this.rows.length - 1)]?.instrumentId
  }

  moveSelected(by: 1 | -1): void {
    if (this.active.isOwn && this.selectedId !== undefined)
      this.#keep(moveInstrument(this.#book, this.active.id, this.selectedId, by))
  }

  #keep(book: WatchlistBook): void {
    this.#book = book
    writeBook(localStorage, this.#key, book)
  }
}
