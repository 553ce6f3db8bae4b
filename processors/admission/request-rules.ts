import type { Decimal } from 'decimal.js'
import type { CreateRFQ, InstrumentUpdated, KillswitchEnvelope, VenueUpdated } from '#avro'
import { shownAmount } from '../words/shown.ts'
import { type Check, checked, passed, refused } from './check.ts'
import { isOpenAt } from './trading-hours.ts'

/** The tenant's switch and everyone's: either stops what is new. */
export function checkKillSwitch(switches: readonly (KillswitchEnvelope | undefined)[]): Check {
  for (const event of switches) {
    if (event?.eventType !== 'KillSwitchEnabled') continue
    const { scope, reason } = event.payload
    const whose = scope === 'GLOBAL' ? 'for all tenants' : 'for this tenant'
    return refused('KILL_SWITCH', `Trading is stopped ${whose}: ${reason}`, {
      figure: `enabled ${scope}`,
    })
  }
  return passed('KILL_SWITCH', 'No kill switch is enabled', { figure: 'disabled' })
}

export function checkFlag(isEnabled: boolean): Check {
  return checked('RFQ_ENABLED', isEnabled, {
    figure: isEnabled ? 'enabled' : 'disabled',
    reason: isEnabled ? 'Requests for quote are enabled' : 'Requests for quote are switched off',
  })
}

export function checkInstrument(
  instrumentId: string,
  instrument: InstrumentUpdated | undefined,
): Check {
  const figure = instrumentId
  if (instrument === undefined)
    return refused('INSTRUMENT_KNOWN', `There is no instrument ${instrumentId}`, { figure })
  if (!instrument.enabled)
    return refused('INSTRUMENT_ENABLED', `${instrumentId} is disabled`, { figure })
  return passed('INSTRUMENT_ENABLED', `${instrumentId} is enabled`, { figure })
}

/**
 * A venue that is asked for must exist; the instrument's own need not. Where it does, it takes RFQs of the instrument's asset class.
 */
export function checkVenue(
  { venueId: asked }: Pick<CreateRFQ, 'venueId'>,
  { venue: own, assetClass }: InstrumentUpdated,
  venue: VenueUpdated | undefined,
): Check {
  const venueId = asked ?? own
  const facts = { figure: venueId }
  if (venue === undefined) {
    if (asked !== null) return refused('VENUE', `There is no venue ${venueId}`, facts)
    return passed('VENUE', `${venueId}, the instrument's own, has no rules`, facts)
  }
  if (!venue.enabled) return refused('VENUE', `${venueId} is disabled`, facts)
  if (!venue.executionTypes.includes('RFQ'))
    return refused('VENUE', `${venueId} takes no requests for quote`, facts)
  if (!venue.assetClasses.includes(assetClass))
    return refused('VENUE', `${venueId} does not trade ${assetClass}`, facts)
  return passed('VENUE', `${venueId} takes requests for quote`, facts)
}

/** By the sessions of the venue where it has a record; else by the instrument's hours, which are those of its venue of reference. */
export function checkTradingHours(
  instrument: InstrumentUpdated,
  venue: VenueUpdated | undefined,
  nowMs: number,
): Check {
  const hours = venue?.sessions ?? instrument.tradingHours
  const place = venue?.venueId ?? instrument.instrumentId
  const facts = { figure: new Date(nowMs).toISOString(), limit: hours }
  const isOpen = isOpenAt(hours, nowMs)
  if (isOpen === undefined)
    return refused('TRADING_HOURS', `The trading hours of ${place} cannot be read`, facts)
  return isOpen
    ? passed('TRADING_HOURS', `${place} is open`, facts)
    : refused('TRADING_HOURS', `${place} is closed: it trades ${hours}`, facts)
}

export function checkSize(
  { size, minSize }: Pick<CreateRFQ, 'size' | 'minSize'>,
  { lotSize }: InstrumentUpdated,
): readonly Check[] {
  const checks = [checkOnGrid('SIZE', 'size', { size, lotSize })]
  if (minSize === null) return checks
  if (minSize.greaterThan(size)) {
    const facts = { figure: shownAmount(minSize), limit: shownAmount(size) }
    return [
      ...checks,
      refused('MIN_SIZE', `The minimum size is above the size, ${shownAmount(size)}`, facts),
    ]
  }
  return [...checks, checkOnGrid('MIN_SIZE', 'minimum size', { size: minSize, lotSize })]
}

function checkOnGrid(
  rule: 'SIZE' | 'MIN_SIZE',
  what: string,
  { lotSize, size }: { readonly size: Decimal; readonly lotSize: Decimal },
): Check {
  const shown = shownAmount(size)
  const lot = shownAmount(lotSize)
  const facts = { figure: shown, limit: `lots of ${lot}` }
  if (!size.greaterThan(0)) return refused(rule, `The ${what} must be above 0`, facts)
  if (lotSize.greaterThan(0) && !size.modulo(lotSize).isZero())
    return refused(rule, `The ${what}, ${shown}, is not a multiple of the lot size, ${lot}`, facts)
  return passed(rule, `The ${what}, ${shown}, is in whole lots`, facts)
}

/** Between the gateway's clock, when it took the request, and its expiry. */
const EXPIRY_MS_MIN = 1_000
const EXPIRY_MS_MAX = 24 * 60 * 60_000

export function checkExpiry(
  expiryTimeMs: number,
  { commandTimeMs, nowMs }: { readonly commandTimeMs: number; readonly nowMs: number },
): Check {
  const givenMs = expiryTimeMs - commandTimeMs
  const facts = {
    figure: `${givenMs} ms`,
    limit: `${EXPIRY_MS_MIN} ms to ${EXPIRY_MS_MAX} ms`,
  }
  if (givenMs < EXPIRY_MS_MIN)
    return refused('EXPIRY', 'The expiry is too soon: an RFQ lives for 1 second at least', facts)
  if (givenMs > EXPIRY_MS_MAX)
    return refused('EXPIRY', 'The expiry is too far away: an RFQ lives for 24 hours at most', facts)
  if (expiryTimeMs <= nowMs) {
    const late = { figure: `${nowMs - expiryTimeMs} ms late`, limit: '0 ms' }
    return refused('EXPIRY', 'The RFQ expired before it could be sent', late)
  }
  return passed('EXPIRY', 'The expiry is within bounds', facts)
}
