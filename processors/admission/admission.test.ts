import { Decimal } from 'decimal.js'
import { describe, expect, test } from 'vitest'
import type { CreateRFQ, KillswitchEnvelope, LimitsUpdated } from '#avro'
import { type AdmissionFacts, admit } from './admission.ts'
import {
  command,
  facts,
  instrument,
  limits,
  lp,
  mark,
  NOON,
  request,
  venue,
} from './fixtures/rfq.ts'

type Given = Partial<AdmissionFacts> & { readonly held?: readonly LimitsUpdated[] }

const PASSED = ''

function switched(eventType: KillswitchEnvelope['eventType'], scope: string): KillswitchEnvelope {
  const payload = { scope, reason: 'drill', changedBy: 'risk', changedAtMs: NOON }
  return { eventType, payload } as KillswitchEnvelope
}

function requester(more: Partial<CreateRFQ['requester']>): Partial<CreateRFQ> {
  return { requester: { ...command().requester, ...more } }
}

const of = (more: Parameters<typeof instrument>[0]) => ({ instrument: () => instrument(more) })
const at = (more: Parameters<typeof venue>[0]) => ({ venue: () => venue(more) })
const size = (text: string, min?: string): Partial<CreateRFQ> => ({
  size: new Decimal(text),
  minSize: min === undefined ? null : new Decimal(min),
})
const user = (more: Partial<LimitsUpdated>) => ({ held: [limits('USER', 'ann', more)] })
const max = (notional: string) => ({ rfqMaxNotional: new Decimal(notional) })

