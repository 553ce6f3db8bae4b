import { exactText } from '../format/number-text.ts'

/** 10^18: amounts have up to 18 decimals. */
const SCALE = 18
const ONE = 10n ** BigInt(SCALE)
const WHOLE_DIGITS_MAX = 20

const SHORT: Readonly<Record<string, bigint>> = {
  '': 1n,
  k: 1_000n,
  m: 1_000_000n,
  mm: 1_000_000n,
  b: 1_000_000_000n,
  bn: 1_000_000_000n,
}

export type ParsedSize = { readonly size: string } | { readonly refusal: string }

/** A size as traders type it: `5m`, `250k`, `1,500,000`, `2.5mm`. It must be whole lots; never rounded. */
export function parseSize(typed: string, lotSize: string): ParsedSize {
  const text = typed.trim().toLowerCase()
  if (text === '') return { refusal: 'Type a size, for example 5m or 250k.' }
  const [, number = '', unit = ''] = /^([\d,]*\.?\d*)\s*(k|mm?|bn?)?$/.exec(text) ?? []
  const units = scaled(number.replaceAll(',', ''))
  if (units === undefined || !/\d/.test(number))
    return { refusal: `“${typed.trim()}” is no size: type 5m, 250k or 1,500,000.` }
  const size = units * (SHORT[unit] ?? 1n)
  if (size === 0n) return { refusal: 'The size must be more than zero.' }
  if (size >= ONE * 10n ** BigInt(WHOLE_DIGITS_MAX)) return { refusal: 'The size is too large.' }
  const lot = scaled(lotSize) ?? 0n
  if (lot > 0n && size % lot !== 0n) {
    const below = size - (size % lot)
    const near = [below, below + lot].filter((one) => one > 0n).map(shown)
    return { refusal: `The size must be whole lots of ${shown(lot)}: ${near.join(' or ')}.` }
  }
  return { size: plain(size) }
}

/** One step up or down: of the leading digit, at least a lot, and never below a lot. */
export function stepSize(typed: string, lotSize: string, direction: 1 | -1): string {
  const parsed = parseSize(typed, lotSize)
  const lot = scaled(lotSize) ?? ONE
  if ('refusal' in parsed) return shown(lot)
  const size = scaled(parsed.size) ?? lot
  const leading = 10n ** BigInt(size.toString().length - 1)
  // Down from 1,000,000 goes to 900,000.
  const step = direction < 0 && size === leading ? leading / 10n : leading
  const whole = step % lot === 0n ? step : lot
  const next = size + BigInt(direction) * whole
  return shown(next < lot ? lot : next)
}

function scaled(decimal: string): bigint | undefined {
  const [, whole = '', fraction = ''] = /^(\d*)(?:\.(\d*))?$/.exec(decimal) ?? []
  if ((whole === '' && fraction === '') || fraction.length > SCALE) return undefined
  return BigInt(whole === '' ? 0 : whole) * ONE + BigInt(fraction.padEnd(SCALE, '0'))
}

function plain(units: bigint): string {
  const fraction = (units % ONE).toString().padStart(SCALE, '0').replace(/0+$/, '')
  return `${units / ONE}${fraction === '' ? '' : `.${fraction}`}`
}

function shown(units: bigint): string {
  return exactText(plain(units))
}
