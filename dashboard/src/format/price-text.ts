import type { Instrument } from '#sdk'
import { decimalText, exactText } from './number-text.ts'

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
  return partsOf(decimalText(price, quoting.priceDecimals), quoting.priceDecimals, quoting)
}

/** The same of a decimal's text, exactly: it may have more decimals than the instrument is quoted in. */
export function exactPriceParts(price: string, quoting: Quoting): PriceParts {
  const text = exactText(price, quoting.priceDecimals)
  return partsOf(text, text.split('.')[1]?.length ?? 0, quoting)
}

function partsOf(text: string, decimals: number, quoting: Quoting): PriceParts {
  const end = text.length - (decimals - pipDecimals(quoting))
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