/** The market is at 1.25, so a million euros are 1,250,000 USD; it is Saturday noon, UTC. */
const CASES: readonly [what: string, asked: Partial<CreateRFQ>, given: Given, reason: string][] = [
  ['nothing speaks against it', {}, {}, PASSED],

  [
    'the tenant switch is on',
    {},
    { killSwitches: [undefined, switched('KillSwitchEnabled', 'TENANT')] },
    'KILL_SWITCH',
  ],
  [
    'the global switch is on',
    {},
    { killSwitches: [switched('KillSwitchEnabled', 'GLOBAL')] },
    'KILL_SWITCH',
  ],
  [
    'the switch is off again',
    {},
    { killSwitches: [switched('KillSwitchDisabled', 'TENANT')] },
    PASSED,
  ],
  ['the flag is off', {}, { isEnabled: (flag) => flag !== 'rfq' }, 'RFQ_ENABLED'],

  ['the instrument is unknown', { instrumentId: 'X' }, {}, 'INSTRUMENT_KNOWN'],
  ['the instrument is disabled', {}, of({ enabled: false }), 'INSTRUMENT_ENABLED'],

  ['the venue that is asked for is unknown', { venueId: 'MOON' }, {}, 'VENUE'],
  ['the venue is known', { venueId: 'SIMFX' }, at({}), PASSED],
  ['the venue is disabled', {}, at({ enabled: false }), 'VENUE'],
  ['the venue takes orders only', {}, at({ executionTypes: ['CLOB'] }), 'VENUE'],
  ['the venue is for another class', {}, at({ assetClasses: ['EQUITY'] }), 'VENUE'],

  ['the market is closed at the weekend', {}, of({ tradingHours: '24x5' }), 'TRADING_HOURS'],
  [
    'the venue is open at the weekend, whatever the hours of reference',
    {},
    { ...of({ tradingHours: '24x5' }), ...at({ sessions: '24x7' }) },
    PASSED,
  ],
  [
    'the venue is closed, whatever the hours of reference',
    {},
    at({ sessions: '24x5' }),
    'TRADING_HOURS',
  ],
  ['the hours cannot be read', {}, of({ tradingHours: 'noon' }), 'TRADING_HOURS'],

  ['one lot', size('1000'), {}, PASSED],
  ['nothing', size('0'), {}, 'SIZE'],
  ['less than nothing', size('-1000'), {}, 'SIZE'],
  ['off the grid', size('1500'), {}, 'SIZE'],
  [
    'off a fine grid by its last digit',
    size('0.000000000000000003'),
    of({ lotSize: new Decimal('0.000000000000000002') }),
    'SIZE',
  ],
  [
    'on a fine grid, in many digits',
    size('12345678901234567890.000000000000000002'),
    { ...of({ lotSize: new Decimal('0.000000000000000002') }), mark: () => mark(1e-9) },
    PASSED,
  ],
  ['a smallest size that is the size', size('2000', '2000'), {}, PASSED],
  ['a smallest size above the size', size('2000', '3000'), {}, 'MIN_SIZE'],
  ['a smallest size off the grid', size('2000', '1500'), {}, 'MIN_SIZE'],
  ['a smallest size of nothing', size('2000', '0'), {}, 'MIN_SIZE'],

  ['an expiry in a second', { expiryTimeMs: NOON + 1_000 }, {}, PASSED],
  ['an expiry in less', { expiryTimeMs: NOON + 999 }, {}, 'EXPIRY'],
  ['an expiry in a day', { expiryTimeMs: NOON + 86_400_000 }, {}, PASSED],
  ['an expiry in more', { expiryTimeMs: NOON + 86_400_001 }, {}, 'EXPIRY'],

  [
    'the class is not among the entitlements',
    requester({ assetClasses: ['EQUITY'] }),
    {},
    'ENTITLED_ASSET_CLASS',
  ],
  ['the instrument is on the list', {}, user({ instrumentIds: ['EURUSD.SIMFX'] }), PASSED],
  [
    'the instrument is not on the list',
    {},
    user({ instrumentIds: ['GBPUSD.SIMFX'] }),
    'ENTITLED_INSTRUMENT_USER',
  ],
  ['the list is empty', {}, user({ instrumentIds: [] }), 'ENTITLED_INSTRUMENT_USER'],
  [
    'the desk may not, though the user may',
    {},
    {
      held: [
        limits('USER', 'ann', { instrumentIds: ['EURUSD.SIMFX'] }),
        limits('DESK', 'macro', { instrumentIds: [] }),
      ],
    },
    'ENTITLED_INSTRUMENT_DESK',
  ],
  ['the venue is on the list', {}, user({ venueIds: ['SIMFX'] }), PASSED],
  ['the venue is not on the list', {}, user({ venueIds: ['ORION'] }), 'ENTITLED_VENUE_USER'],

  ['exactly the largest amount', {}, user(max('1250000')), PASSED],
  ['a cent over it', {}, user(max('1249999.99')), 'MAX_NOTIONAL_USER'],
  ['over that of the desk', {}, { held: [limits('DESK', 'macro', max('1'))] }, 'MAX_NOTIONAL_DESK'],
  [
    'over that of a desk that the user is not of',
    requester({ desk: '' }),
    { held: [limits('DESK', 'macro', max('1')), limits('DESK', '', max('1'))] },
    PASSED,
  ],
  [
    'over that of the tenant',
    {},
    { held: [limits('TENANT', 'demo', max('1'))] },
    'MAX_NOTIONAL_TENANT',
  ],
  ['over that of another user', {}, { held: [limits('USER', 'bob', max('1'))] }, PASSED],
  [
    'over two of three: the narrowest binds',
    {},
    {
      held: [
        limits('USER', 'ann', max('1000000')),
        limits('DESK', 'macro', max('10')),
        limits('TENANT', 'demo', max('2000000')),
      ],
    },
    'MAX_NOTIONAL_DESK',
  ],
  ['a limit, and no mark', {}, { ...user(max('1e9')), mark: () => undefined }, 'MAX_NOTIONAL_USER'],
  [
    'a limit, and a mark without a mid',
    {},
    { ...user(max('1e9')), mark: () => mark(null) },
    'MAX_NOTIONAL_USER',
  ],
  ['no limit, and no mark', {}, { mark: () => undefined }, PASSED],
  [
    'a limit in a currency without a rate',
    {},
    user({ ...max('1e15'), notionalCurrency: 'EUR' }),
    'MAX_NOTIONAL_USER',
  ],
  [
    'a limit in euros, exactly',
    {},
    {
      ...user({ ...max('1000000'), notionalCurrency: 'EUR' }),
      midOf: (base) => (base === 'EUR' ? 1.25 : undefined),
    },
    PASSED,
  ],
  [
    'a limit in euros, a cent less',
    {},
    {
      ...user({ ...max('999999.99'), notionalCurrency: 'EUR' }),
      midOf: (base) => (base === 'EUR' ? 1.25 : undefined),
    },
    'MAX_NOTIONAL_USER',
  ],
  ['more than can be booked', size('1000000000000000000'), {}, 'NOTIONAL_BOOKABLE'],

  [
    'the last one of the minute',
    {},
    { ...user({ rfqsPerMinute: 5 }), admittedThisMinute: () => 4 },
    PASSED,
  ],
  [
    'one too many',
    {},
    { ...user({ rfqsPerMinute: 5 }), admittedThisMinute: () => 5 },
    'RFQ_RATE_USER',
  ],
  ['none is allowed', {}, user({ rfqsPerMinute: 0 }), 'RFQ_RATE_USER'],
  [
    'the rate of the tenant',
    {},
    {
      held: [
        limits('USER', 'ann', { rfqsPerMinute: 9 }),
        limits('TENANT', 'demo', { rfqsPerMinute: 8 }),
      ],
      admittedThisMinute: ({ scope }) => (scope === 'TENANT' ? 8 : 0),
    },
    'RFQ_RATE_TENANT',
  ],

  ['nobody to ask', {}, { lps: () => [lp('A', { enabled: false })] }, 'NO_LP_ELIGIBLE'],
]

