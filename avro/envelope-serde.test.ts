import { describe, expect, test, vi } from 'vitest'
import {
  avroSerde,
  isUnknownBranch,
  openEmbeddedRegistry,
  type RawEnvelope,
  type SchemaRegistry,
  type StreamSchema,
  streamSchemas,
} from './index.ts'
import { envelopeSchema, HEAD, LEVEL, type Person, person } from './testing/person-schema.ts'

const TOPIC = 'test.marketdata.raw.v1'

const heartbeat: RawEnvelope = {
  eventId: 'e1',
  eventType: 'FeedHeartbeat',
  eventVersion: 1,
  occurredAt: 64,
  producer: 'sim',
  tenantId: 'platform',
  correlationId: 'c1',
  causationId: null,
  entity: { entityType: 'instrument', entityId: 'A.SIM', sequence: 1 },
  payload: { instrumentId: 'A.SIM', source: 'sim', eventTimeMs: -1 },
}

// Written by hand from the Avro specification: strings are a zigzag length and UTF-8, longs zigzag, a union its branch's index first.
const HEARTBEAT_HEX = [
  '0000000001',
  '046531', // eventId e1
  '1a46656564486561727462656174', // eventType, 13 letters
  '02', // eventVersion 1
  '8001', // occurredAt 64
  '0673696d', // producer sim
  '10706c6174666f726d', // tenantId platform
  '046331', // correlationId c1
  '00', // causationId: branch 0, null
  '14696e737472756d656e74', // entityType instrument
  '0a412e53494d', // entityId A.SIM
  '02', // sequence 1
  '08', // payload: branch 4, FeedHeartbeat
  '0a412e53494d', // instrumentId
  '0673696d', // source
  '01', // eventTimeMs -1
].join('')

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}

/** A registry that is not in this process. */
function remote(registry: SchemaRegistry): SchemaRegistry {
  return {
    register: (subject, schema) => registry.register(subject, schema),
    schemaById: (id) => registry.schemaById(id),
    versions: (subject) => registry.versions(subject),
    setCompatibility: (subject, level) => registry.setCompatibility(subject, level),
  }
}

describe('the wire format', () => {
  test('is the bytes of the hand-written vector', () => {
    const serde = avroSerde(streamSchemas['marketdata.raw'], openEmbeddedRegistry())
    expect(hex(serde.serialize(TOPIC, heartbeat))).toBe(HEARTBEAT_HEX)
  })

  test('is read back from the hand-written vector', () => {
    const serde = avroSerde(streamSchemas['marketdata.raw'], openEmbeddedRegistry())
    serde.serialize(TOPIC, heartbeat)
    expect(serde.deserialize(TOPIC, Buffer.from(HEARTBEAT_HEX, 'hex'))).toEqual(heartbeat)
  })

  test('takes a plain Uint8Array with an offset', () => {
    const serde = avroSerde(streamSchemas['marketdata.raw'], openEmbeddedRegistry())
    serde.serialize(TOPIC, heartbeat)
    const backing = new Uint8Array(200)
    backing.set(Buffer.from(HEARTBEAT_HEX, 'hex'), 7)
    const bytes = backing.subarray(7, 7 + HEARTBEAT_HEX.length / 2)
    expect(serde.deserialize(TOPIC, bytes)).toEqual(heartbeat)
  })

  test('keeps every event whole when thousands of all sizes are encoded before one is read', () => {
    const serde = avroSerde(streamSchemas['marketdata.raw'], openEmbeddedRegistry())
    const events = Array.from(
      { length: 3_000 },
      (_, i): RawEnvelope => ({
        ...heartbeat,
        eventId: `e${i}`,
        eventType: 'FeedUnreadable',
        payload: {
          source: 's',
          text: 'ü€😀x'.repeat(i % 1_000 === 7 ? 20_000 : i % 50),
          cause: 'c',
          place: `line ${i}`,
        },
      }),
    )
    const encoded = events.map((event) => serde.serialize(TOPIC, event))
    expect(encoded.map((bytes) => serde.deserialize(TOPIC, bytes))).toEqual(events)
  })
})

