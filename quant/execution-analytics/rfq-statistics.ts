/** What came of one RFQ. */
export interface RfqOutcome {
  readonly invited: readonly string[]
  readonly quotes: readonly { readonly lp: string; readonly responseMs: number }[]
  /** Null where it did not trade. */
  readonly winner: string | null
  readonly notional: number
}

export interface LpCounts {
  readonly invited: number
  /** RFQs that it quoted, however often. */
  readonly quoted: number
  readonly won: number
  /** RFQs that it quoted and that traded with anyone. */
  readonly quotedOfTraded: number
}

export interface LpRatios {
  readonly quoteRate: number | null
  readonly hitRatio: number | null
  readonly hitRatioOfTraded: number | null
}

export interface LpStatistics extends LpCounts, LpRatios {
  readonly wonNotional: number
  /** One for each quote. */
  readonly responseMs: readonly number[]
}

/** A ratio over nothing is null. */
export function lpRatios({ invited, quoted, won, quotedOfTraded }: LpCounts): LpRatios {
  return {
    quoteRate: ratio(quoted, invited),
    hitRatio: ratio(won, quoted),
    hitRatioOfTraded: ratio(won, quotedOfTraded),
  }
}

export function lpStatistics(rfqs: readonly RfqOutcome[], lp: string): LpStatistics {
  const quotedBy = (rfq: RfqOutcome) => rfq.quotes.some((quote) => quote.lp === lp)
  const won = rfqs.filter(({ winner }) => winner === lp)
  const counts = {
    invited: rfqs.filter(({ invited }) => invited.includes(lp)).length,
    quoted: rfqs.filter(quotedBy).length,
    won: won.length,
    quotedOfTraded: rfqs.filter((rfq) => rfq.winner !== null && quotedBy(rfq)).length,
  }
  return {
    ...counts,
    ...lpRatios(counts),
    wonNotional: won.reduce((sum, { notional }) => sum + notional, 0),
    responseMs: rfqs.flatMap(({ quotes }) =>
      quotes.filter((quote) => quote.lp === lp).map(({ responseMs }) => responseMs),
    ),
  }
}

/** By linear interpolation between the order statistics around (n - 1) x q; null of nothing. */
export function quantile(values: readonly number[], q: number): number | null {
  const sorted = values.toSorted((a, b) => a - b)
  const place = (sorted.length - 1) * q
  const below = sorted[Math.floor(place)]
  const above = sorted[Math.ceil(place)]
  if (below === undefined || above === undefined) return null
  return below + (above - below) * (place - Math.floor(place))
}

function ratio(part: number, whole: number): number | null {
  return whole === 0 ? null : part / whole
}
