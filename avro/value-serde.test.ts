import { Decimal } from 'decimal.js'
import { expect, test } from 'vitest'
import {
  avroValueSerde,
  type DeadLettered,
  type InstrumentUpdated,
  type RecordSchema,
  recordSchemas,
} from './index.ts'
import { LEVEL, person } from './testing/person-schema.ts'

const instrument: InstrumentUpdated = {
  instrumentId: 'EURUSD.SIM',
  symbol: 'EURUSD',
  venue: 'SIM',
  name: 'Euro / US Dollar',
  assetClass: 'FX',
  currency: 'USD',
  tickSize: new Decimal('0.00001'),
  lotSize: new Decimal('1000'),
  priceDecimals: 5,
  priceBasis: 'MID',
  staleAfterMs: 5_000,
  tenor: null,
  tradingHours: '24x5',
  enabled: true,
}

const serde = avroValueSerde(recordSchemas.InstrumentUpdated)

// decimal, unscaled value at scale 18 as two's complement, computed by hand
const EXACT = [
  '0',
  '1',
  '-1',
  '0.000000000000000001',
  '-0.000000000000000001',
  '12345678901234567890.123456789012345678',
  '99999999999999999999.999999999999999999',
  '-99999999999999999999.999999999999999999',
]

test.each(EXACT)('the decimal %s survives exactly', (text) => {
  const value = { ...instrument, tickSize: new Decimal(text) }
  const back = serde.deserialize('s', serde.serialize('s', value))
  expect(back.tickSize.toFixed()).toBe(text)
})

test.each([
  ['0', '00'],
  ['0.000000000000000001', '01'],
  ['-0.000000000000000001', 'ff'],
  ['0.000000000000000127', '7f'],
  ['0.000000000000000128', '0080'],
  ['-0.000000000000000128', '80'],
  ['-0.000000000000000129', 'ff7f'],
  ['1', '0de0b6b3a7640000'],
])('the decimal %s is %s in big-endian two’s complement', (text, bytes) => {
  const encoded = Buffer.from(serde.serialize('s', { ...instrument, lotSize: new Decimal(text) }))
  const length = (bytes.length / 2) * 2
  expect(encoded.toString('hex')).toContain(length.toString(16).padStart(2, '0') + bytes)
})

test.each([
  [
    '0.0000000000000000001',
    /tickSize: 0.0000000000000000001 has 19 decimal places, the schema keeps 18/,
  ],
  ['100000000000000000000', /tickSize: 100000000000000000000 has more than the 38 digits/],
  ['NaN', /tickSize: NaN is not a finite decimal/],
])('the decimal %s is refused, naming the field', (text, message) => {
  const value = { ...instrument, tickSize: new Decimal(text) }
  expect(() => serde.serialize('s', value)).toThrow(message)
})

test('bytes of any Uint8Array are kept, and null beside them', () => {
  const letters: DeadLettered = {
    sourceTopic: 't',
    sourcePartition: 1,
    sourceOffset: 2 ** 52,
    sourceTimestampMs: 3,
    key: null,
    value: new Uint8Array([9, 0, 255, 9]).subarray(1, 3),
    headers: [
      { name: 'h', value: Uint8Array.of(1) },
      { name: 'h', value: null },
    ],
    code: 'C',
    cause: 'c',
    remedy: 'r',
    stack: null,
    consumer: 'x',
    consumerVersion: '1',
    attempts: 1,
    firstFailedAt: null,
    lastFailedAt: 7,
  }
  const dlq = avroValueSerde(recordSchemas.DeadLettered)
  const back = dlq.deserialize('s', dlq.serialize('s', letters))
  expect(back).toMatchObject({
    ...letters,
    value: Buffer.from([0, 255]),
    headers: [
      { name: 'h', value: Buffer.from([1]) },
      { name: 'h', value: null },
    ],
  })
})

const old: RecordSchema<{ name: string }> = {
  fullName: 'test.Person',
  schema: person([]),
  released: [],
}
const current: RecordSchema<{ name: string; level: string }> = {
  fullName: 'test.Person',
  schema: person([{ name: 'level', type: LEVEL, default: 'LOW' }]),
  released: [person([])],
}

test('values of a released form are read with the defaults of added fields', () => {
  const bytes = avroValueSerde(old).serialize('s', { name: 'Ada' })
  expect(avroValueSerde(current).deserialize('s', bytes)).toEqual({ name: 'Ada', level: 'LOW' })
})

test('values of a form that was never released are refused, not misread', () => {
  const bytes = avroValueSerde(current).serialize('s', { name: 'Ada', level: 'LOW' })
  expect(() => avroValueSerde(old).deserialize('s', bytes)).toThrow(
    /SERDE_DECODE_FAILED.*test.Person.*mark/,
  )
})

test('docs, defaults and aliases do not make another form', () => {
  const documented: RecordSchema<{ name: string }> = {
    ...old,
    schema: { ...person([]), doc: 'A person.', aliases: ['Human'] },
  }
  const bytes = avroValueSerde(documented).serialize('s', { name: 'Ada' })
  expect(avroValueSerde(old).deserialize('s', bytes)).toEqual({ name: 'Ada' })
})

test('more decimals than are kept are read and written as exactly as one', () => {
  for (let cents = 0; cents < 20_000; cents += 1) {
    const value = { ...instrument, tickSize: new Decimal(cents).dividedBy(100) }
    const bytes = Buffer.from(serde.serialize('s', value))
    const back = serde.deserialize('s', bytes)
    if (back.tickSize.toFixed() !== value.tickSize.toFixed())
      expect(back.tickSize.toFixed()).toBe(value.tickSize.toFixed())
    if (!Buffer.from(serde.serialize('s', back)).equals(bytes)) expect(back).toBe(value)
  }
})
