export interface BasketMember {
  readonly weight: number
  readonly basePrice: number
}

/** baseLevel x sum(weight x price / basePrice) / sum(weight); prices in the order of the members. Null without weight. */
export function basketLevel(
  members: readonly BasketMember[],
  prices: readonly number[],
  baseLevel: number,
): number | null {
  let relative = 0
  let weights = 0
  for (const [index, { weight, basePrice }] of members.entries()) {
    relative += (weight * (prices[index] ?? Number.NaN)) / basePrice
    weights += weight
  }
  return weights === 0 ? null : (baseLevel * relative) / weights
}
