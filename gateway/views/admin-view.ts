import type {
  ChangesEnvelope,
  FlagsEnvelope,
  InstrumentsEnvelope,
  KillswitchEnvelope,
  LimitsEnvelope,
  LpsEnvelope,
  VenuesEnvelope,
} from '#avro'
import { PLATFORM_TENANT, recordKey, type Topics } from '#topics'
import { Outcomes } from '../commands/outcomes.ts'
import { type ViewSource, viewSource } from './topic-view.ts'

/** What administrators set, as it stands on its compacted topic. */
export type AdminEvent =
  | LpsEnvelope
  | VenuesEnvelope
  | LimitsEnvelope
  | FlagsEnvelope
  | InstrumentsEnvelope
  | KillswitchEnvelope

/** The latest event of each entity of one kind. */
export class AdminRows<E extends AdminEvent> {
  readonly #rowsMax: number
  readonly #byKey = new Map<string, E>()
  #leftOut = 0

  constructor(rowsMax: number) {
    this.#rowsMax = rowsMax
  }

  get leftOut(): number {
    return this.#leftOut
  }

  apply(key: string, event: E | undefined): void {
    if (event === undefined) this.#byKey.delete(key)
    else if (this.#byKey.size >= this.#rowsMax && !this.#byKey.has(key)) this.#leftOut += 1
    else this.#byKey.set(key, event)
  }

  /** The tenant's own, never the platform's. */
  own(tenant: string, entityId: string): E | undefined {
    return this.#byKey.get(recordKey(tenant, entityId))
  }

  /** The tenant's own, which hides the platform's of the same id. */
  find(tenant: string, entityId: string): E | undefined {
    return this.own(tenant, entityId) ?? this.own(PLATFORM_TENANT, entityId)
  }

  /**
   * The tenant's own and those of the platform that it does not hide with one of its own, with their ids and in their order.
   *
   * @param mayHide whether a tenant's own may hide this one of the platform
   */
  shown(
    tenant: string,
    mayHide: (shared: E) => boolean = () => true,
  ): readonly (readonly [id: string, event: E])[] {
    const byId = new Map<string, E>()
    for (const owner of [PLATFORM_TENANT, tenant]) {
      const start = recordKey(owner, '')
      for (const [key, event] of this.#byKey) {
        if (!key.startsWith(start)) continue
        const id = key.slice(start.length)
        const shared = byId.get(id)
        if (shared === undefined || mayHide(shared)) byId.set(id, event)
      }
    }
    return [...byId].sort(([a], [b]) => (a < b ? -1 : 1))
  }
}

/** A change that was made, and what was asked for. */
export interface AdminOutcome {
  readonly event: AdminEvent
  readonly requestDigest: string | undefined
}

/** Reference data, limits, flags and kill switches of all tenants, who set them, and what came of each command. */
export class AdminView {
  readonly lps: AdminRows<LpsEnvelope>
  readonly venues: AdminRows<VenuesEnvelope>
  readonly limits: AdminRows<LimitsEnvelope>
  readonly flags: AdminRows<FlagsEnvelope>
  readonly instruments: AdminRows<InstrumentsEnvelope>
  readonly killSwitches: AdminRows<KillswitchEnvelope>
  /** By command id. */
  readonly outcomes: Outcomes<AdminOutcome>
  readonly #requestsMax: number
  readonly #requests = new Map<string, { readonly userId: string; readonly digest: string }>()

  constructor({
    requestsMax,
    rowsMax,
  }: { readonly requestsMax: number; readonly rowsMax: number }) {
    this.lps = new AdminRows(rowsMax)
    this.venues = new AdminRows(rowsMax)
    this.limits = new AdminRows(rowsMax)
    this.flags = new AdminRows(rowsMax)
    this.instruments = new AdminRows(rowsMax)
    this.killSwitches = new AdminRows(rowsMax)
    this.outcomes = new Outcomes(requestsMax)
    this.#requestsMax = requestsMax
  }

  get leftOut(): number {
    const { flags, instruments, killSwitches, limits, lps, venues } = this
    return [flags, instruments, killSwitches, limits, lps, venues].reduce(
      (sum, rows) => sum + rows.leftOut,
      0,
    )
  }

  /** Null: it was not set through a gateway, or too long ago. */
  changedBy({ causationId }: AdminEvent): string | null {
    return (causationId === null ? undefined : this.#requests.get(causationId)?.userId) ?? null
  }

  sources({ admin, risk }: Topics): readonly ViewSource[] {
    return [
      viewSource(admin.lps, (key, event) => this.lps.apply(key, event)),
      viewSource(admin.venues, (key, event) => this.venues.apply(key, event)),
      viewSource(admin.limits, (key, event) => this.limits.apply(key, event)),
      viewSource(admin.flags, (key, event) => this.flags.apply(key, event)),
      viewSource(admin.instruments, (key, event) => this.instruments.apply(key, event)),
      viewSource(risk.killswitch, (key, event) => this.killSwitches.apply(key, event)),
      viewSource(admin.changes, (_, event) => this.#noteChange(event)),
    ]
  }

  /** A request comes before the change that it made: both are of one transaction, on one partition. */
  #noteChange(event: ChangesEnvelope | undefined): void {
    if (event === undefined) return
    if (event.eventType === 'ChangeRequested') {
      const { requestDigest: digest, userId } = event.payload
      this.#requests.set(event.eventId, { userId, digest })
      if (this.#requests.size <= this.#requestsMax) return
      const [oldest] = this.#requests.keys()
      if (oldest !== undefined) this.#requests.delete(oldest)
    } else if (event.causationId !== null) {
      const requestDigest = this.#requests.get(event.causationId)?.digest
      this.outcomes.note(event.causationId, { event, requestDigest })
    }
  }
}
