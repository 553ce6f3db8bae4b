/** How wide the columns stand on the screen, px, by id: of header cells with `data-width-of`. */
export function measuredWidths(header: HTMLElement | undefined): Readonly<Record<string, number>> {
  const cells = header?.querySelectorAll<HTMLElement>('[data-width-of]') ?? []
  return Object.fromEntries(
    [...cells].map((cell) => [
      cell.dataset['widthOf'] ?? '',
      Math.round(cell.getBoundingClientRect().width),
    ]),
  )
}
