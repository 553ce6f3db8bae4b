import { z } from 'zod'
import { ProblemError } from '../http/problem.ts'
import { jsonReply, Reply, type Route, userRoute } from '../http/route.ts'
import { CHAIN_READERS } from '../identity/chain-access.ts'
import type { Principal } from '../identity/principal.ts'
import type { Page, Trade } from '../protocol.ts'
import { positionHeader } from '../views/awaited-position.ts'
import { confirmationItem, type TradeRow } from '../views/trade-row.ts'
import type { TradesView } from '../views/trades-view.ts'
import { paging } from './cursor.ts'
import { decimalOrder } from './decimal-order.ts'
import { Instant, instantRange } from './instant.ts'
import { EntityId, SideSchema } from './rfq-schemas.ts'
import { AssetClassSchema, InstrumentId, NameSchema } from './schemas.ts'
import { sortedPage } from './sorted-page.ts'
import type { TradeReads } from './trade-reads.ts'
import { ConfirmationSchema, SETTLEMENT_STATES, TradePage, TradeSchema } from './trade-schemas.ts'

const TEXT_SORTS = ['executedAt', 'instrumentId', 'requester', 'lpId'] as const
const DECIMAL_SORTS = ['quantity', 'price', 'notional'] as const
type SortField = (typeof TEXT_SORTS)[number] | (typeof DECIMAL_SORTS)[number]
const SORTS = [...TEXT_SORTS, ...DECIMAL_SORTS].flatMap((field) => [field, `-${field}`] as const)

const States = z
  .string()
  .max(100)
  .transform((text) => text.split(','))
  .pipe(z.array(z.enum(SETTLEMENT_STATES)).min(1))

const TRADE_PROBLEMS = { 404: 'There is no such trade that you may see.' }

/** Trades, their settlement and their confirmation. */
export function tradeRoutes({
  trades,
  reads,
}: {
  readonly trades: TradesView
  readonly reads: TradeReads
}): readonly Route[] {
  return [
    userRoute({
      method: 'GET',
      path: '/api/v1/trades',
      summary: 'Trades that you may see, the newest of them.',
      tag: 'trades',
      access: CHAIN_READERS,
      isPositioned: true,
      query: z.strictObject({
        ...paging({ limitMax: 1_000, limit: 100 }),
        sort: z
          .enum(SORTS)
          .default('-executedAt')
          .describe('What they are in order of, then by id; downwards with a leading minus.'),
        settlement: States.optional().describe(
          `State of settlement: one or more of ${SETTLEMENT_STATES.join(', ')}, with commas.`,
        ),
        instrumentId: InstrumentId.optional(),
        assetClass: AssetClassSchema.optional(),
        side: SideSchema.optional(),
        requester: NameSchema.optional(),
        desk: NameSchema.optional(),
        lpId: NameSchema.optional(),
        rfqId: EntityId.optional(),
        q: z
          .string()
          .min(1)
          .max(64)
          .optional()
          .describe('Part of an id, the instrument or a party; case does not matter.'),
        from: Instant.optional().describe(
          'Executed then or later. Ms since the epoch, or ISO 8601.',
        ),
        to: Instant.optional().describe('Executed before. Ms since the epoch, or ISO 8601.'),
      }),
      response: TradePage,
      handle: async ({ query, position }, principal) => {
        await reads.await(position)
        const by = (query.sort.startsWith('-') ? query.sort.slice(1) : query.sort) as SortField
        const { cursor, limit, sort, ...filter } = query
        const page: Page<Trade> = sortedPage(matching(trades.visible(principal), filter), {
          list: `trades ${sort}`,
          limit,
          cursor,
          descending: sort.startsWith('-'),
          sortText: (trade) => (isDecimal(by) ? decimalOrder(trade[by]) : trade[by]),
          idOf: (trade) => trade.tradeId,
        })
        return jsonReply(200, page, positionHeader(reads.position()))
      },
    }),
    userRoute({
      method: 'GET',
      path: '/api/v1/trades/{id}',
      summary: 'One trade with the state of its settlement.',
      tag: 'trades',
      access: CHAIN_READERS,
      isPositioned: true,
      params: z.object({ id: EntityId }),
      response: TradeSchema,
      problems: TRADE_PROBLEMS,
      handle: async ({ params, position }, principal) => {
        await reads.await(position)
        const { item } = visibleRow(trades, principal, params.id)
        if (item === undefined) throw unknownTrade()
        return jsonReply(200, item, positionHeader(reads.position()))
      },
    }),
    userRoute({
      method: 'GET',
      path: '/api/v1/trades/{id}/confirmation',
      summary: 'What both parties are told of a trade; a PDF of one page for format=pdf.',
      tag: 'trades',
      access: CHAIN_READERS,
      isPositioned: true,
      params: z.object({ id: EntityId }),
      query: z.strictObject({
        format: z
          .enum(['json', 'pdf'])
          .optional()
          .describe('json unless given, or pdf where Accept asks for application/pdf.'),
      }),
      response: ConfirmationSchema,
      problems: { 404: 'There is no such trade that you may see, or no confirmation of it yet.' },
      handle: async ({ accept, params, position, query }, principal) => {
        await reads.await(position)
        const { confirmation, correlationId } = visibleRow(trades, principal, params.id)
        if (confirmation === undefined) {
          throw new ProblemError(
            404,
            'not-confirmed',
            'The trade is not confirmed yet; ask again in a moment.',
          )
        }
        const item = confirmationItem(confirmation, correlationId)
        if ((query.format ?? preferred(accept)) === 'json')
          return jsonReply(200, item, positionHeader(reads.position()))
        // Loaded when the first one is asked for.
        const { confirmationPdf } = await import('../confirmation/confirmation-pdf.ts')
        const headers = {
          'content-type': 'application/pdf',
          'content-disposition': `inline; filename="confirmation-${item.tradeId}.pdf"`,
          'cache-control': 'no-store',
          ...positionHeader(reads.position()),
        }
        return new Reply(200, headers, await confirmationPdf(item))
      },
    }),
  ]
}

