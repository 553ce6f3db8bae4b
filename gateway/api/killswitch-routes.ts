import { PLATFORM_TENANT } from '#topics'
import { nameOf } from '../commands/admin-changes.ts'
import { ProblemError } from '../http/problem.ts'
import { jsonReply, type Reply, type Route, userRoute } from '../http/route.ts'
import { hasRole } from '../identity/principal.ts'
import type { KillSwitch } from '../protocol.ts'
import { awaitPosition, positionHeader } from '../views/awaited-position.ts'
import { shownKillSwitch } from './admin-items.ts'
import { type AdminRoutesOptions, replyOf } from './admin-routes.ts'
import { KillSwitchBody, KillSwitchSchema, KillSwitchStateSchema } from './admin-schemas.ts'

const PATH = '/api/v1/admin/killswitch'
const ENTITY_ID = 'killswitch'

/**
 * The kill switch of the tenant (RISK, ADMIN) and that of all tenants (PLATFORM). It holds from the next record that a topology takes, whatever this gateway
 * knows.
 */
export function killSwitchRoutes(options: AdminRoutesOptions): readonly Route[] {
  const { positionWaitMs, reader, topics, view } = options
  return [
    userRoute({
      method: 'GET',
      path: PATH,
      summary: 'Whether trading is stopped, by whom and why.',
      tag: 'administration',
      access: 'authenticated',
      isPositioned: true,
      response: KillSwitchSchema,
      handle: async ({ position }, principal): Promise<Reply> => {
        await awaitPosition(reader(), position, positionWaitMs)
        const tenant = shownKillSwitch('TENANT', view.killSwitches.own(principal.tenant, ENTITY_ID))
        const global = shownKillSwitch('GLOBAL', view.killSwitches.own(PLATFORM_TENANT, ENTITY_ID))
        const answer: KillSwitch = { enabled: tenant.enabled || global.enabled, tenant, global }
        return jsonReply(
          200,
          answer,
          positionHeader(reader().position(topics.risk.killswitch.name)),
        )
      },
    }),
    setRoute(options, 'enable'),
    setRoute(options, 'disable'),
  ]
}

function setRoute(
  { changes, positionWaitMs, reader, topics, view }: AdminRoutesOptions,
  verb: 'enable' | 'disable',
): Route {
  const eventType = verb === 'enable' ? 'KillSwitchEnabled' : 'KillSwitchDisabled'
  return userRoute({
    method: 'POST',
    path: `${PATH}/${verb}`,
    summary:
      verb === 'enable'
        ? 'Stops trading of your tenant (RISK, ADMIN) or of all (PLATFORM), from the next record on.'
        : 'Releases trading of your tenant (RISK, ADMIN) or of all (PLATFORM).',
    tag: 'administration',
    access: ['RISK', 'ADMIN', 'PLATFORM'],
    isCommand: true,
    isPositioned: true,
    body: KillSwitchBody,
    response: KillSwitchStateSchema,
    problems: { 422: 'The Idempotency-Key stands for another request.' },
    handle: async (call, principal): Promise<Reply> => {
      await awaitPosition(reader(), call.position, positionWaitMs)
      const { reason, scope } = call.body
      const mayScope = hasRole(principal, scope === 'GLOBAL' ? ['PLATFORM'] : ['RISK', 'ADMIN'])
      if (!mayScope) {
        throw new ProblemError(
          403,
          'forbidden',
          scope === 'GLOBAL'
            ? 'The kill switch of all tenants needs the role PLATFORM.'
            : 'The kill switch of a tenant needs the role RISK or ADMIN in it.',
        )
      }
      const tenantId = scope === 'GLOBAL' ? PLATFORM_TENANT : principal.tenant
      const changed = await changes.change({
        route: `${PATH}/${verb}`,
        call,
        principal,
        topic: topics.risk.killswitch,
        rows: view.killSwitches,
        tenantId,
        entityType: 'KillSwitch',
        entityId: ENTITY_ID,
        expectedSequence: undefined,
        fact: (changedAtMs) => ({
          eventType,
          payload: { scope, reason, changedBy: nameOf(principal, tenantId), changedAtMs },
        }),
      })
      return replyOf(changed, call, PATH, (event) => ({
        status: 200,
        item: shownKillSwitch(scope, event as Parameters<typeof shownKillSwitch>[1]),
      }))
    },
  })
}
