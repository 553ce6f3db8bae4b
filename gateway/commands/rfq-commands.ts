import { Decimal } from 'decimal.js'
import { type CommandsEnvelope, commandEventId, type QuotesEnvelope, type Requester } from '#avro'
import type { Clock } from '#streams'
import { PLATFORM_TENANT, type Topics } from '#topics'
import { ProblemError } from '../http/problem.ts'
import type { Call } from '../http/route.ts'
import { isEntitled, type Principal } from '../identity/principal.ts'
import type { Rfq, RfqRequest } from '../protocol.ts'
import type { RandomSource } from '../random-source.ts'
import type { AdminView } from '../views/admin-view.ts'
import type { InstrumentsView } from '../views/instruments-view.ts'
import type { CommandRunner } from './command-runner.ts'
import { eventWrite } from './event-writer.ts'
import { idempotencyKey, requestDigest } from './idempotency.ts'
import { quoteDigest, type RfqOutcome } from './rfq-outcomes.ts'

export interface RfqCommandsOptions {
  readonly runner: CommandRunner<RfqOutcome>
  readonly topics: Topics
  readonly instruments: InstrumentsView
  readonly admin: Pick<AdminView, 'killSwitches' | 'lps'>
  readonly clock: Clock
  readonly random: RandomSource
}

interface Ran {
  readonly outcome: RfqOutcome | undefined
  readonly commandId: string
}

export interface QuoteRequest {
  readonly price: string
  readonly size?: string
  readonly expirySeconds?: number
  readonly lpId?: string
}

type BodyCall<B> = Call<unknown, unknown, B>

/** Makes commands of requests, with ids that follow from caller, route and key, and has them done. */
export class RfqCommands {
  readonly #options: RfqCommandsOptions

  constructor(options: RfqCommandsOptions) {
    this.#options = options
  }

