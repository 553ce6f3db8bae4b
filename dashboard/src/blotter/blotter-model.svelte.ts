import type { Me } from '#sdk'
import {
  type ColumnedTable,
  type ColumnLayout,
  shownColumns,
  standardLayout,
} from '../columns/column-layout.ts'
import { Arrangement, type Sort } from './arrangement.ts'
import {
  type BlotterView,
  type KeptViews,
  readViews,
  withSaved,
  writeViews,
} from './blotter-view.ts'
import type { Column } from './column.ts'
import { type Filter, rowMatcher, valueCounts } from './filters.ts'
import type { Expansion } from './row-layout.ts'

export interface BlotterOptions<Row> {
  /** Names what is kept of it in the browser. */
  readonly id: string
  readonly me: Me
  readonly columns: readonly Column<Row>[]
  readonly keyOf: (row: Row) => string
  readonly sort: Sort
  /** Rows that belong to what is open, before search and filters: a tab. `refresh` after it has another answer. */
  readonly scope?: (row: Row) => boolean
}

/** The rows of a blotter and what its user sees of them. Rows are not changed in place: a changed one is another object with the same key. */
export class BlotterModel<Row extends object> implements ColumnedTable {
  readonly id: string
  readonly columns: readonly Column<Row>[]
  readonly keyOf: (row: Row) => string
  shown: readonly Row[] = $state.raw([])
  /** Of the scope, with those that do not match. */
  total: number = $state(0)
  view: BlotterView = $state.raw() as BlotterView
  search: string = $state('')
  selectedKey: string | undefined = $state()
  saved: KeptViews['saved'] = $state.raw([])
  /** Of expanded rows: the height of what they show. */
  #expanded: ReadonlyMap<string, number> = $state.raw(new Map())
  readonly #arrangement: Arrangement<Row>
  readonly #standard: BlotterView
  readonly #storageKey: string
  readonly #scope: ((row: Row) => boolean) | undefined
  readonly #changedAtMs = new WeakMap<Row, number>()

