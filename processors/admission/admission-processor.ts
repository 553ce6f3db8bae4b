import {
  type Admission,
  type AlertsEnvelope,
  type CommandsEnvelope,
  causedEvent,
  type RateCount,
} from '#avro'
import {
  type KeyValueStore,
  type KeyValueStoreSpec,
  keyValueStoreOf,
  type Processor,
  type ProcessorContext,
  type ProcessorSupplier,
  type StreamRecord,
} from '#streams'
import { type AdmissionDecision, type AdmissionRequest, admit } from './admission.ts'
import { decisionOf, type LimitHolder } from './check.ts'
import { admissionCounts } from './counts.ts'
import { bookable } from './notional.ts'
import { type ReferenceStores, ReferenceTables } from './reference-tables.ts'
import { SlidingWindows } from './sliding-windows.ts'

/** `stores` of the node: all of these, by name. */
export interface AdmissionOptions extends ReferenceStores {
  readonly topology: string
  /** Sliding windows of RFQ rates and throttles. */
  readonly rates: KeyValueStoreSpec<string, RateCount>
}

export type CreateRfqEnvelope = Extract<CommandsEnvelope, { eventType: 'CreateRFQ' }>

/** An admission for each command, under `tenant|rfqId`; before it the breaches of limits, under `tenant|scope|subject`. */
export type AdmissionOutput = Admission | AlertsEnvelope

/** Of the two outputs of `admitRfqs`, the one for risk.alerts. */
export function isBreach(_key: string, output: AdmissionOutput): output is AlertsEnvelope {
  return 'eventType' in output
}

/** CreateRFQ keyed by tenant, so that rates and throttles are exact: one place counts each tenant. */
export function admitRfqs(
  options: AdmissionOptions,
): ProcessorSupplier<string, CreateRfqEnvelope, string, AdmissionOutput> {
  return () => new AdmitRfqs(options)
}

const MINUTE_MS = 60_000
const SECOND_MS = 1_000

class AdmitRfqs implements Processor<string, CreateRfqEnvelope, string, AdmissionOutput> {
  readonly #options: AdmissionOptions
  #context: ProcessorContext<string, AdmissionOutput> | undefined
  #tables: ReferenceTables | undefined
  #rates: KeyValueStore<string, RateCount> | undefined
  #tell: ReturnType<typeof admissionCounts> | undefined
  #maker = { producer: '', node: '' }

  constructor(options: AdmissionOptions) {
    this.#options = options
  }

  init(context: ProcessorContext<string, AdmissionOutput>): void {
    this.#context = context
    this.#tell = admissionCounts(context.metrics)
    this.#maker = { producer: this.#options.topology, node: context.nodeName }
    this.#tables = new ReferenceTables(context, this.#options)
    this.#rates = keyValueStoreOf(context, this.#options.rates)
  }

  process(record: StreamRecord<string, CreateRfqEnvelope>): void {
    const [context, rates, tables] = [this.#context, this.#rates, this.#tables]
    if (context === undefined || rates === undefined || tables === undefined) return
    const { value: event } = record
    const { tenantId } = event
    const nowMs = context.currentSystemTimeMs()
    const windows = new SlidingWindows(rates, nowMs)
    const request: AdmissionRequest = {
      tenantId,
      command: event.payload,
      commandTimeMs: event.occurredAt,
      nowMs,
    }
    const decision = admit(request, {
      ...tables.asSeenBy(tenantId),
      admittedThisMinute: (holder) => windows.count(MINUTE_MS, rateSubject(tenantId, holder)),
      sentThisSecond: (lpId) => windows.count(SECOND_MS, lpSubject(tenantId, lpId)),
    })
    this.#count(windows, request, decision)
    this.#tell?.(decision)
    this.#tellBreaches(record, request, decision)
    context.forward({
      ...record,
      key: `${tenantId}|${event.payload.rfqId}`,
      value: admissionOf(event, nowMs, decision),
    })
  }

  #count(
    windows: SlidingWindows,
    { tenantId }: AdmissionRequest,
    decision: AdmissionDecision,
  ): void {
    if (!decision.counts) return
    for (const holder of decision.rated) windows.add(MINUTE_MS, rateSubject(tenantId, holder))
    for (const { lpId, eligible } of decision.routes)
      if (eligible) windows.add(SECOND_MS, lpSubject(tenantId, lpId))
  }

  #tellBreaches(
    record: StreamRecord<string, CreateRfqEnvelope>,
    { tenantId, command, nowMs }: AdmissionRequest,
    { checks }: AdmissionDecision,
  ): void {
    let ordinal = 0
    for (const check of checks) {
      const { rule, figure, limit, reason, holder } = check
      if (check.passed || holder === undefined) continue
      const { scope, subject } = holder
      const payload = {
        rule,
        scope,
        subject,
        figure,
        limit,
        reason,
        userId: command.requester.userId,
        instrumentId: command.instrumentId,
        rfqId: command.rfqId,
        breachedAtMs: nowMs,
      }
      this.#context?.forward({
        ...record,
        key: `${tenantId}|${scope}|${subject}`,
        value: causedEvent(this.#maker, record.value, ordinal, {
          eventType: 'RiskLimitBreached',
          payload,
          occurredAt: nowMs,
          // Breaches of a command are told apart by their ids; they are not counted over commands.
          entity: { entityType: 'Limit', entityId: `${scope}|${subject}`, sequence: ordinal + 1 },
        }),
      })
      ordinal += 1
    }
  }
}

function rateSubject(tenantId: string, { scope, subject }: LimitHolder): string {
  return `${tenantId}|${scope}|${subject}`
}

function lpSubject(tenantId: string, lpId: string): string {
  return `${tenantId}|LP|${lpId}`
}

function admissionOf(
  event: CreateRfqEnvelope,
  decidedAtMs: number,
  decision: AdmissionDecision,
): Admission {
  const { passed, reason, text, checks, routes, venueId, notional, mark, instrument } = decision
  return {
    commandId: event.eventId,
    tenantId: event.tenantId,
    correlationId: event.correlationId,
    commandTimeMs: event.occurredAt,
    decidedAtMs,
    command: event.payload,
    passed,
    reason,
    text,
    decisions: checks.map(decisionOf),
    routes,
    venueId,
    notional: bookable(notional),
    mark:
      mark === undefined
        ? null
        : { bid: mark.bid, ask: mark.ask, mid: mark.mid, eventTimeMs: mark.eventTimeMs },
    instrument: instrument ?? null,
  }
}
