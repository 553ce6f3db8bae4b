import { Decimal } from 'decimal.js'
import { expect, test } from 'vitest'
import type { LPConfigUpdated } from '#avro'
import { instrument, lp } from './fixtures/rfq.ts'
import { type RoutedRfq, routesOf } from './routing.ts'

const RFQ: RoutedRfq = {
  tenantId: 'demo',
  instrument: instrument(),
  venueId: 'SIMFX',
  notional: new Decimal('1000000'),
}

const million = new Decimal('1000000')

const CASES: readonly [Partial<LPConfigUpdated>, Partial<RoutedRfq>, string][] = [
  [{}, {}, 'ELIGIBLE'],
  [{ enabled: false }, {}, 'DISABLED'],
  [{ assetClasses: ['EQUITY'] }, {}, 'ASSET_CLASS: does not quote FX'],
  [{ assetClasses: [] }, {}, 'ASSET_CLASS: does not quote FX'],
  [{ instrumentIds: ['EURUSD.SIMFX'] }, {}, 'ELIGIBLE'],
  [{ instrumentIds: ['GBPUSD.SIMFX'] }, {}, 'INSTRUMENT: does not quote EURUSD.SIMFX'],
  [{ venueIds: ['ORION', 'SIMFX'] }, {}, 'ELIGIBLE'],
  [{ venueIds: ['ORION'] }, {}, 'VENUE: does not quote on SIMFX'],
  [{ tenantIds: ['other', 'demo'] }, {}, 'ELIGIBLE'],
  [{ minNotional: million, maxNotional: million }, {}, 'ELIGIBLE'],
  [{ minNotional: million.plus('0.01') }, {}, 'NOTIONAL: 1,000,000 USD is below 1,000,000.01 USD'],
  [{ maxNotional: million.minus('0.01') }, {}, 'NOTIONAL: 1,000,000 USD is above 999,999.99 USD'],
  [{}, { notional: undefined }, 'ELIGIBLE'],
  [
    { maxNotional: million },
    { notional: undefined },
    'NO_MARK: EURUSD.SIMFX has no price by which its notional could be known',
  ],
  [{ rfqsPerSecond: 4 }, {}, 'ELIGIBLE'],
  [{ rfqsPerSecond: 3 }, {}, 'THROTTLED: 3 of 3 RFQs within a second'],
  [{ rfqsPerSecond: 0 }, {}, 'THROTTLED: 3 of 0 RFQs within a second'],
]

test.each(CASES)('a provider with %j of %j is %s', (more, rfq, reason) => {
  expect(routesOf({ ...RFQ, ...rfq }, [lp('A', more)], () => 3)).toEqual([
    { lpId: 'A', eligible: reason === 'ELIGIBLE', reason },
  ])
})

test('a provider of other tenants is not even named; the rest come by id', () => {
  const lps = [lp('C'), lp('B', { tenantIds: ['other'] }), lp('A', { enabled: false })]
  expect(routesOf(RFQ, lps, () => 0).map(({ lpId }) => lpId)).toEqual(['A', 'C'])
})
