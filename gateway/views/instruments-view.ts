import type { InstrumentsEnvelope } from '#avro'
import { PLATFORM_TENANT, recordKey } from '#topics'
import { isEntitled, type Principal } from '../identity/principal.ts'
import type { AssetClass, Instrument } from '../protocol.ts'

export interface InstrumentRow {
  /** Whose it is: the caller's own tenant, or the platform's. */
  readonly tenant: string
  readonly instrument: Instrument
}

export type InstrumentSortField = 'instrumentId' | 'symbol' | 'assetClass'

export interface InstrumentSort {
  readonly by: InstrumentSortField
  readonly descending: boolean
}

/** A place in a sorted list: what it is sorted by, and the id among those that are alike. */
export interface InstrumentPlace {
  readonly value: string
  readonly instrumentId: string
}

/** Instruments by `tenantId|instrumentId`, sorted for paging. Keeps at most `instrumentsMax`; what comes then is counted and left out. */
export class InstrumentsView {
  readonly #instrumentsMax: number
  readonly #byKey = new Map<string, InstrumentRow>()
  readonly #sorted = new Map<InstrumentSortField, readonly InstrumentRow[]>()
  #leftOut = 0

  constructor(instrumentsMax: number) {
    this.#instrumentsMax = instrumentsMax
  }

  get size(): number {
    return this.#byKey.size
  }

  get leftOut(): number {
    return this.#leftOut
  }

  apply(key: string, event: InstrumentsEnvelope | undefined): void {
    this.#sorted.clear()
    if (event === undefined) {
      this.#byKey.delete(key)
    } else if (this.#byKey.size >= this.#instrumentsMax && !this.#byKey.has(key)) {
      this.#leftOut += 1
    } else {
      this.#byKey.set(key, { tenant: event.tenantId, instrument: toInstrument(event) })
    }
  }

  /** By `tenantId|instrumentId`, whoever may see it. */
  get(key: string): Instrument | undefined {
    return this.#byKey.get(key)?.instrument
  }

  /** The caller's own instrument of that id, else the shared one; whether or not it is entitled to it. */
  find(tenant: string, instrumentId: string): InstrumentRow | undefined {
    const own = this.#byKey.get(recordKey(tenant, instrumentId))
    return own ?? this.#byKey.get(recordKey(PLATFORM_TENANT, instrumentId))
  }

  /** Those after `after` that the caller may see, in order; one more than `limit` if there are more. */
  list(
    principal: Principal,
    filter: {
      readonly sort: InstrumentSort
      readonly after: InstrumentPlace | undefined
      readonly limit: number
      readonly assetClass: AssetClass | undefined
      readonly q: string | undefined
    },
  ): readonly Instrument[] {
    const { after, limit, assetClass, sort } = filter
    const q = filter.q?.toLowerCase()
    const found: Instrument[] = []
    const sorted = this.#sortedBy(sort.by)
    for (let i = 0; i < sorted.length; i += 1) {
      const row = sorted[sort.descending ? sorted.length - 1 - i : i] as InstrumentRow
      const { tenant, instrument } = row
      if (after !== undefined) {
        const order = compare(placeOf(instrument, sort.by), after)
        if (sort.descending ? order >= 0 : order <= 0) continue
      }
      if (!this.#isVisible(principal, tenant, instrument)) continue
      if (assetClass !== undefined && instrument.assetClass !== assetClass) continue
      if (q !== undefined && !mentions(instrument, q)) continue
      found.push(instrument)
      if (found.length > limit) break
    }
    return found
  }

  #isVisible(principal: Principal, tenant: string, instrument: Instrument): boolean {
    if (!isEntitled(principal, instrument.assetClass)) return false
    if (tenant === principal.tenant) return true
    // A tenant's own instrument hides the shared one of the same id.
    return (
      tenant === PLATFORM_TENANT &&
      !this.#byKey.has(recordKey(principal.tenant, instrument.instrumentId))
    )
  }

  #sortedBy(field: InstrumentSortField): readonly InstrumentRow[] {
    let sorted = this.#sorted.get(field)
    if (sorted === undefined) {
      sorted = [...this.#byKey.values()].sort((a, b) =>
        compare(placeOf(a.instrument, field), placeOf(b.instrument, field)),
      )
      this.#sorted.set(field, sorted)
    }
    return sorted
  }
}

export function placeOf(instrument: Instrument, by: InstrumentSortField): InstrumentPlace {
  return { value: instrument[by], instrumentId: instrument.instrumentId }
}

/** By code unit, so that the order is the same everywhere. */
function compare(a: InstrumentPlace, b: InstrumentPlace): number {
  if (a.value !== b.value) return a.value < b.value ? -1 : 1
  if (a.instrumentId !== b.instrumentId) return a.instrumentId < b.instrumentId ? -1 : 1
  return 0
}

function mentions(instrument: Instrument, q: string): boolean {
  return (
    instrument.instrumentId.toLowerCase().includes(q) ||
    instrument.name.toLowerCase().includes(q) ||
    instrument.symbol.toLowerCase().includes(q)
  )
}

function toInstrument({ payload }: InstrumentsEnvelope): Instrument {
  const { priceBasis: _, tickSize, lotSize, ...rest } = payload
  return { ...rest, tickSize: tickSize.toFixed(), lotSize: lotSize.toFixed() }
}
