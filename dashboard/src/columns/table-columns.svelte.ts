import type { Me } from '#sdk'
import {
  type ColumnedTable,
  type ColumnLayout,
  type LaidOutColumn,
  layoutOf,
  shownColumns,
  standardLayout,
} from './column-layout.ts'

/** The columns of a table that has nothing else to keep, per user and in this browser. */
export class TableColumns<C extends LaidOutColumn> implements ColumnedTable {
  readonly columns: readonly C[]
  view: ColumnLayout = $state.raw() as ColumnLayout
  readonly #key: string

  // A width that changes leaves these as they are: rows are not made anew while an edge is dragged.
  readonly #shownIds: readonly string[] = $derived(this.view.columns)
  readonly shown: readonly C[] = $derived.by(() => shownColumns(this.columns, this.#shownIds))

  constructor(id: string, { tenant, user }: Me, columns: readonly C[]) {
    this.columns = columns
    this.#key = `orion.columns.v1|${tenant}|${user}|${id}`
    this.view = readLayout(this.#key) ?? standardLayout(columns)
  }

  setLayout(layout: ColumnLayout, isKept = true): void {
    this.view = layout
    if (!isKept) return
    try {
      localStorage.setItem(this.#key, JSON.stringify(layout))
    } catch {
      // Without room in the browser it lasts as long as the page.
    }
  }

  resetColumns(): void {
    this.setLayout(standardLayout(this.columns))
  }
}

function readLayout(key: string): ColumnLayout | undefined {
  try {
    return layoutOf(JSON.parse(localStorage.getItem(key) ?? 'null'))
  } catch {
    return undefined
  }
}
