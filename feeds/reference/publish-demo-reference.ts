import { originEvent } from '#avro'
import type { Log } from '#streams/log'
import { PLATFORM_TENANT, recordKey, type Topic, type Topics } from '#topics'
import { DEMO_TENANTS, demoLimits } from './demo-limits.ts'
import { DEMO_LPS } from './demo-lps.ts'
import { demoVenues } from './demo-venues.ts'
import { appendEvents, type KeyedEvent, latestEvents } from './latest-events.ts'

export interface DemoReferenceCounts {
  readonly venues: number
  readonly lps: number
  readonly limits: number
  readonly flags: number
}

/**
 * Publishes what a demonstration needs beside instruments, which must be there already: providers, venues, limits and flags, each only where
 * its key is absent, so that what an administrator set is never overwritten. Returns how many were written.
 */
export async function publishDemoReference(
  log: Log,
  { admin }: Topics,
  { nowMs }: { readonly nowMs: number },
): Promise<DemoReferenceCounts> {
  const instruments = [...(await latestEvents(log, admin.instruments)).values()].flatMap(
    (event) => event?.payload ?? [],
  )
  return {
    venues: await publishAbsent(
      log,
      admin.venues,
      demoVenues(instruments).map((payload) =>
        keyed(PLATFORM_TENANT, 'Venue', payload.venueId, {
          eventType: 'VenueUpdated',
          payload,
          nowMs,
        }),
      ),
      nowMs,
    ),
    lps: await publishAbsent(
      log,
      admin.lps,
      DEMO_LPS.map((payload) =>
        keyed(PLATFORM_TENANT, 'LiquidityProvider', payload.lpId, {
          eventType: 'LPConfigUpdated',
          payload,
          nowMs,
        }),
      ),
      nowMs,
    ),
    limits: await publishAbsent(
      log,
      admin.limits,
      DEMO_TENANTS.flatMap((tenantId) =>
        demoLimits(tenantId).map((payload) =>
          keyed(tenantId, 'Limits', `${payload.scope}|${payload.subject}`, {
            eventType: 'LimitsUpdated',
            payload,
            nowMs,
          }),
        ),
      ),
      nowMs,
    ),
    flags: await publishAbsent(
      log,
      admin.flags,
      ['rfq', 'lp-bots'].map((flag) =>
        keyed(PLATFORM_TENANT, 'Flag', flag, {
          eventType: 'FlagUpdated',
          payload: { flag, enabled: true },
          nowMs,
        }),
      ),
      nowMs,
    ),
  }
}

function keyed<T extends string, P>(
  tenantId: string,
  entityType: string,
  entityId: string,
  facts: { readonly eventType: T; readonly payload: P; readonly nowMs: number },
) {
  const event = originEvent(
    { producer: 'feeds', run: `demo|${tenantId}`, tenantId },
    {
      eventType: facts.eventType,
      payload: facts.payload,
      occurredAt: facts.nowMs,
      entity: { entityType, entityId, sequence: 1 },
    },
  )
  return { key: recordKey(tenantId, entityId), event }
}

async function publishAbsent<E>(
  log: Log,
  topic: Topic<E>,
  wanted: readonly KeyedEvent<E>[],
  nowMs: number,
): Promise<number> {
  const present = await latestEvents(log, topic)
  const absent = wanted.filter(({ key }) => !present.has(key))
  await appendEvents(log, topic, absent, nowMs)
  return absent.length
}
