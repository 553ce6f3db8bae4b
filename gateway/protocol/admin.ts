import type { Instrument } from './market.ts'
import type { AssetClass } from './session.ts'

/** What every row that administrators set has beside its own. */
export interface AdminRecord {
  /** `platform`: shared by all tenants; one of your own with the same id hides it. */
  readonly tenant: string
  /** Counts the changes of your tenant's own; 0 for one that is the platform's. Sent with a change, it is refused (409) when another came between. */
  readonly sequence: number
  readonly changedAt: string
  /** Null: set at the beginning, or long ago. */
  readonly changedBy: string | null
}

/** `GET /api/v1/admin/lps`. */
export interface LiquidityProvider extends AdminRecord {
  readonly lpId: string
  readonly name: string
  readonly kind: 'BOT' | 'DESK'
  readonly enabled: boolean
  readonly assetClasses: readonly AssetClass[]
  readonly instrumentIds: readonly string[]
  readonly venueIds: readonly string[]
  /** Of the platform's: whom it serves, all when empty. */
  readonly tenantIds: readonly string[]
  readonly rfqsPerSecond: number
  readonly minNotional: string | null
  readonly maxNotional: string | null
  readonly quoteTtlMs: number
  readonly lastLook: {
    readonly windowMs: number
    readonly maxDriftBps: number
    readonly maxQuoteAgeMs: number | null
  } | null
  readonly personality: {
    readonly halfSpreadBps: number
    readonly skewBps: number
    readonly inventoryMax: string
    readonly responseMedianMs: number
    readonly responseSigma: number
    readonly declineProbability: number
    readonly sizeImpactBps: number
  } | null
}

/** `GET /api/v1/admin/venues`. */
export interface Venue extends AdminRecord {
  readonly venueId: string
  readonly name: string
  readonly executionTypes: readonly ('RFQ' | 'CLOB')[]
  readonly assetClasses: readonly AssetClass[]
  readonly sessions: string
  readonly enabled: boolean
}

/** `GET /api/v1/admin/limits`. Null is no limit. */
export interface Limits extends AdminRecord {
  readonly scope: 'TENANT' | 'DESK' | 'USER'
  readonly subject: string
  readonly rfqsPerMinute: number | null
  readonly rfqMaxNotional: string | null
  readonly notionalCurrency: string
  readonly instrumentIds: readonly string[] | null
  readonly venueIds: readonly string[] | null
}

/** `GET /api/v1/admin/flags`. */
export interface Flag extends AdminRecord {
  readonly flag: string
  readonly enabled: boolean
}

/** `GET /api/v1/admin/instruments`. */
export interface AdminInstrument extends Instrument, AdminRecord {
  readonly priceBasis: 'MID' | 'TRADE'
}

export interface KillSwitchState {
  readonly scope: 'TENANT' | 'GLOBAL'
  readonly enabled: boolean
  /** Null, as what follows: never thrown. */
  readonly reason: string | null
  readonly changedBy: string | null
  readonly changedAt: string | null
  readonly sequence: number
}

/** `GET /api/v1/admin/killswitch`. */
export interface KillSwitch {
  /** Whether trading of your tenant is stopped, by either. */
  readonly enabled: boolean
  readonly tenant: KillSwitchState
  readonly global: KillSwitchState
}
