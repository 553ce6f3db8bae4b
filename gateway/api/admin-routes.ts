import { z } from 'zod'
import { PLATFORM_TENANT, type Topic, type Topics } from '#topics'
import type { AdminChanges, Changed } from '../commands/admin-changes.ts'
import { ProblemError } from '../http/problem.ts'
import { type Call, jsonReply, type Reply, type Route, userRoute } from '../http/route.ts'
import { hasRole, type Principal } from '../identity/principal.ts'
import type { AdminRecord, Page, Role } from '../protocol.ts'
import type { AdminEvent, AdminRows, AdminView } from '../views/admin-view.ts'
import { awaitPosition, positionHeader } from '../views/awaited-position.ts'
import { isoTime } from '../views/iso-time.ts'
import type { TopicView } from '../views/topic-view.ts'
import {
  instrumentOf,
  limitsOf,
  lpConfig,
  shownFlag,
  shownInstrument,
  shownLimits,
  shownLp,
  shownVenue,
  venueOf,
} from './admin-items.ts'
import {
  AdminInstrumentSchema,
  FlagBody,
  FlagSchema,
  InstrumentBody,
  LimitsBody,
  LimitsSchema,
  LiquidityProviderBody,
  LiquidityProviderSchema,
  VenueBody,
  VenueSchema,
} from './admin-schemas.ts'
import { paging, readCursor, writeCursor } from './cursor.ts'
import { nextCursor } from './schemas.ts'

export interface AdminRoutesOptions {
  readonly topics: Topics
  readonly view: AdminView
  /** Through which the view is read. */
  readonly reader: () => TopicView
  readonly changes: AdminChanges
  readonly positionWaitMs: number
}

const EVERYBODY = [
  'TRADER',
  'SALES',
  'RISK',
  'ANALYST',
  'ADMIN',
  'PLATFORM',
  'COMPLIANCE',
] as const satisfies readonly Role[]
const CONTROL = ['ADMIN', 'RISK', 'COMPLIANCE', 'PLATFORM'] as const satisfies readonly Role[]

