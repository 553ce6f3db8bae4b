import type { Instrument, MarketItem, Rfq } from '#sdk'

type Ticked = Pick<Instrument, 'tickSize' | 'priceDecimals'>

interface Scaled {
  readonly units: bigint
  readonly decimals: number
}

const PRICE = /^(-?)(\d{1,15})(?:\.(\d{1,12}))?$/

function scaled(text: string): Scaled | undefined {
  const [, sign = '', whole = '', fraction = ''] = PRICE.exec(text.trim().replaceAll(',', '')) ?? []
  if (whole === '') return undefined
  const units = BigInt(whole + fraction)
  return { units: sign === '-' ? -units : units, decimals: fraction.length }
}

function to({ units, decimals }: Scaled, wanted: number): bigint {
  return units * 10n ** BigInt(wanted - decimals)
}

function plain(units: bigint, decimals: number): string {
  const digits = (units < 0n ? -units : units).toString().padStart(decimals + 1, '0')
  const whole = digits.slice(0, digits.length - decimals)
  return `${units < 0n ? '-' : ''}${whole}${decimals === 0 ? '' : `.${digits.slice(-decimals)}`}`
}

/** A typed price as the gateway takes it, digit by digit; undefined when it is none. */
export function parsePrice(typed: string): string | undefined {
  const price = scaled(typed)
  return price === undefined ? undefined : plain(price.units, price.decimals)
}

/** One tick up or down; from beside the grid to the next place on it. */
export function stepPrice(typed: string, { tickSize }: Ticked, direction: 1 | -1): string {
  const price = scaled(typed)
  const tick = scaled(tickSize)
  if (price === undefined || tick === undefined || tick.units <= 0n) return typed
  const decimals = Math.max(price.decimals, tick.decimals)
  const [at, step] = [to(price, decimals), to(tick, decimals)]
  const off = ((at % step) + step) % step
  const below = at - off
  const next = off === 0n ? at + BigInt(direction) * step : direction > 0 ? below + step : below
  const extra = 10n ** BigInt(decimals - tick.decimals)
  return plain(next / extra, tick.decimals)
}

/** Below 0 when `a` is the better price for who asks: a buyer wants to pay less. */
export function comparePrices(a: string, b: string, side: Rfq['side']): number {
  const [first, second] = [scaled(a), scaled(b)]
  if (first === undefined || second === undefined) return 0
  const decimals = Math.max(first.decimals, second.decimals)
  const order = to(first, decimals) - to(second, decimals)
  return order === 0n ? 0 : order < 0n === (side === 'BUY') ? -1 : 1
}

/** What to begin with: a tick better than the best of the others, else the mid. */
export function suggestedPrice(
  rfq: Rfq,
  me: string,
  instrument: Ticked,
  market: Pick<MarketItem, 'mid'> | undefined,
): string {
  const best = rfq.quotes.find(({ quotedBy }) => quotedBy !== me)
  if (best !== undefined) return stepPrice(best.price, instrument, rfq.side === 'BUY' ? -1 : 1)
  return market?.mid == null ? '' : market.mid.toFixed(instrument.priceDecimals)
}

/** The place that a price would have among the live quotes: of equal ones the earlier is first. */
export function placeOf(rfq: Rfq, price: string, me: string): number {
  const others = rfq.quotes.filter(({ quotedBy }) => quotedBy !== me)
  return 1 + others.filter((quote) => comparePrices(quote.price, price, rfq.side) <= 0).length
}
