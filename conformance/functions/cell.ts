import type { WindowedKey } from '#streams'

export type Scalar = string | number
export type Present = Scalar | WindowedKey<Cell>
/** What keys and values of a case hold at run time; null in a case is undefined here. */
export type Cell = Present | undefined

/** The digits of a number, a string as it is, a windowed key as Kafka Streams prints it; nothing is the word null. */
export function text(cell: Cell): string {
  if (cell === undefined) return 'null'
  if (typeof cell !== 'object') return String(cell)
  return `[${text(cell.key)}@${cell.startMs}/${cell.endMs}]`
}

/** The number, or a string of an optional minus and 1 to 15 digits parsed; everything else counts as 0. */
export function number(cell: Cell): number {
  if (typeof cell === 'number') return cell
  if (typeof cell !== 'string' || !/^-?[0-9]{1,15}$/.test(cell)) return 0
  // Of "-0", too, plain zero.
  return Number(cell) + 0
}

/** Parts between a literal separator, empty ones kept. An empty separator cuts between characters and leaves an empty last part. */
export function splitText(whole: string, separator: string): string[] {
  if (separator !== '') return whole.split(separator)
  return whole === '' ? [''] : [...whole, '']
}

export function cellOf(literal: Scalar | null): Scalar | undefined {
  return literal ?? undefined
}