/** Reference data, limits and flags. */
export function adminRoutes(options: AdminRoutesOptions): readonly Route[] {
  const { topics, view } = options
  return [
    ...entityRoutes(options, {
      path: '/api/v1/admin/lps',
      what: 'liquidity providers',
      entityType: 'LiquidityProvider',
      readers: [...CONTROL, 'SALES'],
      writers: ['ADMIN', 'PLATFORM'],
      topic: topics.admin.lps,
      rows: view.lps,
      body: LiquidityProviderBody,
      item: LiquidityProviderSchema,
      idOf: ({ lpId }) => lpId,
      factOf: (body) => ({ eventType: 'LPConfigUpdated', payload: lpConfig(body) }),
      itemOf: ({ payload, tenantId }, tenant) => {
        const item = shownLp(payload)
        // Whom else the platform's serve is not a tenant's business.
        return tenantId === tenant ? item : { ...item, tenantIds: [] }
      },
      isFor: ({ payload, tenantId }, tenant) =>
        tenantId === tenant || payload.tenantIds.length === 0 || payload.tenantIds.includes(tenant),
      refuse: ({ tenantIds }, tenant) => {
        if (tenant !== PLATFORM_TENANT && tenantIds.length > 0)
          throw refused('body.tenantIds', 'one of your own serves your tenant only: leave it out')
      },
    }),
    ...entityRoutes(options, {
      path: '/api/v1/admin/venues',
      what: 'venues',
      entityType: 'Venue',
      readers: EVERYBODY,
      writers: ['ADMIN', 'PLATFORM'],
      topic: topics.admin.venues,
      rows: view.venues,
      body: VenueBody,
      item: VenueSchema,
      idOf: ({ venueId }) => venueId,
      factOf: (body) => ({ eventType: 'VenueUpdated', payload: venueOf(body) }),
      itemOf: ({ payload }) => shownVenue(payload),
    }),
    ...entityRoutes(options, {
      path: '/api/v1/admin/limits',
      what: 'limits of the tenant, its desks and its users',
      entityType: 'Limits',
      readers: CONTROL,
      writers: ['RISK', 'ADMIN'],
      topic: topics.admin.limits,
      rows: view.limits,
      body: LimitsBody,
      item: LimitsSchema,
      idOf: ({ scope, subject }) => `${scope}|${subject}`,
      factOf: (body) => ({ eventType: 'LimitsUpdated', payload: limitsOf(body) }),
      itemOf: ({ payload }) => shownLimits(payload),
      isFor: ({ tenantId }, tenant) => tenantId === tenant,
      refuse: ({ scope, subject }, tenant) => {
        if (scope === 'TENANT' && subject !== tenant)
          throw refused('body.subject', `of the scope TENANT it is ${tenant}`)
      },
    }),
    ...entityRoutes(options, {
      path: '/api/v1/admin/flags',
      what: 'feature flags',
      entityType: 'Flag',
      readers: EVERYBODY,
      writers: ['ADMIN', 'PLATFORM'],
      topic: topics.admin.flags,
      rows: view.flags,
      body: FlagBody,
      item: FlagSchema,
      idOf: ({ flag }) => flag,
      factOf: ({ enabled, flag }) => ({ eventType: 'FlagUpdated', payload: { flag, enabled } }),
      itemOf: ({ payload }) => shownFlag(payload),
      // What the platform switched off is off for all.
      mayHide: ({ payload }) => payload.enabled,
    }),
    ...entityRoutes(options, {
      path: '/api/v1/admin/instruments',
      what: 'instruments',
      entityType: 'Instrument',
      readers: CONTROL,
      writers: ['ADMIN', 'PLATFORM'],
      topic: topics.admin.instruments,
      rows: view.instruments,
      body: InstrumentBody,
      item: AdminInstrumentSchema,
      idOf: ({ instrumentId }) => instrumentId,
      factOf: (body) => ({ eventType: 'InstrumentUpdated', payload: instrumentOf(body) }),
      itemOf: ({ payload }) => shownInstrument(payload),
      refuse: ({ instrumentId }, tenant) => {
        // The market data of a shared instrument are the platform's: an own one of its id would hide them.
        if (tenant === PLATFORM_TENANT || view.instruments.own(tenant, instrumentId) !== undefined)
          return
        if (view.instruments.own(PLATFORM_TENANT, instrumentId) === undefined) return
        throw new ProblemError(
          409,
          'shared-instrument',
          `${instrumentId} is shared by all tenants. PLATFORM changes it; what your tenant may trade is set by its limits.`,
        )
      },
    }),
  ]
}

interface EntityRoutes<E extends AdminEvent, B extends z.ZodType> {
  readonly path: string
  /** In the plural. */
  readonly what: string
  readonly entityType: string
  readonly readers: readonly Role[]
  readonly writers: readonly Role[]
  readonly topic: Topic<E>
  readonly rows: AdminRows<E>
  readonly body: B
  readonly item: z.ZodType<AdminRecord>
  readonly idOf: (body: z.output<B>) => string
  readonly factOf: (body: z.output<B>) => Pick<E, 'eventType' | 'payload'>
  /** Without what every row has. */
  readonly itemOf: (event: E, tenant: string) => object
  /** Whether a tenant's own hides this one of the platform; always, if not given. */
  readonly mayHide?: (shared: E) => boolean
  /** Whether a tenant sees a row of its own or the platform's. */
  readonly isFor?: (event: E, tenant: string) => boolean
  /** @throws {ProblemError} for what may not be changed so by this tenant */
  readonly refuse?: (body: z.output<B>, tenant: string) => void
}

function entityRoutes<
  E extends AdminEvent,
  B extends z.ZodType<{ readonly sequence?: number | undefined }>,
