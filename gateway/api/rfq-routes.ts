import { z } from 'zod'
import { jsonReply, type Route, userRoute } from '../http/route.ts'
import { CHAIN_READERS, visible } from '../identity/chain-access.ts'
import type { Principal } from '../identity/principal.ts'
import type { Page, Rfq, RfqQuote, RfqState } from '../protocol.ts'
import { positionHeader } from '../views/awaited-position.ts'
import type { RfqView } from '../views/rfq-view.ts'
import { paging } from './cursor.ts'
import { Instant, instantRange } from './instant.ts'
import type { RfqReads } from './rfq-reads.ts'
import {
  EntityId,
  RFQ_STATES,
  RfqPage,
  RfqQuotePage,
  RfqSchema,
  SideSchema,
} from './rfq-schemas.ts'
import { InstrumentId, NameSchema } from './schemas.ts'
import { sortedPage } from './sorted-page.ts'

const SORT_FIELDS = ['createdAt', 'updatedAt', 'expiryTime', 'instrumentId', 'requester'] as const
type SortField = (typeof SORT_FIELDS)[number]
const SORTS = SORT_FIELDS.flatMap((field) => [field, `-${field}`] as const)

const States = z
  .string()
  .max(100)
  .transform((text) => text.split(','))
  .pipe(z.array(z.enum(RFQ_STATES)).min(1))

/** Reading RFQs: from the view of this gateway, not before it has reached the position that the caller names. */
export function rfqRoutes({
  rfqs,
  reads,
}: {
  readonly rfqs: RfqView
  readonly reads: RfqReads
}): readonly Route[] {
  return [
    userRoute({
      method: 'GET',
      path: '/api/v1/rfqs',
      summary:
        'Requests for quote that you may see: the live ones, and the latest of those that are over.',
      tag: 'rfq',
      access: CHAIN_READERS,
      isPositioned: true,
      query: z.strictObject({
        ...paging({ limitMax: 1_000, limit: 100 }),
        sort: z
          .enum(SORTS)
          .default('-createdAt')
          .describe('What they are in order of, then by id; downwards with a leading minus.'),
        state: States.optional().describe(`One or more of ${RFQ_STATES.join(', ')}, with commas.`),
        instrumentId: InstrumentId.optional(),
        side: SideSchema.optional(),
        requester: NameSchema.optional(),
        desk: NameSchema.optional(),
        q: z
          .string()
          .min(1)
          .max(64)
          .optional()
          .describe(
            'Part of an id, the instrument, the requester or a provider; case does not matter.',
          ),
        from: Instant.optional().describe(
          'Created then or later. Ms since the epoch, or ISO 8601.',
        ),
        to: Instant.optional().describe('Created before. Ms since the epoch, or ISO 8601.'),
      }),
      response: RfqPage,
      handle: async ({ query, position }, principal) => {
        await reads.await(position)
        const by = (query.sort.startsWith('-') ? query.sort.slice(1) : query.sort) as SortField
        const page: Page<Rfq> = sortedPage(matching(rfqs.visible(principal), query), {
          list: `rfqs ${query.sort}`,
          limit: query.limit,
          cursor: query.cursor,
          descending: query.sort.startsWith('-'),
          sortText: (rfq) => rfq[by],
          idOf: (rfq) => rfq.rfqId,
        })
        return jsonReply(200, page, positionHeader(reads.position()))
      },
    }),
    userRoute({
      method: 'GET',
      path: '/api/v1/rfqs/{id}',
      summary: 'One request for quote with its quotes.',
      tag: 'rfq',
      access: CHAIN_READERS,
      isPositioned: true,
      params: z.object({ id: EntityId }),
      response: RfqSchema,
      problems: RFQ_PROBLEMS,
      handle: async ({ params, position }, principal) => {
        await reads.await(position)
        const rfq: Rfq = visibleRfq(rfqs, principal, params.id)
        return jsonReply(200, rfq, positionHeader(reads.position(principal.tenant, rfq.rfqId)))
      },
    }),
    userRoute({
      method: 'GET',
      path: '/api/v1/rfqs/{id}/quotes',
      summary: 'The quotes that can be accepted now, best first; once it is over the one that won.',
      tag: 'rfq',
      access: CHAIN_READERS,
      isPositioned: true,
      params: z.object({ id: EntityId }),
      response: RfqQuotePage,
      problems: RFQ_PROBLEMS,
      handle: async ({ params, position }, principal) => {
        await reads.await(position)
        const { quotes, rfqId } = visibleRfq(rfqs, principal, params.id)
        const page: Page<RfqQuote> = { items: quotes, nextCursor: null }
        return jsonReply(200, page, positionHeader(reads.position(principal.tenant, rfqId)))
      },
    }),
  ]
}

export const RFQ_PROBLEMS = { 404: 'There is no such RFQ that you may see.' }

/** @throws {ProblemError} 404 */
export function visibleRfq(rfqs: RfqView, principal: Principal, rfqId: string): Rfq {
  return visible(principal, rfqs.get(principal.tenant, rfqId), {
    kind: 'unknown-rfq',
    detail: 'There is no such RFQ that you may see.',
  })
}

interface Filter {
  readonly state: readonly RfqState[] | undefined
  readonly instrumentId: string | undefined
  readonly side: string | undefined
  readonly requester: string | undefined
  readonly desk: string | undefined
  readonly q: string | undefined
  readonly from: string | undefined
  readonly to: string | undefined
}

function* matching(found: Iterable<Rfq>, filter: Partial<Filter>): Iterable<Rfq> {
  const { state, instrumentId, side, requester, desk } = filter
  const { fromMs, toMs } = instantRange(filter.from, filter.to)
  const isTimed = filter.from !== undefined || filter.to !== undefined
  const isWithin = (timeMs: number) => timeMs >= fromMs && timeMs < toMs
  const q = filter.q?.toLowerCase()
  for (const rfq of found) {
    if (state !== undefined && !state.includes(rfq.state)) continue
    if (instrumentId !== undefined && rfq.instrumentId !== instrumentId) continue
    if (side !== undefined && rfq.side !== side) continue
    if (requester !== undefined && rfq.requester !== requester) continue
    if (desk !== undefined && rfq.desk !== desk) continue
    if (isTimed && !isWithin(Date.parse(rfq.createdAt))) continue
    if (q !== undefined && !mentions(rfq, q)) continue
    yield rfq
  }
}

function mentions(rfq: Rfq, q: string): boolean {
  const { rfqId, instrumentId, requester, tradeId, correlationId, lpIds } = rfq
  return [rfqId, instrumentId, requester, tradeId ?? '', correlationId, ...lpIds].some((text) =>
    text.toLowerCase().includes(q),
  )
}
