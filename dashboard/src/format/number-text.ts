const formats = new Map<number, Intl.NumberFormat>()

/** Thousands separated, a fixed number of decimals: `1,234.50`. */
export function decimalText(value: number, decimals: number): string {
  let format = formats.get(decimals)
  if (format === undefined) {
    format = new Intl.NumberFormat('en-US', {
      minimumFractionDigits: decimals,
      maximumFractionDigits: decimals,
    })
    formats.set(decimals, format)
  }
  return format.format(value)
}

/** Sizes: whole when they are, else up to 4 decimals: `2,000,000`, `0.125`. */
export function sizeText(size: number | null): string {
  return size === null
    ? '–'
    : new Intl.NumberFormat('en-US', { maximumFractionDigits: 4 }).format(size)
}

/** A decimal's text with thousands separated and zeros that say nothing left out, but at least so many decimals. No digit is lost. */
export function exactText(decimal: string, decimalsMin = 0): string {
  const [, sign = '', whole = '', fraction = ''] = /^(-?)(\d+)(?:\.(\d+))?$/.exec(decimal) ?? []
  if (whole === '') return decimal
  const kept = fraction.replace(/0+$/, '').padEnd(decimalsMin, '0')
  const grouped = whole.replace(/^0+(?=\d)/, '').replace(/\B(?=(\d{3})+$)/g, ',')
  return `${sign}${grouped}${kept === '' ? '' : `.${kept}`}`
}