>(options: AdminRoutesOptions, kind: EntityRoutes<E, B>): readonly Route[] {
  const { changes, positionWaitMs, reader, view } = options
  const { item, path, readers, topic, what, writers } = kind
  const shown = (event: E, tenant: string): AdminRecord => ({
    ...kind.itemOf(event, tenant),
    tenant: event.tenantId,
    sequence: event.tenantId === tenant ? event.entity.sequence : 0,
    changedAt: isoTime(event.occurredAt),
    changedBy: view.changedBy(event),
  })
  return [
    userRoute({
      method: 'GET',
      path,
      summary: `The ${what} of your tenant, and those of the platform that it does not hide by one of its own.`,
      tag: 'administration',
      access: readers,
      isPositioned: true,
      query: z.strictObject({
        ...paging({ limitMax: 1_000, limit: 200 }),
      }),
      response: z.object({ items: z.array(item), nextCursor }),
      handle: async ({ position, query }, principal): Promise<Reply> => {
        await awaitPosition(reader(), position, positionWaitMs)
        const tenant = tenantOf(principal)
        const after = readCursor(path, query.cursor)
        const all = kind.rows
          .shown(tenant, kind.mayHide)
          .filter(([id]) => after === undefined || id > after)
          .filter(([, event]) => kind.isFor?.(event, tenant) ?? true)
        const page = all.slice(0, query.limit)
        const last = all.length > page.length ? page.at(-1) : undefined
        const answer: Page<AdminRecord> = {
          items: page.map(([, event]) => shown(event, tenant)),
          nextCursor: last === undefined ? null : writeCursor(path, last[0]),
        }
        return jsonReply(200, answer, positionHeader(reader().position(topic.name)))
      },
    }),
    userRoute({
      method: 'POST',
      path,
      summary: `Creates (201) or replaces (200) one of the ${what} of your tenant. PLATFORM does so for all tenants.`,
      tag: 'administration',
      access: writers,
      isCommand: true,
      isPositioned: true,
      mayCreate: true,
      body: kind.body,
      response: item,
      problems: {
        409: 'It was changed since you read it.',
        422: 'The Idempotency-Key stands for another request.',
      },
      handle: async (call, principal): Promise<Reply> => {
        await awaitPosition(reader(), call.position, positionWaitMs)
        const body = call.body as z.output<B>
        const tenant = tenantOf(principal)
        kind.refuse?.(body, tenant)
        const changed = await changes.change<E>({
          route: path,
          call,
          principal,
          topic,
          rows: kind.rows,
          tenantId: tenant,
          entityType: kind.entityType,
          entityId: kind.idOf(body),
          expectedSequence: body.sequence,
          fact: () => kind.factOf(body) as never,
        })
        return replyOf(changed, call, path, (event) => ({
          status: event.entity.sequence === 1 ? 201 : 200,
          item: shown(event as E, tenant),
        }))
      },
    }),
  ]
}

/** Whose rows a caller sees and sets: PLATFORM, where it is no more than that, those that all tenants share. */
function tenantOf(principal: Principal): string {
  return hasRole(
    principal,
    EVERYBODY.filter((role) => role !== 'PLATFORM'),
  )
    ? principal.tenant
    : PLATFORM_TENANT
}

/** The stored item, or where it will show. */
export function replyOf(
  changed: Changed,
  { correlationId }: Pick<Call<unknown, unknown, unknown>, 'correlationId'>,
  location: string,
  shown: (event: AdminEvent) => { readonly status: number; readonly item: unknown },
): Reply {
  if (changed.kind === 'written')
    return jsonReply(202, { commandId: changed.commandId, correlationId }, { location })
  const { item, status } = shown(changed.event)
  const { position } = changed
  return jsonReply(status, item, position === undefined ? {} : positionHeader(position))
}

function refused(path: string, message: string): ProblemError {
  return new ProblemError(400, 'invalid-input', 'The body is not valid.', {
    errors: [{ path, message }],
  })
}
