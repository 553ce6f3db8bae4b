import { z } from 'zod'
import { jsonReply, type Route, userRoute } from '../http/route.ts'
import { CHAIN_READERS, type ChainSubject, maySee } from '../identity/chain-access.ts'
import { hasRole, type Principal } from '../identity/principal.ts'
import type { ChainEvent, Page } from '../protocol.ts'
import { positionHeader } from '../views/awaited-position.ts'
import type { ChainIndex } from '../views/chain-index.ts'
import type { RfqReads } from './rfq-reads.ts'
import { EntityId } from './rfq-schemas.ts'
import { model, nextCursor } from './schemas.ts'

/** They see every event of their tenant. */
const SEE_EVENTS = ['COMPLIANCE', 'RISK', 'ADMIN'] as const

const ChainEventSchema = model(
  'ChainEvent',
  z.object({
    eventId: z.string(),
    eventType: z.string(),
    occurredAt: z.iso.datetime(),
    producer: z.string(),
    causationId: z.string().nullable().describe('Event or command that caused this one.'),
    correlationId: z.string(),
    entityType: z.string(),
    entityId: z.string(),
    entitySequence: z.int(),
    topic: z.string(),
    partition: z.int(),
    offset: z.int(),
    payload: z.record(z.string(), z.unknown()).describe('Decimals as text, times in ms.'),
  }) satisfies z.ZodType<ChainEvent>,
)

const ChainPage = model(
  'ChainPage',
  z.object({ items: z.array(ChainEventSchema), nextCursor }) satisfies z.ZodType<Page<ChainEvent>>,
)

export function auditRoutes({
  chains,
  reads,
}: {
  readonly chains: ChainIndex
  readonly reads: RfqReads
}): readonly Route[] {
  return [
    userRoute({
      method: 'GET',
      path: '/api/v1/audit',
      summary: 'The chain of events that a correlation id names, in the order of time.',
      tag: 'audit',
      access: CHAIN_READERS,
      isPositioned: true,
      query: z.strictObject({ correlationId: EntityId }),
      response: ChainPage,
      handle: async ({ query, position }, principal) => {
        await reads.await(position)
        const events = chains.events(principal.tenant, query.correlationId)
        const page: Page<ChainEvent> = { items: shown(principal, events), nextCursor: null }
        return jsonReply(200, page, positionHeader(reads.position()))
      },
    }),
  ]
}

/**
 * Each event by the RFQ that it belongs to: a correlation id is chosen by whoever asks, so that one chain may hold RFQs that the caller may see and others
 * that it may not.
 */
function shown(principal: Principal, events: readonly ChainEvent[]): readonly ChainEvent[] {
  if (hasRole(principal, SEE_EVENTS)) return events
  const seen = new Set<unknown>()
  for (const { eventType, payload } of events) {
    if (eventType !== 'RFQCreated') continue
    const { assetClass, requester } = payload as unknown as {
      readonly assetClass: ChainSubject['assetClass']
      readonly requester: { readonly userId: string; readonly desk: string }
    }
    const subject = { requester: requester.userId, desk: requester.desk, assetClass }
    if (maySee(principal, subject)) seen.add(payload['rfqId'])
  }
  const trades = new Set(
    events
      .filter(({ payload }) => seen.has(payload['rfqId']))
      .map(({ payload }) => payload['tradeId']),
  )
  trades.delete(undefined)
  // Notifications name what they are about as their entity.
  return events.filter(
    ({ payload }) =>
      seen.has(payload['rfqId']) ||
      (payload['rfqId'] === undefined &&
        (seen.has(payload['entityId']) || trades.has(payload['entityId'])) &&
        isFor(principal, payload['audience'])),
  )
}

/** Others' inboxes are theirs. */
function isFor({ roles, user }: Principal, audience: unknown): boolean {
  return audience === `user:${user}` || roles.some((role) => audience === `role:${role}`)
}