const DAMAGED: readonly (readonly [what: string, hex: string, message: RegExp])[] = [
  ['nothing', '', /do not start with 0x00/],
  ['another magic byte', `01${HEARTBEAT_HEX.slice(2)}`, /do not start with 0x00/],
  ['a cut payload', HEARTBEAT_HEX.slice(0, -4), /end within FeedHeartbeat/],
  ['a cut envelope', HEARTBEAT_HEX.slice(0, 30), /./],
  ['bytes behind the payload', `${HEARTBEAT_HEX}00`, /1 bytes follow FeedHeartbeat/],
  [
    'a branch that no schema has',
    HEARTBEAT_HEX.replace('02080a41', '02560a41'),
    /no payload branch/,
  ],
  [
    'another branch than eventType says',
    HEARTBEAT_HEX.replace('02080a41', '020a0a41'),
    /eventType says FeedHeartbeat/,
  ],
  [
    'an unregistered writer',
    HEARTBEAT_HEX.replace('0000000001', '0000000063'),
    /Schema 99 not found/,
  ],
]

describe.each(DAMAGED)('of bytes with %s', (_what, bytes, message) => {
  test('decoding fails with SERDE_DECODE_FAILED', () => {
    const serde = avroSerde(streamSchemas['marketdata.raw'], openEmbeddedRegistry())
    serde.serialize(TOPIC, heartbeat)
    expect(() => serde.deserialize(TOPIC, Buffer.from(bytes, 'hex'))).toThrow(
      expect.objectContaining({
        code: 'SERDE_DECODE_FAILED',
        message: expect.stringMatching(message),
      }),
    )
  })
})

const MISFITS: readonly (readonly [what: string, event: unknown, message: RegExp])[] = [
  [
    'a long beyond 2^53',
    { ...heartbeat, occurredAt: 2 ** 60 },
    /occurredAt: 1152921504606847000 is beyond 2\^53/,
  ],
  ['a fraction for a long', { ...heartbeat, occurredAt: 1.5 }, /occurredAt: 1.5 is not long/],
  ['a missing field', { ...heartbeat, tenantId: undefined }, /tenantId: undefined is not string/],
  [
    'a wrong payload',
    { ...heartbeat, payload: { ...heartbeat.payload, source: 7 } },
    /payload.source: 7 is not string/,
  ],
  [
    'an unknown eventType',
    { ...heartbeat, eventType: 'Nonsense' },
    /eventType: Nonsense is not an event/,
  ],
]

test.each(MISFITS)('an event with %s is refused, naming the field', (_what, event, message) => {
  const serde = avroSerde(streamSchemas['marketdata.raw'], openEmbeddedRegistry())
  expect(() => serde.serialize(TOPIC, event as RawEnvelope)).toThrow(
    expect.objectContaining({
      code: 'SERDE_ENCODE_FAILED',
      message: expect.stringMatching(message),
    }),
  )
  expect(serde.deserialize(TOPIC, serde.serialize(TOPIC, heartbeat))).toEqual(heartbeat)
})

test('a long beyond 2^53 in the bytes is refused', () => {
  const serde = avroSerde(streamSchemas['marketdata.raw'], openEmbeddedRegistry())
  serde.serialize(TOPIC, heartbeat)
  const bytes = Buffer.from(`${HEARTBEAT_HEX.slice(0, -2)}ffffffffffffffffff01`, 'hex')
  expect(() => serde.deserialize(TOPIC, bytes)).toThrow(/SERDE_DECODE_FAILED.*precision/)
})

