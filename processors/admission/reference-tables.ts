import type {
  FlagsEnvelope,
  InstrumentsEnvelope,
  InstrumentUpdated,
  KillswitchEnvelope,
  LimitsEnvelope,
  LPConfigUpdated,
  LpsEnvelope,
  MarksEnvelope,
  VenuesEnvelope,
} from '#avro'
import {
  type GlobalKTable,
  globalStoreOf,
  type ProcessorContext,
  type ReadOnlyKeyValueStore,
} from '#streams'
import { EVERYONE, ownOrShared } from '../instruments/own-or-shared.ts'
import type { AdmissionFacts } from './admission.ts'

type GlobalStore<V> = GlobalKTable<string, V>['store']

/** Global tables, by their stores. */
export interface ReferenceStores {
  readonly instruments: GlobalStore<InstrumentsEnvelope>
  readonly marks: GlobalStore<MarksEnvelope>
  readonly venues: GlobalStore<VenuesEnvelope>
  readonly lps: GlobalStore<LpsEnvelope>
  readonly limits: GlobalStore<LimitsEnvelope>
  readonly flags: GlobalStore<FlagsEnvelope>
  readonly killSwitch: GlobalStore<KillswitchEnvelope>
}

/** What is asked of the tables: all but the rates, which are the processor's own. */
type TableFacts = Omit<AdmissionFacts, 'admittedThisMinute' | 'sentThisSecond'>

/** Instruments and marks are everyone's; venues, providers and flags are the platform's unless the tenant has its own; limits are the tenant's. */

/** The global tables, as one tenant may see them. Each read is of the table as it stands: a change holds from the next record on. */
export class ReferenceTables {
  readonly #instruments: ReadOnlyKeyValueStore<string, InstrumentsEnvelope>
  readonly #marks: ReadOnlyKeyValueStore<string, MarksEnvelope>
  readonly #venues: ReadOnlyKeyValueStore<string, VenuesEnvelope>
  readonly #lps: ReadOnlyKeyValueStore<string, LpsEnvelope>
  readonly #limits: ReadOnlyKeyValueStore<string, LimitsEnvelope>
  readonly #flags: ReadOnlyKeyValueStore<string, FlagsEnvelope>
  readonly #killSwitch: ReadOnlyKeyValueStore<string, KillswitchEnvelope>

  constructor(
    context: Pick<ProcessorContext<never, never>, 'getStateStore'>,
    stores: ReferenceStores,
  ) {
    this.#instruments = globalStoreOf(context, stores.instruments)
    this.#marks = globalStoreOf(context, stores.marks)
    this.#venues = globalStoreOf(context, stores.venues)
    this.#lps = globalStoreOf(context, stores.lps)
    this.#limits = globalStoreOf(context, stores.limits)
    this.#flags = globalStoreOf(context, stores.flags)
    this.#killSwitch = globalStoreOf(context, stores.killSwitch)
  }

  asSeenBy(tenantId: string): TableFacts {
    return {
      killSwitches: [EVERYONE, tenantId].map((whose) =>
        this.#killSwitch.get(`${whose}|killswitch`),
      ),
      isEnabled: (flag) =>
        [EVERYONE, tenantId].every(
          (whose) => this.#flags.get(`${whose}|${flag}`)?.payload.enabled ?? true,
        ),
      instrument: (instrumentId) => this.#instrument(instrumentId),
      mark: (instrumentId) => this.#marks.get(`${EVERYONE}|${instrumentId}`)?.payload,
      venue: (venueId) => ownOrShared(this.#venues, tenantId, venueId)?.payload,
      limits: ({ scope, subject }) => this.#limits.get(`${tenantId}|${scope}|${subject}`)?.payload,
      lps: () => this.#lpsOf(tenantId),
      midOf: (base, quote) => this.#midOf(`${base}${quote}`),
    }
  }

  #instrument(instrumentId: string): InstrumentUpdated | undefined {
    return this.#instruments.get(`${EVERYONE}|${instrumentId}`)?.payload
  }

  /** The tenant's own hide the platform's of the same id. */
  #lpsOf(tenantId: string): readonly LPConfigUpdated[] {
    const byId = new Map<string, LPConfigUpdated>()
    for (const whose of [EVERYONE, tenantId])
      for (const [, { payload }] of this.#lps.prefixScan(bytesOf(`${whose}|`)))
        byId.set(payload.lpId, payload)
    return [...byId.values()]
  }

  /** Of the first venue, by name, that has a price of the pair. */
  #midOf(symbol: string): number | undefined {
    for (const [, { payload }] of this.#marks.prefixScan(bytesOf(`${EVERYONE}|${symbol}.`))) {
      const { instrumentId, mid } = payload
      const assetClass = this.#instrument(instrumentId)?.assetClass
      if (mid !== null && (assetClass === 'FX' || assetClass === 'CRYPTO')) return mid
    }
    return undefined
  }
}

function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text)
}
