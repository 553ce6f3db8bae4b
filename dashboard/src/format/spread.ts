import type { Instrument, MarketItem } from '#sdk'
import { decimalText } from './number-text.ts'
import { pipDecimals } from './price-text.ts'

type Sides = Pick<MarketItem, 'bid' | 'ask'>

/** Ask less bid over their middle, in basis points; undefined without two sides or around a price of zero. */
function spreadBps({ bid, ask }: Sides): number | undefined {
  if (bid === null || ask === null) return undefined
  const mid = (bid + ask) / 2
  return mid > 0 ? ((ask - bid) / mid) * 10_000 : undefined
}

export function spreadBpsText(sides: Sides): string {
  const bps = spreadBps(sides)
  return bps === undefined ? '–' : decimalText(bps, Math.abs(bps) < 100 ? 2 : 0)
}

/** In pips for FX, else in ticks of the instrument. */
export function spreadUnit({ assetClass }: Pick<Instrument, 'assetClass'>): 'pip' | 'tick' {
  return assetClass === 'FX' ? 'pip' : 'tick'
}

export function spreadText(
  { bid, ask }: Sides,
  instrument: Pick<Instrument, 'assetClass' | 'priceDecimals' | 'tickSize'>,
): string {
  if (bid === null || ask === null) return '–'
  if (spreadUnit(instrument) === 'pip')
    return decimalText((ask - bid) * 10 ** pipDecimals(instrument), 1)
  const tick = Number(instrument.tickSize)
  return tick > 0 ? decimalText((ask - bid) / tick, 0) : '–'
}
