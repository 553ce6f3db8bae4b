import { z } from 'zod'
import type { Topics } from '#topics'
import { jsonReply, type Reply, type Route, userRoute } from '../http/route.ts'
import { hasRole, type Principal } from '../identity/principal.ts'
import type { LpMetrics, QuantilesItem, Role, Tca } from '../protocol.ts'
import type { AnalyticsView } from '../views/analytics-view.ts'
import { awaitPosition, positionHeader } from '../views/awaited-position.ts'
import type { TopicView } from '../views/topic-view.ts'
import { paging } from './cursor.ts'
import { Instant, instantRange } from './instant.ts'
import { AssetClassSchema, InstrumentId, models, nextCursor } from './schemas.ts'
import { sortedPage } from './sorted-page.ts'

const ratio = z.number().nullable()
const QuantilesSchema = z.object({
  count: z.int(),
  mean: z.number().nullable(),
  p50: z.number().nullable(),
  p90: z.number().nullable(),
  p99: z.number().nullable(),
}) satisfies z.ZodType<QuantilesItem>
models.add(QuantilesSchema, { id: 'Quantiles' })

const LpMetricsSchema = z.object({
  lpId: z.string(),
  invited: z.int().describe('RFQs that it was asked in.'),
  quoted: z.int(),
  won: z.int(),
  quotedOfTraded: z.int().describe('RFQs that it quoted and that traded with anyone.'),
  lastLookRejected: z.int(),
  quoteRate: ratio.describe('quoted / invited'),
  hitRatio: ratio.describe('won / quoted'),
  hitRatioOfTraded: ratio.describe('won / quotedOfTraded'),
  responseMs: QuantilesSchema,
  distanceToBestBps: QuantilesSchema,
  updatedAt: z.iso.datetime(),
}) satisfies z.ZodType<LpMetrics>
models.add(LpMetricsSchema, { id: 'LpMetrics' })

const figure = z.number().nullable()
const TcaSchema = z.object({
  tradeId: z.string(),
  rfqId: z.string(),
  instrumentId: z.string(),
  assetClass: AssetClassSchema,
  lpId: z.string(),
  user: z.string(),
  desk: z.string(),
  side: z.enum(['BUY', 'SELL']),
  quantity: z.string(),
  price: z.string(),
  currency: z.string(),
  decisionTime: z.iso.datetime(),
  executionTime: z.iso.datetime(),
  decisionMid: figure,
  slippageBps: figure.describe('Price against the mid at decision; positive is cost.'),
  slippageAmount: figure.describe('The same times the quantity, in currency.'),
  effectiveSpreadBps: figure.describe('Twice the distance to the mid at execution.'),
  spreadCapture: figure.describe(
    'Distance to the mid in half spreads at execution; positive is better than mid.',
  ),
  timeToExecutionMs: z.number(),
  decisionToExecutionMs: z.number(),
  quotes: z.int(),
  coverBps: figure.describe('From the best quote to the second best.'),
}) satisfies z.ZodType<Tca>
models.add(TcaSchema, { id: 'Tca' })

const DESKS = ['SALES', 'TRADER', 'RISK', 'ANALYST', 'ADMIN'] as const satisfies readonly Role[]
/** They see the trades of the whole tenant; a trader sees its own. */
const ALL_TRADES = [
  'SALES',
  'RISK',
  'COMPLIANCE',
  'ANALYST',
  'ADMIN',
] as const satisfies readonly Role[]

const Id = z.string().min(1).max(64)
const paged = paging({ limitMax: 1_000, limit: 100 })

export function analyticsRoutes(options: {
  readonly view: AnalyticsView
  readonly topics: Topics
  readonly events: () => TopicView
  readonly positionWaitMs: number
}): readonly Route[] {
  const { events, positionWaitMs, topics, view } = options
  return [
    userRoute({
      method: 'GET',
      path: '/api/v1/analytics/lp-metrics',
      summary: 'What each liquidity provider did for your tenant so far, in order of their ids.',
      tag: 'analytics',
      access: DESKS,
      isPositioned: true,
      query: z.strictObject({ lpId: Id.optional(), ...paged }),
      response: z.object({ items: z.array(LpMetricsSchema), nextCursor }),
      handle: async ({ position, query }, { tenant }): Promise<Reply> => {
        await awaitPosition(events(), position, positionWaitMs)
        const { lpId } = query
        const found = [...view.metrics(tenant)].filter(
          (item) => lpId === undefined || item.lpId === lpId,
        )
        const page = sortedPage(found, {
          ...query,
          cursor: query.cursor,
          list: 'lp-metrics',
          descending: false,
          sortText: (item) => item.lpId,
          idOf: (item) => item.lpId,
        })
        const at = events().position(topics.analytics['lp-metrics'].name)
        return jsonReply(200, page, positionHeader(at))
      },
    }),
    userRoute({
      method: 'GET',
      path: '/api/v1/analytics/tca',
      summary:
        'Execution quality of trades, the latest first: a trader’s own, else all of the tenant.',
      tag: 'analytics',
      access: ['TRADER', ...ALL_TRADES],
      isPositioned: true,
      query: z.strictObject({
        instrumentId: InstrumentId.optional(),
        assetClass: AssetClassSchema.optional(),
        lpId: Id.optional(),
        user: Id.optional(),
        desk: Id.optional(),
        side: z.enum(['BUY', 'SELL']).optional(),
        rfqId: Id.optional(),
        tradeId: Id.optional(),
        from: Instant.optional().describe('Inclusive, by time of execution.'),
        to: Instant.optional().describe('Exclusive.'),
        ...paged,
      }),
      response: z.object({ items: z.array(TcaSchema), nextCursor }),
      handle: async ({ position, query }, principal): Promise<Reply> => {
        await awaitPosition(events(), position, positionWaitMs)
        const { cursor: after, from, limit: count, to, ...fields } = query
        const { fromMs, toMs } = instantRange(from, to)
        const found = [...view.tca(principal.tenant)].filter((item) => {
          const timeMs = Date.parse(item.executionTime)
          return maySee(principal, item) && timeMs >= fromMs && timeMs < toMs && fits(item, fields)
        })
        const page = sortedPage(found, {
          list: `tca ${JSON.stringify([fields, fromMs, to === undefined ? null : toMs])}`,
          limit: count,
          cursor: after,
          descending: true,
          sortText: ({ executionTime }) => executionTime,
          idOf: ({ tradeId }) => tradeId,
        })
        return jsonReply(200, page, positionHeader(events().position(topics.analytics.tca.name)))
      },
    }),
  ]
}

function maySee(principal: Principal, item: Tca): boolean {
  return hasRole(principal, ALL_TRADES) || item.user === principal.user
}

function fits(
  item: Tca,
  fields: Readonly<Partial<Record<keyof Tca, string | undefined>>>,
): boolean {
  return Object.entries(fields).every(
    ([name, value]) => value === undefined || item[name as keyof Tca] === value,
  )
}