test.each(CASES)('%s', (_what, asked, given, reason) => {
  const decision = admit(request(asked), facts(given))
  expect([decision.passed, decision.reason]).toEqual([reason === PASSED, reason])
  if (reason !== PASSED) expect(decision.text).not.toBe('')
  if (reason !== PASSED && reason !== 'NO_LP_ELIGIBLE') {
    expect(decision.checks.find(({ rule }) => rule === reason)?.passed).toBe(false)
    expect([decision.counts, decision.routes]).toEqual([false, []])
  }
})

test('a request that waited past its expiry is not sent', () => {
  const late = { ...request(), nowMs: NOON + 30_000 }
  expect(admit(late, facts()).reason).toBe('EXPIRY')
  expect(admit({ ...late, nowMs: NOON + 29_999 }, facts()).passed).toBe(true)
})

describe('decisions', () => {
  const held = [
    limits('USER', 'ann', {
      ...max('1000000'),
      rfqsPerMinute: 60,
      instrumentIds: [],
      venueIds: ['SIMFX'],
    }),
    limits('TENANT', 'demo', { ...max('5000000'), rfqsPerMinute: 600 }),
  ]

  test('are of every rule, those after a refusal too, with figures and units', () => {
    const { checks, reason, rated } = admit(
      request({ size: new Decimal(1_500) }),
      facts({ held, mark: () => mark(1_000.5), admittedThisMinute: () => 7 }),
    )
    expect(reason).toBe('SIZE')
    expect(checks.map(({ rule, passed, figure, limit }) => [rule, passed, figure, limit])).toEqual([
      ['KILL_SWITCH', true, 'disabled', ''],
      ['RFQ_ENABLED', true, 'enabled', ''],
      ['INSTRUMENT_ENABLED', true, 'EURUSD.SIMFX', ''],
      ['EXPIRY', true, '30000 ms', '1000 ms to 86400000 ms'],
      ['VENUE', true, 'SIMFX', ''],
      ['TRADING_HOURS', true, '2026-11-21T12:00:00.000Z', '24x7'],
      ['SIZE', false, '1,500', 'lots of 1,000'],
      ['ENTITLED_ASSET_CLASS', true, 'FX', 'FX'],
      ['ENTITLED_INSTRUMENT_USER', false, 'EURUSD.SIMFX', '0 allowed'],
      ['ENTITLED_VENUE_USER', true, 'SIMFX', '1 allowed'],
      ['MAX_NOTIONAL_USER', false, '1,500,750 USD', '1,000,000 USD'],
      ['MAX_NOTIONAL_TENANT', true, '1,500,750 USD', '5,000,000 USD'],
      ['RFQ_RATE_USER', true, '8 RFQs/min', '60 RFQs/min'],
      ['RFQ_RATE_TENANT', true, '8 RFQs/min', '600 RFQs/min'],
    ])
    expect(checks.every((check) => check.reason !== '')).toBe(true)
    expect(rated.map(({ scope }) => scope)).toEqual(['USER', 'TENANT'])
  })

  test('of an instrument that is unknown are those that need none', () => {
    const { checks } = admit(request({ instrumentId: 'X' }), facts({ held }))
    expect(checks.map(({ rule }) => rule)).toEqual([
      'KILL_SWITCH',
      'RFQ_ENABLED',
      'INSTRUMENT_KNOWN',
      'EXPIRY',
      'RFQ_RATE_USER',
      'RFQ_RATE_TENANT',
    ])
  })
})
