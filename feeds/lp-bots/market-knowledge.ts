import type {
  FlagUpdated,
  InstrumentUpdated,
  LPConfigUpdated,
  MarkPriceUpdated,
  Personality,
} from '#avro'
import { PLATFORM_TENANT, recordKey } from '#topics'

/** Switches all bots of a tenant (or of the platform) off; on where nobody has set it. */
const LP_BOTS_FLAG = 'lp-bots'

/** A table of the log, by record key. Values are decoded when first asked for: most marks never are. */
export class LatestByKey<T> {
  readonly #entries = new Map<string, { value: T | undefined; readonly decode: () => T }>()

  set(key: string, decode: () => T): void {
    this.#entries.set(key, { value: undefined, decode })
  }

  delete(key: string): void {
    this.#entries.delete(key)
  }

  get(key: string): T | undefined {
    const entry = this.#entries.get(key)
    if (entry === undefined) return undefined
    entry.value ??= entry.decode()
    return entry.value
  }
}

export interface KnownMark {
  readonly mark: MarkPriceUpdated
  /** When it came here. */
  readonly arrivedAtMs: number
}

/** A provider that a bot speaks for. */
export interface Bot {
  readonly lpId: string
  readonly personality: Personality
  readonly quoteTtlMs: number
  readonly rfqsPerSecond: number
}

/** What bots know beside the RFQ: providers, instruments, flags, marks. */
export class MarketKnowledge {
  readonly lps = new LatestByKey<LPConfigUpdated>()
  readonly flags = new LatestByKey<FlagUpdated>()
  readonly instruments = new LatestByKey<InstrumentUpdated>()
  readonly marks = new LatestByKey<KnownMark>()
  #latestMarkMs = 0

  markSeen(eventTimeMs: number): void {
    if (eventTimeMs > this.#latestMarkMs) this.#latestMarkMs = eventTimeMs
  }

  /** The bot that quotes for a provider to a tenant; undefined where none does (a desk, disabled, another tenant's, switched off). */
  bot(tenantId: string, lpId: string): Bot | undefined {
    const config =
      this.lps.get(recordKey(tenantId, lpId)) ?? this.lps.get(recordKey(PLATFORM_TENANT, lpId))
    if (config === undefined || config.kind !== 'BOT' || !config.enabled) return undefined
    if (config.personality === null || config.lpId !== lpId) return undefined
    if (config.tenantIds.length > 0 && !config.tenantIds.includes(tenantId)) return undefined
    if (!this.#flagOn(tenantId)) return undefined
    const { personality, quoteTtlMs, rfqsPerSecond } = config
    return { lpId, personality, quoteTtlMs, rfqsPerSecond }
  }

  /** A tenant's own instrument hides the platform's. */
  instrument(tenantId: string, instrumentId: string): InstrumentUpdated | undefined {
    const own = this.instruments.get(recordKey(tenantId, instrumentId))
    return own ?? this.instruments.get(recordKey(PLATFORM_TENANT, instrumentId))
  }

  /**
   * The mark and its age: behind the newest mark of any instrument (never behind the wall clock: recordings are of past years), or since it
   * came, whichever is more.
   */
  mark(
    instrumentId: string,
    nowMs: number,
  ): { readonly mark: MarkPriceUpdated; readonly ageMs: number } | undefined {
    const known = this.marks.get(recordKey(PLATFORM_TENANT, instrumentId))
    if (known === undefined) return undefined
    const behind = this.#latestMarkMs - known.mark.eventTimeMs
    return {
      mark: known.mark,
      ageMs: Math.max(0, behind, nowMs - known.arrivedAtMs),
    }
  }

  #flagOn(tenantId: string): boolean {
    const off = [tenantId, PLATFORM_TENANT].some(
      (owner) => this.flags.get(recordKey(owner, LP_BOTS_FLAG))?.enabled === false,
    )
    return !off
  }
}
