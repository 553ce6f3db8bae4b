import { randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import { wholeNumber } from '../../fixtures/sample-topology.ts'
import type { Serde } from '../../serde.ts'
import { bytesSerde, jsonSerde, stringSerde } from '../../serdes.ts'
import type { StoreLayout } from '../store-layout.ts'
import { Cursors } from './cursors.ts'
import { queryLimitsOf } from './query-limits.ts'
import { QueryRequests } from './query-request.ts'

const cursors = new Cursors('x'.repeat(32), randomBytes)
const requests = new QueryRequests(queryLimitsOf(), cursors)

function layoutOf(keySerde: Serde<unknown>): StoreLayout {
  const common = { valueSerde: stringSerde, logged: true, persistent: true }
  return {
    spec: { ...common, kind: 'key-value', name: 'rows', keySerde },
    topic: 'rows-changelog',
    isGlobal: false,
    partitionCount: 3,
    inputTopics: ['rows-in'],
    taskOf: (partition) => `0_${partition}`,
  }
}

/** Eight bytes, as a record of Avro has a long. */
const bigintSerde: Serde<bigint> = {
  serialize: (_topic, value) => {
    const bytes = Buffer.alloc(8)
    bytes.writeBigInt64BE(value)
    return bytes
  },
  deserialize: (_topic, bytes) => Buffer.from(bytes).readBigInt64BE(),
}

const read = (keySerde: Serde<never>, body: unknown) =>
  // A store's key type is its serde's: the layout does not know it.
  requests.read('get', layoutOf(keySerde as Serde<unknown>), body)

test.each<[string, Serde<never>, unknown, unknown]>([
  ['text', stringSerde as Serde<never>, { key: 'a' }, 'a'],
  ['a number', wholeNumber as Serde<never>, { key: 12 }, 12],
  ['a record', jsonSerde() as Serde<never>, { key: { b: 1, a: ['x'] } }, { a: ['x'], b: 1 }],
  ['a bigint', bigintSerde as Serde<never>, { key: { $bigint: '12' } }, 12n],
  ['bytes', bytesSerde as Serde<never>, { key: { $bytes: 'AQI=' } }, Uint8Array.of(1, 2)],
  ['serialised', bytesSerde as Serde<never>, { keyBytes: 'AQI=' }, Uint8Array.of(1, 2)],
])('a key that is %s reaches the store', (_what, serde, body, key) => {
  expect(read(serde, body).key).toEqual(key)
})

test.each<[string, Serde<never>, unknown]>([
  ['text for a number', wholeNumber as Serde<never>, { key: '12' }],
  ['half a character', stringSerde as Serde<never>, { key: '\ud800' }],
  ['a number for a bigint', bigintSerde as Serde<never>, { key: 12 }],
  ['bytes of something else', bigintSerde as Serde<never>, { keyBytes: 'AQI=' }],
])('a key that is %s is refused', (_what, serde, body) => {
  expect(() => read(serde, body)).toThrow('it is no key of rows: ')
})

test('a cursor is read on every instance with the secret, and by no other', () => {
  const place = { key: Uint8Array.of(1, 2, 3), partition: 7 }
  const text = cursors.write(place, 'rows/all')
  expect(new Cursors('x'.repeat(32), randomBytes).read(text, 'rows/all')).toEqual(place)
  for (const [secret, cursor, purpose] of [
    ['y'.repeat(32), text, 'rows/all'],
    ['x'.repeat(32), text, 'rows/range'],
    ['x'.repeat(32), `${text.slice(0, -2)}AA`, 'rows/all'],
    ['x'.repeat(32), '', 'rows/all'],
  ] as const)
    expect(() => new Cursors(secret, randomBytes).read(cursor, purpose)).toThrow('cursor: ')
})
