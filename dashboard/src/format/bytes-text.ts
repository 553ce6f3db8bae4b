const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB'] as const

/** Three figures at most: `812 B`, `1.5 KiB`, `23 MiB`. */
export function bytesText(bytes: number): string {
  let value = bytes
  let unit = 0
  while (value >= 1_000 && unit < UNITS.length - 1) {
    value /= 1_024
    unit += 1
  }
  const digits = unit === 0 || value >= 10 ? 0 : 1
  return `${value.toFixed(digits)} ${UNITS[unit]}`
}
