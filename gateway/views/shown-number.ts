/** Sizes have no more decimals than this anywhere. */
const SIZE_DECIMALS = 8
/** Relative; double arithmetic on a few prices is wrong by 1e-16 to 1e-14. */
const NOISE = 1e-12

/**
 * A price without what binary arithmetic adds to it (1.1495799999999998): at one decimal more than the instrument's, as a mid may be half
 * a tick. A price that really has more decimals than that is left as it is.
 */
export function shownPrice(price: number, priceDecimals: number): number {
  return withoutNoise(price, priceDecimals + 1)
}

/** A sum of sizes, in the same way. */
export function shownSize(size: number): number {
  return withoutNoise(size, SIZE_DECIMALS)
}

function withoutNoise(value: number, decimals: number): number {
  const scale = 10 ** decimals
  // An integer over a power of ten is the double nearest to that decimal: it is printed with no more digits.
  const rounded = Math.round(value * scale) / scale
  return Math.abs(rounded - value) <= Math.abs(value) * NOISE ? rounded : value
}
