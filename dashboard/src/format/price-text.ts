import type { Instrument } from '#sdk'
import { decimalText } from './number-text.ts'

/** A price in the three sizes that traders read it in: `1.08`, `54`, `2`. */
export interface PriceParts {
  readonly lead: string
  readonly pips: string
  readonly fraction: string
}

type Quoting = Pick<Instrument, 'assetClass' | 'priceDecimals'>

/** Decimals of one pip: FX quoted to an odd number of decimals (1.08542, 151.237) shows tenths of a pip last. */
export function pipDecimals({ assetClass, priceDecimals }: Quoting): number {
  return hasPipFraction({ assetClass, priceDecimals }) ? priceDecimals - 1 : priceDecimals
}

/** Emphasises the pips of FX, elsewhere the last two digits. */
export function priceParts(price: number | null, quoting: Quoting): PriceParts {
  if (price === null) return { lead: '', pips: '–', fraction: '' }
  const text = decimalText(price, quoting.priceDecimals)
  const end = hasPipFraction(quoting) ? text.length - 1 : text.length
  let start = end
  for (let digits = 0; start > 0 && digits < 2; start -= 1) {
    const character = text.charAt(start - 1)
    // A lone decimal is emphasised alone: `101.5`, not `1.5`.
    if (character === '.' || character === '-') break
    if (character !== ',') digits += 1
  }
  return { lead: text.slice(0, start), pips: text.slice(start, end), fraction: text.slice(end) }
}

export function priceText(price: number | null, priceDecimals: number): string {
  return price === null ? '–' : decimalText(price, priceDecimals)
}

function hasPipFraction({ assetClass, priceDecimals }: Quoting): boolean {
  return assetClass === 'FX' && priceDecimals >= 3 && priceDecimals % 2 === 1
}
