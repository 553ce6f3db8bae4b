/** Rows to render of a long list: those in view and a few around, so that scrolling shows no gaps. */
export function visibleRange(options: {
  readonly scrollTop: number
  readonly viewHeight: number
  readonly rowHeight: number
  readonly rows: number
  readonly around: number
}): { readonly from: number; readonly to: number } {
  const { scrollTop, viewHeight, rowHeight, rows, around } = options
  const first = Math.floor(scrollTop / rowHeight) - around
  const last = Math.ceil((scrollTop + viewHeight) / rowHeight) + around
  const to = Math.min(rows, Math.max(0, last))
  return { from: Math.min(to, Math.max(0, first)), to }
}

/** Where to scroll so that a row is in view; the same place when it is. */
export function scrollTopFor(options: {
  readonly scrollTop: number
  readonly viewHeight: number
  readonly rowHeight: number
  readonly row: number
}): number {
  const { scrollTop, viewHeight, rowHeight, row } = options
  const top = row * rowHeight
  if (top < scrollTop) return top
  if (top + rowHeight > scrollTop + viewHeight) return top + rowHeight - viewHeight
  return scrollTop
}