describe('bytes of another schema', () => {
  const registry = openEmbeddedRegistry()
  const oldSchema = envelopeSchema([person([])])
  const newSchema = envelopeSchema(
    [person([{ name: 'level', type: LEVEL, default: 'LOW' }])],
    [{ name: 'region', type: 'string', default: 'eu' }],
  )
  const wider = envelopeSchema([
    person([]),
    { type: 'record', name: 'Robot', namespace: 'test', fields: [] },
  ])
  const withTail = envelopeSchema([person([])], [], [{ name: 'note', type: 'string' }])
  const old: StreamSchema<Person> = {
    stream: 't',
    fullName: 'test.Envelope',
    schema: oldSchema,
    released: [],
  }
  const current: StreamSchema<Person> = { ...old, schema: newSchema }
  const event: Person = { ...HEAD, eventType: 'Person', payload: { name: 'Ada' } }

  test('of an older writer get the defaults of added fields', () => {
    const bytes = avroSerde(old, registry).serialize('old-to-new', event)
    const reader = avroSerde(current, registry)
    expect(reader.deserialize('old-to-new', bytes)).toEqual({
      ...event,
      region: 'eu',
      payload: { name: 'Ada', level: 'LOW' },
    })
  })

  test('of a newer writer lose the fields that the reader does not know', () => {
    const newer = { ...event, region: 'us', payload: { name: 'Ada', level: 'HIGH' } }
    const bytes = avroSerde(current, registry).serialize('new-to-old', newer as Person)
    expect(avroSerde(old, registry).deserialize('new-to-old', bytes)).toEqual(event)
  })

  test('with fields behind the payload are read', async () => {
    const id = await registry.register('tail-value', withTail)
    const plain = Buffer.from(avroSerde(old, registry).serialize('tail', event))
    plain.writeInt32BE(id, 1)
    const bytes = Buffer.concat([plain, Buffer.from('047477', 'hex')])
    expect(avroSerde(old, registry).deserialize('tail', bytes)).toEqual(event)
  })

  const robot: StreamSchema<Person> = { ...old, schema: wider }
  const robotEvent = { ...HEAD, eventType: 'Robot', payload: {} } as unknown as Person

  test('with an unknown branch are told apart, so that consumers can skip and count them', () => {
    const bytes = avroSerde(robot, registry).serialize('branch', robotEvent)
    const reader = avroSerde(old, registry)
    let failure: unknown
    try {
      reader.deserialize('branch', bytes)
    } catch (cause) {
      failure = cause
    }
    expect(isUnknownBranch(failure)).toBe(true)
    expect(String(failure)).toMatch(/SERDE_UNKNOWN_BRANCH.*test\.Robot/)
  })

  test('with a known branch beside an unknown one are read', () => {
    const bytes = avroSerde(robot, registry).serialize('branch', event)
    expect(avroSerde(old, registry).deserialize('branch', bytes)).toEqual(event)
  })

  test('with an unknown branch fail for a consumer that needs them all', () => {
    const bytes = avroSerde(robot, registry).serialize('branch', robotEvent)
    const reader = avroSerde(old, registry, { onUnknownBranch: 'fail' })
    expect(() => reader.deserialize('branch', bytes)).toThrow(/SERDE_DECODE_FAILED.*test\.Robot/)
  })

  test('wait for one fetch of the schema, whatever the number of records', async () => {
    const bytes = avroSerde(old, registry).serialize('fetch', event)
    const far = remote(registry)
    const fetch = vi.spyOn(far, 'schemaById')
    const reader = avroSerde(current, far)
    const [first, second] = [reader.pending?.(bytes), reader.pending?.(bytes)]
    await Promise.all([first, second])
    expect(fetch).toHaveBeenCalledTimes(1)
    expect(reader.pending?.(bytes)).toBeUndefined()
    expect(reader.deserialize('fetch', bytes)).toMatchObject({ payload: { level: 'LOW' } })
  })

  test('of an unregistered writer are poison, not a wait that never ends', async () => {
    const bytes = Buffer.from(avroSerde(old, registry).serialize('poison', event))
    bytes.writeInt32BE(4_242, 1)
    const reader = avroSerde(current, remote(registry))
    await reader.pending?.(bytes)
    expect(reader.pending?.(bytes)).toBeUndefined()
    expect(() => reader.deserialize('poison', bytes)).toThrow(/SERDE_DECODE_FAILED.*4242/)
  })
})

test('without prepare, a serde on a remote registry refuses to write', async () => {
  const registry = remote(openEmbeddedRegistry())
  const serde = avroSerde(streamSchemas['marketdata.raw'], registry)
  expect(() => serde.serialize(TOPIC, heartbeat)).toThrow(/SERDE_NOT_PREPARED/)
  await serde.prepare?.(TOPIC, 'value')
  expect(hex(serde.serialize(TOPIC, heartbeat))).toBe(HEARTBEAT_HEX)
})
