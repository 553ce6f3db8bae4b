const DIGITS = 38
const SCALE = 18

/** Text whose order is that of decimals with up to 20 digits before the point and 18 behind it. */
export function decimalOrder(decimal: string): string {
  const isNegative = decimal.startsWith('-')
  const [whole = '', fraction = ''] = (isNegative ? decimal.slice(1) : decimal).split('.')
  const digits = `${whole}${fraction.padEnd(SCALE, '0')}`.padStart(DIGITS, '0')
  return isNegative ? `-${[...digits].map((digit) => 9 - Number(digit)).join('')}` : `0${digits}`
}
