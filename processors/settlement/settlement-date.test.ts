import { expect, test } from 'vitest'
import type { AssetClass } from '#avro'
import { termsOf } from './settlement-date.ts'

// Thanksgiving is Thursday, 26 November 2026; London is closed on 25 and 28 December, TARGET on the 25th.
const TERMS: readonly (readonly [AssetClass, string, string, string, string, string, string])[] = [
  ['FX', 'EURUSD.SIMFX', 'USD', '2026-11-20', '2026-11-24', 'T+2', 'TARGET+US_SETTLEMENT'],
  ['FX', 'EURUSD.SIMFX', 'USD', '2026-11-24', '2026-11-27', 'T+2', 'TARGET+US_SETTLEMENT'],
  ['FX', 'EURUSD.SIMFX', 'USD', '2026-11-25', '2026-11-27', 'T+2', 'TARGET+US_SETTLEMENT'],
  ['FX', 'USDCAD.SIMFX', 'CAD', '2026-11-20', '2026-11-23', 'T+1', 'US_SETTLEMENT+WEEKEND'],
  ['FX', 'USDCAD.SIMFX', 'CAD', '2026-11-25', '2026-11-27', 'T+1', 'US_SETTLEMENT+WEEKEND'],
  ['FX', 'USDJPY.SIMFX', 'JPY', '2026-11-21', '2026-11-24', 'T+2', 'US_SETTLEMENT+WEEKEND'],
  ['FX', 'EURGBP.SIMFX', 'GBP', '2026-12-23', '2026-12-29', 'T+2', 'TARGET+UK'],
  ['EQUITY', 'AAPL.SIMEX', 'USD', '2026-11-25', '2026-11-27', 'T+1', 'NYSE'],
  // Columbus Day: the exchange is open, the banks are not.
  ['EQUITY', 'AAPL.SIMEX', 'USD', '2026-10-09', '2026-10-12', 'T+1', 'NYSE'],
  ['RATES', 'UST10Y.SIMRV', 'USD', '2026-10-09', '2026-10-13', 'T+1', 'US_SETTLEMENT'],
  ['RATES', 'DBR10Y.SIMRV', 'EUR', '2026-12-24', '2026-12-28', 'T+1', 'TARGET'],
  ['CREDIT', 'ACME5Y.SIMCR', 'USD', '2026-11-20', '2026-11-23', 'T+1', 'US_SETTLEMENT'],
  ['CREDIT', 'ACME5Y.SIMCR', 'EUR', '2026-11-20', '2026-11-24', 'T+2', 'TARGET'],
  ['CRYPTO', 'BTCUSD.SIMCX', 'USD', '2026-11-21', '2026-11-21', 'T+0', 'NONE'],
  ['COMMODITY', 'XAU.SIMCO', 'USD', '2026-11-20', '2026-11-24', 'T+2', 'US_SETTLEMENT'],
]

test.each(TERMS)(
  '%s %s in %s, traded on %s, settles on %s (%s, %s)',
  (assetClass, instrumentId, currency, tradeDate, settlementDate, settlementCycle, calendar) => {
    expect(termsOf({ assetClass, instrumentId, currency, tradeDate })).toEqual({
      settlementDate,
      settlementCycle,
      calendar,
    })
  },
)
