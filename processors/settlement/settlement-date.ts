import type { AssetClass } from '#avro'
import { businessDaysAfter, type CalendarName } from '#quant/calendars'

export interface Terms {
  /** ISO 8601. */
  readonly settlementDate: string
  /** T+0, T+1, T+2. */
  readonly settlementCycle: string
  /** Names of all calendars that were asked, with `+` between. */
  readonly calendar: string
}

interface Convention {
  readonly days: number
  /** Open on every day that is counted. */
  readonly counting: readonly CalendarName[]
  /** Open on the settlement date. */
  readonly final: readonly CalendarName[]
}

export interface Settled {
  readonly assetClass: AssetClass
  readonly instrumentId: string
  readonly currency: string
  readonly tradeDate: string
}

/** When a trade settles by the convention of its market. */
export function termsOf(trade: Settled): Terms {
  const { days, counting, final } = conventionOf(trade)
  return {
    settlementDate: businessDaysAfter(trade.tradeDate, days, counting, final),
    settlementCycle: `T+${days}`,
    calendar: final.join('+'),
  }
}

function conventionOf({ assetClass, currency, instrumentId }: Settled): Convention {
  const own = [calendarOf(currency)]
  switch (assetClass) {
    case 'FX':
      return spotOf(instrumentId, currency)
    case 'EQUITY': {
      const exchange = currency === 'USD' ? (['NYSE'] as const) : own
      return { days: 1, counting: exchange, final: exchange }
    }
    case 'RATES':
      return { days: 1, counting: own, final: own }
    case 'CREDIT':
      return { days: currency === 'USD' ? 1 : 2, counting: own, final: own }
    case 'CRYPTO':
      return { days: 0, counting: ['NONE'], final: ['NONE'] }
    case 'COMMODITY':
    case 'UNKNOWN':
      return { days: 2, counting: own, final: own }
  }
}

/** Settle in a day: their markets share the dollar's hours, or agreed so. */
const NEXT_DAY_PAIRS: ReadonlySet<string> = new Set(['CADUSD', 'PHPUSD', 'RUBUSD', 'TRYUSD'])

/** Spot: a holiday of the dollar does not stop the count of days, but nothing settles on it. */
function spotOf(instrumentId: string, quote: string): Convention {
  const base = instrumentId.slice(0, 3)
  const days = NEXT_DAY_PAIRS.has([base, quote].sort().join('')) ? 1 : 2
  const final = [...new Set([calendarOf(base), calendarOf(quote)])].sort()
  const counting = days === 1 ? final : final.filter((calendar) => calendar !== 'US_SETTLEMENT')
  return { days, counting: counting.length === 0 ? ['WEEKEND'] : counting, final }
}

const CURRENCY_CALENDARS: Readonly<Record<string, CalendarName>> = {
  USD: 'US_SETTLEMENT',
  EUR: 'TARGET',
  GBP: 'UK',
}

/** Other currencies are closed at weekends only, as far as is known here. */
function calendarOf(currency: string): CalendarName {
  return CURRENCY_CALENDARS[currency] ?? 'WEEKEND'
}