  /** @throws {ProblemError} 403, 404, 422, 503 */
  async create(
    call: BodyCall<RfqRequest>,
    principal: Principal,
  ): Promise<Ran & { readonly rfqId: string }> {
    const { body } = call
    this.#checkInstrument(principal, body.instrumentId)
    const commandId = this.#commandId(call, principal, 'POST /rfqs')
    const rfqId = `R-${commandId.slice(0, 20)}`
    const size = new Decimal(body.size)
    const minSize = body.minSize === undefined ? null : new Decimal(body.minSize)
    const digest = requestDigest({
      ...body,
      size: size.toFixed(),
      minSize: minSize?.toFixed(),
      partialAllowed: body.partialAllowed ?? false,
    })
    const outcome = await this.#send(principal, {
      name: 'create-rfq',
      guard: () => this.#checkKillSwitch(principal),
      commandId,
      correlationId: call.correlationId,
      eventType: 'CreateRFQ',
      payload: {
        rfqId,
        instrumentId: body.instrumentId,
        side: body.side,
        size,
        minSize,
        partialAllowed: body.partialAllowed ?? false,
        venueId: body.venueId ?? null,
        expiryTimeMs: this.#options.clock.nowMs() + body.expirySeconds * 1_000,
        requester: requesterOf(principal),
        requestDigest: digest,
      },
    })
    return { outcome, commandId, rfqId }
  }

  async accept(
    call: BodyCall<{ readonly quoteId: string; readonly version: number }>,
    principal: Principal,
    { correlationId, rfqId }: Rfq,
  ): Promise<Ran> {
    const { quoteId, version } = call.body
    const commandId = this.#commandId(call, principal, `POST /rfqs/${rfqId}/accept`)
    const outcome = await this.#send(principal, {
      name: 'accept-quote',
      guard: () => this.#checkKillSwitch(principal),
      commandId,
      correlationId,
      eventType: 'AcceptQuote',
      payload: {
        rfqId,
        quoteId,
        version,
        requester: requesterOf(principal),
        requestDigest: requestDigest({ quoteId, version }),
      },
    })
    return { outcome, commandId }
  }

  /** Allowed under the kill switch: it takes risk away. */
  async cancel(
    call: BodyCall<undefined>,
    principal: Principal,
    { correlationId, rfqId }: Rfq,
  ): Promise<Ran> {
    const commandId = this.#commandId(call, principal, `POST /rfqs/${rfqId}/cancel`)
    const outcome = await this.#send(principal, {
      name: 'cancel-rfq',
      commandId,
      correlationId,
      eventType: 'CancelRFQ',
      payload: { rfqId, requester: requesterOf(principal), requestDigest: requestDigest({}) },
    })
    return { outcome, commandId }
  }

  async quote(call: BodyCall<QuoteRequest>, principal: Principal, rfq: Rfq): Promise<Ran> {
    const { clock, runner, topics } = this.#options
    const { body } = call
    const { lpId, quoteTtlMs } = this.#desk(principal, rfq, body.lpId)
    const price = new Decimal(body.price)
    const size = new Decimal(body.size ?? rfq.size)
    const validMs = body.expirySeconds === undefined ? quoteTtlMs : body.expirySeconds * 1_000
    const commandId = this.#commandId(call, principal, `POST /rfqs/${rfq.rfqId}/quotes`)
    const quoteId = `Q-${commandId.slice(0, 20)}`
    const nowMs = clock.nowMs()
    const event: QuotesEnvelope = {
      eventId: commandId,
      eventType: 'QuoteReceived',
      eventVersion: 1,
      occurredAt: nowMs,
      producer: PRODUCER,
      tenantId: principal.tenant,
      correlationId: rfq.correlationId,
      causationId: null,
      entity: { entityType: 'Quote', entityId: quoteId, sequence: 1 },
      payload: {
        quoteId,
        rfqId: rfq.rfqId,
        lpId,
        quotedBy: principal.user,
        price,
        size,
        expiresAtMs: nowMs + validMs,
      },
    }
    const outcome = await runner.run({
      name: 'quote',
      commandId,
      requestDigest: quoteDigest({ lpId, price: price.toFixed(), size: size.toFixed(), validMs }),
      guard: () => this.#checkKillSwitch(principal),
      write: eventWrite(topics.rfq.quotes, {
        tenantId: principal.tenant,
        entityId: rfq.rfqId,
        event,
      }),
    })
    return { outcome, commandId }
  }

  #send(
    { tenant }: Principal,
    command: Pick<CommandsEnvelope, 'correlationId'> & {
      readonly name: string
      readonly commandId: string
      readonly guard?: () => void
    } & CommandBody,
  ): Promise<RfqOutcome | undefined> {
    const { clock, runner, topics } = this.#options
    const { commandId, correlationId, eventType, name, payload } = command
    const event = {
      eventId: commandId,
      eventType,
      eventVersion: 1,
      occurredAt: clock.nowMs(),
      producer: PRODUCER,
      tenantId: tenant,
      correlationId,
      causationId: null,
      entity: { entityType: 'Command', entityId: commandId, sequence: 1 },
      payload,
    } as CommandsEnvelope
    return runner.run({
      name,
      commandId,
      requestDigest: payload.requestDigest,
      ...(command.guard === undefined ? {} : { guard: command.guard }),
      write: eventWrite(topics.rfq.commands, { tenantId: tenant, entityId: payload.rfqId, event }),
    })
  }

  #commandId(call: BodyCall<unknown>, { tenant, user }: Principal, route: string): string {
    return commandEventId(
      tenant,
      user,
      route,
      idempotencyKey(call.idempotencyKey, this.#options.random),
    )
  }

  #checkInstrument(principal: Principal, instrumentId: string): void {
    const found = this.#options.instruments.find(principal.tenant, instrumentId)
    if (found === undefined || !isEntitled(principal, found.instrument.assetClass))
      throw new ProblemError(
        404,
        'unknown-instrument',
        'There is no such instrument that you may see.',
      )
  }

  /** The topology decides; this answers at once what it would refuse. */
  #checkKillSwitch({ tenant }: Principal): void {
    for (const owner of [PLATFORM_TENANT, tenant]) {
      const event = this.#options.admin.killSwitches.own(owner, 'killswitch')
      if (event?.eventType !== 'KillSwitchEnabled') continue
      const whose = owner === PLATFORM_TENANT ? 'for all tenants' : 'for this tenant'
      throw new ProblemError(
        403,
        'kill-switch',
        `Trading is stopped ${whose}: ${event.payload.reason}`,
      )
    }
  }

  /** The desk that a quote by hand is for. @throws {ProblemError} 404, 409 */
  #desk(principal: Principal, rfq: Rfq, asked: string | undefined) {
    const desks = (asked === undefined ? rfq.lpIds : [asked]).flatMap((lpId) => {
      const lp = this.#options.admin.lps.find(principal.tenant, lpId)?.payload
      const isServed =
        lp?.kind === 'DESK' &&
        (lp.tenantIds.length === 0 || lp.tenantIds.includes(principal.tenant))
      return isServed ? [lp] : []
    })
    const [desk] = desks
    if (desk === undefined && asked !== undefined)
      throw new ProblemError(404, 'unknown-desk', `${asked} is not a desk that you may quote for.`)
    if (desk === undefined || desks.length > 1) {
      const detail =
        desk === undefined
          ? 'No desk of yours was asked for a quote.'
          : `Several desks of yours were asked: name one of ${desks.map(({ lpId }) => lpId).join(', ')} as lpId.`
      throw new ProblemError(409, desk === undefined ? 'lp-not-invited' : 'which-desk', detail, {
        members: { current: rfq },
      })
    }
    return desk
  }
}

type CommandBody = {
  [T in CommandsEnvelope['eventType']]: Pick<
    Extract<CommandsEnvelope, { readonly eventType: T }>,
    'eventType' | 'payload'
  >
}[CommandsEnvelope['eventType']]

const PRODUCER = 'gateway'

function requesterOf({ assetClasses, desk, roles, user }: Principal): Requester {
  return { userId: user, desk, roles, assetClasses }
}
