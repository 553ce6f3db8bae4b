/** How figures are written. The language is fixed, so that the same result gives the same text everywhere. */

/** 1234567.8 -> 1,234,568 */
export function count(value: number): string {
  return Math.round(value).toLocaleString('en-US')
}

export function fixed(value: number, digits: number): string {
  return value.toLocaleString('en-US', {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  })
}

/** Two to three digits that matter: 0.36, 4.1, 15.7, 94, 1,047. */
export function short(value: number): string {
  const size = Math.abs(value)
  return fixed(value, size < 1 ? 2 : size < 20 ? 1 : 0)
}

/** Milliseconds, as seconds from 10 s on. */
export function duration(ms: number): string {
  return ms < 10_000 ? `${short(ms)} ms` : `${fixed(ms / 1_000, 1)} s`
}

/** Amounts on an axis: 500, 20 k, 1 M. */
export function axisCount(value: number): string {
  if (value >= 1_000_000) return `${Number((value / 1_000_000).toPrecision(3))} M`
  return value >= 1_000 ? `${Number((value / 1_000).toPrecision(3))} k` : String(value)
}

export function table(
  head: readonly string[],
  rows: readonly (readonly (string | number)[])[],
): string {
  const line = (cells: readonly (string | number)[]): string => `| ${cells.join(' | ')} |`
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n')
}
