import type { AssetClass, Level, Ohlc } from '#avro'
import type { DeadLetterCause } from '#streams'
import { refusal } from './refusals.ts'

/** Asset classes whose prices are yields, spreads or storage-bound: zero and below are prices there. */
const MAY_BE_NEGATIVE: Readonly<Record<AssetClass, boolean>> = {
  UNKNOWN: false,
  FX: false,
  RATES: true,
  CREDIT: true,
  EQUITY: false,
  CRYPTO: false,
  COMMODITY: true,
}

/** Beyond these a number is no price and no size, and sums and products of it would not stay finite. */
const PRICE_MAX = 1e12
const SIZE_MAX = 1e15

/** Undefined when the price can be one. */
export function refusePrice(
  assetClass: AssetClass,
  name: string,
  price: number,
): DeadLetterCause | undefined {
  if (!(Math.abs(price) <= PRICE_MAX))
    return refusal('MARKET_DATA_BAD_PRICE', `${name} is ${String(price)}`)
  if (price > 0 || MAY_BE_NEGATIVE[assetClass] === true) return undefined
  return refusal('MARKET_DATA_BAD_PRICE', `${name} is ${price} for ${assetClass}`)
}

export function refuseSize(name: string, size: number | null): DeadLetterCause | undefined {
  if (size === null || (size >= 0 && size <= SIZE_MAX)) return undefined
  return refusal('MARKET_DATA_BAD_SIZE', `${name} is ${String(size)}`)
}

export function refuseOhlc(
  assetClass: AssetClass,
  name: string,
  ohlc: Ohlc,
): DeadLetterCause | undefined {
  const { open, high, low, close } = ohlc
  const refused =
    refusePrice(assetClass, `${name} open`, open) ??
    refusePrice(assetClass, `${name} high`, high) ??
    refusePrice(assetClass, `${name} low`, low) ??
    refusePrice(assetClass, `${name} close`, close)
  if (refused !== undefined) return refused
  if (high >= low) return undefined
  return refusal('MARKET_DATA_BAD_BAR', `${name} high ${high} is below low ${low}`)
}

export function refuseLevels(
  assetClass: AssetClass,
  side: string,
  levels: readonly Level[],
): DeadLetterCause | undefined {
  for (const level of levels) {
    const refused =
      refusePrice(assetClass, `a ${side} price`, level.price) ??
      refuseSize(`a ${side} size`, level.size)
    if (refused !== undefined) return refused
  }
  return undefined
}

const DAY_MS = 86_400_000

/** Absurd: before 1970-01-02, or more than a day after it was received. */
export function refuseTime(
  eventTimeMs: number,
  receivedTimeMs: number,
): DeadLetterCause | undefined {
  if (!Number.isSafeInteger(eventTimeMs) || eventTimeMs < DAY_MS) {
    return refusal(
      'MARKET_DATA_BAD_TIME',
      `event time ${String(eventTimeMs)} is no time of trading`,
    )
  }
  if (eventTimeMs <= receivedTimeMs + DAY_MS) return undefined
  return refusal(
    'MARKET_DATA_BAD_TIME',
    `event time ${eventTimeMs} is more than a day after its receipt at ${receivedTimeMs}`,
  )
}
