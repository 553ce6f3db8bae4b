import { z } from 'zod'

import type { RfqCommands } from '../commands/rfq-commands.ts'
import type { RfqOutcome } from '../commands/rfq-outcomes.ts'
import { ProblemError } from '../http/problem.ts'
import { type Call, jsonReply, type Reply, type Route, userRoute } from '../http/route.ts'
import { isOnDesk } from '../identity/chain-access.ts'
import type { Principal } from '../identity/principal.ts'
import type { Rfq } from '../protocol.ts'
import { positionHeader } from '../views/awaited-position.ts'
import type { RfqView } from '../views/rfq-view.ts'
import type { RfqReads } from './rfq-reads.ts'
import { RFQ_PROBLEMS, visibleRfq } from './rfq-routes.ts'
import {
  AcceptRequestSchema,
  EntityId,
  QuoteRequestSchema,
  RfqRequestSchema,
  RfqSchema,
} from './rfq-schemas.ts'

const PROBLEMS = {
  ...RFQ_PROBLEMS,
  403: 'You may not, or the kill switch is on (kill-switch).',
  409: 'Not in the state that the RFQ is in: the reason, and in `current` the RFQ as it stands.',
  422: 'The Idempotency-Key stands for another request.',
}

/** Commands about RFQs: written to the log, answered with what came of them. */
export function rfqCommandRoutes(options: {
  readonly rfqs: RfqView
  readonly reads: RfqReads
  readonly commands: RfqCommands
}): readonly Route[] {
  const { commands, reads, rfqs } = options
  const answer = answering(rfqs, reads)
  const params = z.object({ id: EntityId })
  const command = { tag: 'rfq', isCommand: true, isPositioned: true, response: RfqSchema } as const
  return [
    userRoute({
      ...command,
      method: 'POST',
      path: '/api/v1/rfqs',
      summary: 'Asks the eligible liquidity providers for quotes.',
      access: ['TRADER'],
      body: RfqRequestSchema,
      status: 201,
      problems: { ...PROBLEMS, 404: 'There is no such instrument.' },
      handle: async (call, principal) => {
        const { outcome, rfqId, commandId } = await commands.create(call, principal)
        return answer(call, principal, { status: 201, outcome, rfqId, commandId })
      },
    }),
    userRoute({
      ...command,
      method: 'POST',
      path: '/api/v1/rfqs/{id}/accept',
      summary: 'Accepts a quote of the RFQ as it was seen.',
      access: ['TRADER'],
      params,
      body: AcceptRequestSchema,
      problems: PROBLEMS,
      handle: async (call, principal) => {
        const rfq = await found(call, principal)
        if (rfq.requester !== principal.user)
          throw new ProblemError(403, 'not-requester', 'Only the requester may accept a quote.')
        const { outcome, commandId } = await commands.accept(call, principal, rfq)
        return answer(call, principal, { status: 200, outcome, rfqId: rfq.rfqId, commandId })
      },
    }),
    userRoute({
      ...command,
      method: 'POST',
      path: '/api/v1/rfqs/{id}/cancel',
      summary: 'Cancels the RFQ: the requester, or a trader of the same desk.',
      access: ['TRADER', 'CLIENT'],
      params,
      problems: PROBLEMS,
      handle: async (call, principal) => {
        const rfq = await found(call, principal)
        if (rfq.requester !== principal.user && !isOnDesk(principal, rfq)) {
          const detail = 'Only the requester, or a trader of the same desk, may cancel the RFQ.'
          throw new ProblemError(403, 'not-your-desk', detail)
        }
        const { outcome, commandId } = await commands.cancel(call, principal, rfq)
        return answer(call, principal, { status: 200, outcome, rfqId: rfq.rfqId, commandId })
      },
    }),
    userRoute({
      ...command,
      method: 'POST',
      path: '/api/v1/rfqs/{id}/quotes',
      summary: 'Quotes by hand for a desk that was asked.',
      access: ['SALES'],
      params,
      body: QuoteRequestSchema,
      status: 201,
      problems: PROBLEMS,
      handle: async (call, principal) => {
        const rfq = await found(call, principal)
        const { outcome, commandId } = await commands.quote(call, principal, rfq)
        return answer(call, principal, { status: 201, outcome, rfqId: rfq.rfqId, commandId })
      },
    }),
  ]

  async function found(
    call: Call<{ readonly id: string }, unknown, unknown>,
    principal: Principal,
  ): Promise<Rfq> {
    await reads.await(call.position)
    return visibleRfq(rfqs, principal, call.params.id)
  }
}

interface Asked {
  readonly status: 200 | 201
  readonly outcome: RfqOutcome | undefined
  readonly rfqId: string
  readonly commandId: string
}

function answering(rfqs: RfqView, reads: RfqReads) {
  return (
    { correlationId }: Call<unknown, unknown, unknown>,
    { tenant }: Principal,
    { commandId, outcome, rfqId, status }: Asked,
  ): Reply => {
    const current = rfqs.get(tenant, rfqId)
    const headers = positionHeader(reads.position(tenant, rfqId))
    const location = `/api/v1/rfqs/${rfqId}`
    if (outcome?.refused !== undefined && !isShown(outcome)) {
      throw refusal(outcome.refused, current, headers)
    }
    if (outcome === undefined || current === undefined)
      return jsonReply(202, { commandId, correlationId }, { ...headers, location })
    return jsonReply(status, current, { ...headers, ...(status === 201 ? { location } : {}) })
  }
}

/** An RFQ that was rejected is there, and says why; all the same the kill switch is a refusal. */
function isShown({ eventType, refused }: RfqOutcome): boolean {
  return eventType === 'RFQRejected' && refused?.code !== 'KILL_SWITCH'
}

const STATUS_OF: Readonly<Record<string, number>> = {
  NOT_REQUESTER: 403,
  NOT_YOUR_DESK: 403,
  KILL_SWITCH: 403,
  RFQ_NOT_FOUND: 404,
  IDEMPOTENCY_KEY_REUSED: 422,
}

function refusal(
  { code, text }: NonNullable<RfqOutcome['refused']>,
  current: Rfq | undefined,
  headers: Readonly<Record<string, string>>,
): ProblemError {
  const kind = code.toLowerCase().replaceAll('_', '-')
  return new ProblemError(STATUS_OF[code] ?? 409, kind, text, {
    headers,
    ...(current === undefined ? {} : { members: { current } }),
  })
}
