/** A column of a table, as far as its place and width go. */
export interface LaidOutColumn {
  readonly id: string
  readonly title: string
  /** Beside the title. */
  readonly unit?: string
  /** Least width, px, until the user gives it another. */
  readonly width: number
  /** Its share of what is over; its width when it is left out. */
  readonly share?: number
  /** Not shown until the user chooses it. */
  readonly isHidden?: boolean
  /** Cannot be hidden. */
  readonly isKept?: boolean
}

/** What a user made of the columns of a table. */
export interface ColumnLayout {
  /** Ids of those that are shown, in their order. */
  readonly columns: readonly string[]
  /** px, by id. Empty: the columns share the room there is. With any of them, every column has the width that it is given here, or its least. */
  readonly widths: Readonly<Record<string, number>>
}

/** A table whose columns can be laid out. */
export interface ColumnedTable {
  readonly columns: readonly LaidOutColumn[]
  readonly view: ColumnLayout
  /** Kept in the browser, unless there is more to come: a drag that goes on. */
  setLayout(layout: ColumnLayout, isKept?: boolean): void
  resetColumns(): void
}

export const WIDTH_STEP = 8
const WIDTH_MIN = 32
const WIDTH_MAX = 1_200

export function standardLayout(columns: readonly LaidOutColumn[]): ColumnLayout {
  return {
    columns: columns.filter(({ isHidden }) => isHidden !== true).map(({ id }) => id),
    widths: {},
  }
}

/** Those that are shown, in their order. Of those that are not there any more none; those that cannot be hidden in any case. */
export function shownColumns<C extends LaidOutColumn>(
  columns: readonly C[],
  shown: readonly string[],
): readonly C[] {
  return [
    ...columns.filter(({ id, isKept }) => isKept === true && !shown.includes(id)),
    ...shown.flatMap((id) => columns.find((column) => column.id === id) ?? []),
  ]
}

/** Shows a column as the last, or hides it; one always stays. */
export function withToggled(layout: ColumnLayout, id: string): ColumnLayout {
  const others = layout.columns.filter((one) => one !== id)
  if (others.length === 0) return layout
  const isShown = others.length < layout.columns.length
  return { ...layout, columns: isShown ? others : [...layout.columns, id] }
}

/** The same when there is no further place. */
export function withMoved(layout: ColumnLayout, id: string, by: 1 | -1): ColumnLayout {
  const from = layout.columns.indexOf(id)
  const to = from + by
  if (from < 0 || to < 0 || to >= layout.columns.length) return layout
  const columns = layout.columns.filter((one) => one !== id)
  columns.splice(to, 0, id)
  return { ...layout, columns }
}

/**
 * Gives one column a width. From then on the others stand still at the widths that they have on the screen: an edge that is dragged stays under
 * the pointer.
 */
export function withWidth(
  layout: ColumnLayout,
  id: string,
  width: number,
  onScreen: ColumnLayout['widths'],
): ColumnLayout {
  const bounded = Math.max(WIDTH_MIN, Math.min(WIDTH_MAX, Math.round(width)))
  return { ...layout, widths: { ...onScreen, ...layout.widths, [id]: bounded } }
}

/** px, at least. */
export function leastWidth(
  columns: readonly LaidOutColumn[],
  widths: ColumnLayout['widths'],
): number {
  return columns.reduce((sum, { id, width }) => sum + (widths[id] ?? width), 0)
}

/** For `grid-template-columns`. */
export function tracks(columns: readonly LaidOutColumn[], widths: ColumnLayout['widths']): string {
  const isShared = Object.keys(widths).length === 0
  return columns
    .map(({ id, width, share = width }) =>
      isShared && share > 0 ? `minmax(${width}px, ${share}fr)` : `${widths[id] ?? width}px`,
    )
    .join(' ')
}

/** What was kept, as far as it can be understood. */
export function layoutOf(kept: unknown): ColumnLayout | undefined {
  if (!isRecord(kept) || !Array.isArray(kept['columns'])) return undefined
  const columns = kept['columns'].filter((id): id is string => typeof id === 'string')
  if (columns.length === 0) return undefined
  const widths = isRecord(kept['widths']) ? Object.entries(kept['widths']) : []
  return {
    columns: [...new Set(columns)],
    widths: Object.fromEntries(
      widths.filter(
        (entry): entry is [string, number] =>
          typeof entry[1] === 'number' && entry[1] >= WIDTH_MIN && entry[1] <= WIDTH_MAX,
      ),
    ),
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