  // A width that changes leaves these as they are: rows are not made anew while an edge is dragged.
  readonly #shownIds: readonly string[] = $derived(this.view.columns)
  readonly visibleColumns: readonly Column<Row>[] = $derived.by(() =>
    shownColumns(this.columns, this.#shownIds),
  )
  readonly expansions: readonly Expansion[] = $derived(this.#findExpansions())
  readonly selectedIndex: number = $derived(
    this.selectedKey === undefined
      ? -1
      : this.shown.findIndex((row) => this.keyOf(row) === this.selectedKey),
  )

  constructor({ id, me, columns, keyOf, sort, scope }: BlotterOptions<Row>) {
    this.id = id
    this.columns = columns
    this.keyOf = keyOf
    this.#scope = scope
    this.#standard = {
      sort,
      filters: {},
      ...standardLayout(columns),
    }
    this.#storageKey = `orion.blotter.v1|${me.tenant}|${me.user}|${id}`
    const kept = readViews(localStorage, this.#storageKey)
    this.view = kept.current ?? this.#standard
    this.saved = kept.saved
    this.#arrangement = new Arrangement(keyOf, this.#order())
  }

  replace(rows: Iterable<Row>): void {
    this.#arrangement.replace(rows)
    this.#show()
  }

  /** Adds or changes rows, which light up. `nowMs` is of a monotonic clock. */
  upsert(rows: readonly Row[], nowMs: number): void {
    for (const row of rows) this.#changedAtMs.set(row, nowMs)
    this.#arrangement.upsert(rows)
    this.#show()
  }

  /** When the row came to be as it is; undefined when it was so from the start. */
  changedAtMs(row: Row): number | undefined {
    return this.#changedAtMs.get(row)
  }

  get(key: string): Row | undefined {
    return this.#arrangement.get(key)
  }

  /** The scope has another answer. */
  refresh(): void {
    this.#arrange()
  }

  setSearch(text: string): void {
    this.search = text
    this.#arrange()
  }

  /** Up, down, and back to the order that the blotter comes with. */
  sortBy(column: string): void {
    const { sort } = this.view
    if (sort.column !== column) this.setView({ ...this.view, sort: { column, direction: 1 } })
    else if (sort.direction === 1) this.setView({ ...this.view, sort: { column, direction: -1 } })
    else this.setView({ ...this.view, sort: this.#standard.sort })
  }

  setFilter(column: string, filter: Filter | undefined): void {
    const { [column]: _, ...others } = this.view.filters
    this.setView({
      ...this.view,
      filters: filter === undefined ? others : { ...others, [column]: filter },
    })
  }

  clearFilters(): void {
    this.search = ''
    this.setView({ ...this.view, filters: {} })
  }

  setLayout({ columns, widths }: ColumnLayout, isKept = true): void {
    this.view = { ...this.view, columns, widths }
    if (isKept) this.#keep()
  }

  resetColumns(): void {
    this.setLayout(this.#standard)
  }

  setView(view: BlotterView): void {
    this.view = view
    this.#arrange()
    this.#keep()
  }

  resetView(): void {
    this.setView(this.#standard)
  }

  saveView(name: string): void {
    this.saved = withSaved({ current: this.view, saved: this.saved }, name, this.view).saved
    this.#keep()
  }

  deleteView(name: string): void {
    this.saved = this.saved.filter((one) => one.name !== name)
    this.#keep()
  }

  valueCounts(column: Column<Row>): readonly (readonly [value: string, count: number])[] {
    const scope = this.#scope ?? (() => true)
    return valueCounts([...this.#arrangement.all].filter(scope), column)
  }

  /** Selects a row and expands it; what hides it is taken away. */
  reveal(key: string): void {
    this.#arrange()
    if (!this.shown.some((row) => this.keyOf(row) === key)) this.clearFilters()
    this.selectedKey = key
    this.setExpanded(key, true)
  }

  isExpanded(key: string): boolean {
    return this.#expanded.has(key)
  }

  setExpanded(key: string, isExpanded: boolean): void {
    if (this.#expanded.has(key) === isExpanded) return
    const expanded = new Map(this.#expanded)
    if (isExpanded) expanded.set(key, 0)
    else expanded.delete(key)
    this.#expanded = expanded
  }

  setExpandedHeight(key: string, height: number): void {
    if (!this.#expanded.has(key) || this.#expanded.get(key) === height) return
    this.#expanded = new Map(this.#expanded).set(key, height)
  }

  /** By rows, staying within what is shown. */
  moveSelection(by: number): void {
    if (this.shown.length === 0) return
    const from = this.selectedIndex < 0 ? (by > 0 ? -1 : this.shown.length) : this.selectedIndex
    const row = this.shown[Math.max(0, Math.min(this.shown.length - 1, from + by))]
    if (row !== undefined) this.selectedKey = this.keyOf(row)
  }

  #findExpansions(): readonly Expansion[] {
    const found: Expansion[] = []
    if (this.#expanded.size === 0) return found
    for (const [index, row] of this.shown.entries()) {
      const height = this.#expanded.get(this.keyOf(row))
      if (height !== undefined) found.push({ index, height })
    }
    return found
  }

  #order() {
    const scope = this.#scope
    const matches = rowMatcher(this.columns, this.view.filters, this.search)
    return {
      columns: this.columns,
      sort: this.view.sort,
      matches: scope === undefined ? matches : (row: Row) => scope(row) && matches(row),
    }
  }

  #arrange(): void {
    this.#arrangement.arrange(this.#order())
    this.#show()
  }

  #show(): void {
    this.shown = this.#arrangement.shown
    this.total = this.#countScope()
  }

  #countScope(): number {
    if (this.#scope === undefined) return this.#arrangement.size
    let count = 0
    for (const row of this.#arrangement.all) if (this.#scope(row)) count += 1
    return count
  }

  #keep(): void {
    writeViews(localStorage, this.#storageKey, { current: this.view, saved: this.saved })
  }
}
