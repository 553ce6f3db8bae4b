/** An expanded row: what is below it moves down by the height of what it shows. */
export interface Expansion {
  readonly index: number
  readonly height: number
}

/** Where rows of one height stand when some are expanded. Expansions come in the order of their indexes. */
export class RowLayout {
  readonly #rows: number
  readonly #rowHeight: number
  readonly #expansions: readonly Expansion[]

  constructor(rows: number, rowHeight: number, expansions: readonly Expansion[]) {
    this.#rows = rows
    this.#rowHeight = rowHeight
    this.#expansions = expansions
  }

  get height(): number {
    return this.topOf(this.#rows)
  }

  topOf(index: number): number {
    let top = index * this.#rowHeight
    for (const expansion of this.#expansions) {
      if (expansion.index >= index) break
      top += expansion.height
    }
    return top
  }

  /** Rows to render: those in view, and a few around so that scrolling shows no gaps. */
  inView(
    scrollTop: number,
    viewHeight: number,
    around: number,
  ): { readonly from: number; readonly to: number } {
    const to = Math.min(this.#rows, this.#indexAt(scrollTop + viewHeight) + 1 + around)
    return {
      from: Math.max(0, Math.min(to, this.#indexAt(scrollTop) - around)),
      to: Math.max(0, to),
    }
  }

  /** Where to scroll so that a row is in view; the same place when it is. */
  scrollTopFor(index: number, scrollTop: number, viewHeight: number): number {
    const top = this.topOf(index)
    if (top < scrollTop) return top
    if (top + this.#rowHeight > scrollTop + viewHeight) return top + this.#rowHeight - viewHeight
    return scrollTop
  }

  #indexAt(y: number): number {
    let above = 0
    for (const { index, height } of this.#expansions) {
      const top = (index + 1) * this.#rowHeight + above
      if (y < top) break
      if (y < top + height) return index
      above += height
    }
    return Math.floor((y - above) / this.#rowHeight)
  }
}