function preferred(accept: string): 'json' | 'pdf' {
  return accept.includes('application/pdf') && !accept.includes('application/json') ? 'pdf' : 'json'
}

function isDecimal(field: SortField): field is (typeof DECIMAL_SORTS)[number] {
  return (DECIMAL_SORTS as readonly string[]).includes(field)
}

function unknownTrade(): ProblemError {
  return new ProblemError(404, 'unknown-trade', 'There is no such trade that you may see.')
}

/** @throws {ProblemError} 404 */
function visibleRow(trades: TradesView, principal: Principal, tradeId: string): TradeRow {
  const row = trades.find(principal, tradeId)
  if (row === undefined) throw unknownTrade()
  return row
}

type Filter = Readonly<
  Partial<
    Record<
      'instrumentId' | 'assetClass' | 'side' | 'requester' | 'desk' | 'lpId' | 'rfqId',
      string | undefined
    >
  >
> & {
  readonly settlement?: readonly string[] | undefined
  readonly q?: string | undefined
  readonly from?: string | undefined
  readonly to?: string | undefined
}

function* matching(rows: Iterable<TradeRow>, filter: Filter): Iterable<Trade> {
  const { from, q, settlement, to, ...equal } = filter
  const { fromMs, toMs } = instantRange(from, to)
  const asked = Object.entries(equal) as [keyof typeof equal, string | undefined][]
  const part = q?.toLowerCase()
  for (const { item, trade } of rows) {
    if (item === undefined || trade === undefined) continue
    if (trade.executedAtMs < fromMs || trade.executedAtMs >= toMs) continue
    if (asked.some(([name, value]) => value !== undefined && item[name] !== value)) continue
    if (settlement !== undefined && !settlement.includes(item.settlement?.state ?? '')) continue
    if (part !== undefined && !mentions(item, part)) continue
    yield item
  }
}

function mentions(trade: Trade, q: string): boolean {
  return [
    trade.tradeId,
    trade.rfqId,
    trade.confirmationId ?? '',
    trade.instrumentId,
    trade.requester,
    trade.buyer,
    trade.seller,
    trade.correlationId,
  ].some((text) => text.toLowerCase().includes(q))
}
