import { z } from 'zod'
import type { Clock, Logger } from '#streams'
import { recordKey } from '#topics'
import { ProblemError } from '../http/problem.ts'
import { type Route, userRoute } from '../http/route.ts'
import type { GatewayLimits } from '../limits.ts'
import type { Bar, BarInterval, MarketSnapshot, Page } from '../protocol.ts'
import type { InstrumentsView } from '../views/instruments-view.ts'
import type { MarketView } from '../views/market-view.ts'
import { shownPrice, shownSize } from '../views/shown-number.ts'
import type { BarQuery, BarSource } from './bar-source.ts'
import { paging, readCursor, writeCursor } from './cursor.ts'
import { Instant, instantRange } from './instant.ts'
import { INSTRUMENT_PROBLEMS, visibleInstrument } from './instrument-routes.ts'
import { BarPage, InstrumentId, MarketSnapshotSchema } from './schemas.ts'

const INTERVALS = ['1s', '1m', '1h'] as const satisfies readonly BarInterval[]

export function marketRoutes(options: {
  readonly instruments: InstrumentsView
  readonly market: MarketView
  readonly bars: BarSource | undefined
  readonly limits: GatewayLimits
  readonly clock: Clock
  readonly logger: Logger
}): readonly Route[] {
  const { clock, instruments, market } = options
  const queryBars = boundedBars(options)
  return [
    userRoute({
      method: 'GET',
      path: '/api/v1/market/snapshot',
      summary: 'The latest state of one instrument.',
      tag: 'market data',
      access: 'authenticated',
      query: z.strictObject({ instrumentId: InstrumentId }),
      response: MarketSnapshotSchema,
      problems: {
        ...INSTRUMENT_PROBLEMS,
        404: 'There is no such instrument, or no price of it yet.',
      },
      handle: ({ query }, principal): MarketSnapshot => {
        const found = visibleInstrument(instruments, principal, query.instrumentId)
        const snapshot = market.snapshot(recordKey(found.tenant, query.instrumentId))
        if (snapshot === undefined)
          throw new ProblemError(404, 'no-price-yet', 'There is no price of this instrument yet.')
        return snapshot
      },
    }),
    userRoute({
      method: 'GET',
      path: '/api/v1/market/bars',
      summary: 'The latest bars between two times, in order of time; the next page is older.',
      tag: 'market data',
      access: 'authenticated',
      query: z.strictObject({
        instrumentId: InstrumentId,
        interval: z.enum(INTERVALS),
        from: Instant.optional().describe(
          'Inclusive. Ms since the epoch, or ISO 8601; the beginning if not given.',
        ),
        to: Instant.optional().describe('Exclusive; now if not given.'),
        ...paging({ limitMax: 5_000, limit: 500 }),
      }),
      response: BarPage,
      problems: {
        ...INSTRUMENT_PROBLEMS,
        503: 'The database of bars does not answer.',
        504: 'It took too long.',
      },
      handle: async ({ query, correlationId }, principal): Promise<Page<Bar>> => {
        const found = visibleInstrument(instruments, principal, query.instrumentId)
        const { instrumentId, interval, limit } = query
        const list = `bars ${interval} ${instrumentId}`
        const before = readCursor(list, query.cursor)
        const { fromMs, toMs } = instantRange(query.from, before ?? query.to, clock.nowMs() + 1)
        const { priceDecimals } = found.instrument
        const bars = await queryBars(
          { tenant: found.tenant, instrumentId, interval, fromMs, toMs, limit },
          correlationId,
        )
        const items = bars.map((bar) => shownBar(bar, priceDecimals))
        const first = items.length === limit ? items[0] : undefined
        const older = first !== undefined && first.windowStartMs > fromMs
        return { items, nextCursor: older ? writeCursor(list, String(first.windowStartMs)) : null }
      },
    }),
  ]
}

function shownBar(bar: Bar, decimals: number): Bar {
  return {
    ...bar,
    open: shownPrice(bar.open, decimals),
    high: shownPrice(bar.high, decimals),
    low: shownPrice(bar.low, decimals),
    close: shownPrice(bar.close, decimals),
    volume: shownSize(bar.volume),
  }
}

/** Bars with a deadline and a bound on queries at a time: a slow database must not pile up work here. */
function boundedBars(options: {
  readonly bars: BarSource | undefined
  readonly limits: GatewayLimits
  readonly logger: Logger
}): (query: BarQuery, correlationId: string) => Promise<readonly Bar[]> {
  const { bars, limits, logger } = options
  let inFlight = 0
  return async (query, correlationId) => {
    if (bars === undefined)
      throw new ProblemError(503, 'no-database', 'This gateway has no database of bars.', {
        retryAfterS: 30,
      })
    if (inFlight >= limits.queriesInFlightMax)
      throw new ProblemError(503, 'database-busy', 'Too many queries at this moment.', {
        retryAfterS: 1,
      })
    inFlight += 1
    const deadline = new AbortController()
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        reject(new ProblemError(504, 'database-timeout', 'The query took too long; ask for less.'))
        deadline.abort()
      }, limits.queryTimeoutMs)
    })
    try {
      return await Promise.race([bars(query, deadline.signal), late])
    } catch (error) {
      if (error instanceof ProblemError) throw error
      logger.warn(
        { correlationId, error: error instanceof Error ? error.message : String(error) },
        'gateway: a query for bars failed',
      )
      throw new ProblemError(
        503,
        'database-unavailable',
        'The database of bars does not answer. Prices go on.',
        { retryAfterS: 5, cause: error },
      )
    } finally {
      clearTimeout(timer)
      inFlight -= 1
    }
  }
}
