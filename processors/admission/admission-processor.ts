import type {
  Admission,
  AlertsEnvelope,
  CommandsEnvelope,
  FlagsEnvelope,
  InstrumentsEnvelope,
  KillswitchEnvelope,
  LimitsEnvelope,
  LpsEnvelope,
  MarksEnvelope,
  RateCount,
  VenuesEnvelope,
} from '#avro'
import {
  type GlobalKTable,
  type KeyValueStore,
  type KeyValueStoreSpec,
  keyValueStoreOf,
  type Processor,
  type ProcessorContext,
  type ProcessorSupplier,
  type StreamRecord,
} from '#streams'

type GlobalStore<V> = GlobalKTable<string, V>['store']

/** `stores` of the node: all of these, by name. */
export interface AdmissionOptions {
  readonly topology: string
  /** Sliding windows of RFQ rates and throttles. */
  readonly rates: KeyValueStoreSpec<string, RateCount>
  readonly instruments: GlobalStore<InstrumentsEnvelope>
  readonly marks: GlobalStore<MarksEnvelope>
  readonly venues: GlobalStore<VenuesEnvelope>
  readonly lps: GlobalStore<LpsEnvelope>
  readonly limits: GlobalStore<LimitsEnvelope>
  readonly flags: GlobalStore<FlagsEnvelope>
  readonly killSwitch: GlobalStore<KillswitchEnvelope>
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

class AdmitRfqs implements Processor<string, CreateRfqEnvelope, string, AdmissionOutput> {
  readonly #options: AdmissionOptions
  #context: ProcessorContext<string, AdmissionOutput> | undefined
  #rates: KeyValueStore<string, RateCount> | undefined

  constructor(options: AdmissionOptions) {
    this.#options = options
  }

  init(context: ProcessorContext<string, AdmissionOutput>): void {
    this.#context = context
    this.#rates = keyValueStoreOf(context, this.#options.rates)
  }

  process(record: StreamRecord<string, CreateRfqEnvelope>): void {
    const { value: command } = record
    const nowMs = this.#context?.currentSystemTimeMs() ?? 0
    this.#context?.forward({
      ...record,
      key: `${command.tenantId}|${command.payload.rfqId}`,
      value: {
        commandId: command.eventId,
        tenantId: command.tenantId,
        correlationId: command.correlationId,
        commandTimeMs: command.occurredAt,
        decidedAtMs: nowMs,
        command: command.payload,
        passed: false,
        reason: 'NO_LP_ELIGIBLE',
        text: 'No liquidity provider is eligible.',
        decisions: [],
        routes: [],
        venueId: '',
        notional: null,
        mark: null,
        instrument: null,
      },
    })
  }
}
