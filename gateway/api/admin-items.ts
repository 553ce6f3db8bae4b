import { Decimal } from 'decimal.js'
import type { z } from 'zod'
import type {
  FlagUpdated,
  InstrumentUpdated,
  KillswitchEnvelope,
  LimitsUpdated,
  LPConfigUpdated,
  VenueUpdated,
} from '#avro'
import type {
  AdminInstrument,
  AdminRecord,
  Flag,
  KillSwitchState,
  Limits,
  LiquidityProvider,
  Venue,
} from '../protocol.ts'
import { isoTime } from '../views/iso-time.ts'
import type {
  InstrumentBody,
  LimitsBody,
  LiquidityProviderBody,
  VenueBody,
} from './admin-schemas.ts'

type Fields<I extends AdminRecord> = Omit<I, keyof AdminRecord>

/** What is stored, of what was sent; and what is shown, of what is stored. */
export function lpConfig(body: z.output<typeof LiquidityProviderBody>): LPConfigUpdated {
  const { maxNotional, minNotional, personality, sequence: _, ...rest } = body
  return {
    ...rest,
    minNotional: decimalOrNull(minNotional),
    maxNotional: decimalOrNull(maxNotional),
    personality:
      personality === null
        ? null
        : { ...personality, inventoryMax: new Decimal(personality.inventoryMax) },
  }
}

export function shownLp(payload: LPConfigUpdated): Fields<LiquidityProvider> {
  const { kind, maxNotional, minNotional, personality } = payload
  return {
    ...payload,
    kind: kind === 'DESK' ? 'DESK' : 'BOT',
    minNotional: minNotional?.toFixed() ?? null,
    maxNotional: maxNotional?.toFixed() ?? null,
    personality:
      personality === null
        ? null
        : { ...personality, inventoryMax: personality.inventoryMax.toFixed() },
  }
}

export function venueOf({ sequence: _, ...rest }: z.output<typeof VenueBody>): VenueUpdated {
  return rest
}

export function shownVenue(payload: VenueUpdated): Fields<Venue> {
  return { ...payload, executionTypes: payload.executionTypes.filter(isExecutionType) }
}

export function limitsOf(body: z.output<typeof LimitsBody>): LimitsUpdated {
  const { rfqMaxNotional, sequence: _, ...rest } = body
  return { ...rest, rfqMaxNotional: decimalOrNull(rfqMaxNotional) }
}

export function shownLimits(payload: LimitsUpdated): Fields<Limits> {
  const { rfqMaxNotional, scope } = payload
  return {
    ...payload,
    scope: scope === 'DESK' || scope === 'USER' ? scope : 'TENANT',
    rfqMaxNotional: rfqMaxNotional?.toFixed() ?? null,
  }
}

export function shownFlag(payload: FlagUpdated): Fields<Flag> {
  return payload
}

export function instrumentOf(body: z.output<typeof InstrumentBody>): InstrumentUpdated {
  const { lotSize, sequence: _, tickSize, ...rest } = body
  return { ...rest, tickSize: new Decimal(tickSize), lotSize: new Decimal(lotSize) }
}

export function shownInstrument(payload: InstrumentUpdated): Fields<AdminInstrument> {
  const { lotSize, tickSize } = payload
  return { ...payload, tickSize: tickSize.toFixed(), lotSize: lotSize.toFixed() }
}

export function shownKillSwitch(
  scope: 'TENANT' | 'GLOBAL',
  event: KillswitchEnvelope | undefined,
): KillSwitchState {
  if (event === undefined) {
    const never = { reason: null, changedBy: null, changedAt: null }
    return { scope, enabled: false, ...never, sequence: 0 }
  }
  const { changedAtMs, changedBy, reason } = event.payload
  return {
    scope,
    enabled: event.eventType === 'KillSwitchEnabled',
    reason,
    changedBy,
    changedAt: isoTime(changedAtMs),
    sequence: event.entity.sequence,
  }
}

function decimalOrNull(text: string | null): Decimal | null {
  return text === null ? null : new Decimal(text)
}

function isExecutionType(text: string): text is 'RFQ' | 'CLOB' {
  return text === 'RFQ' || text === 'CLOB'
}
