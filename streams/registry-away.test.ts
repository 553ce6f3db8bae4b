import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import {
  avroSerde,
  connectRegistry,
  type EmbeddedRegistry,
  openEmbeddedRegistry,
  type RegistryServer,
  serveRegistry,
} from '#avro'
import { envelopeSchema, HEAD, type Person, person } from '../avro/testing/person-schema.ts'
import { AppHarness, caughtUp, until } from './fixtures/app-harness.ts'
import { Consumed, Produced, StreamsBuilder, stringSerde } from './index.ts'
import { partitionFor } from './log/partitioner.ts'
import { type Logger, silentLogger } from './logger.ts'
import type { Serde } from './serde.ts'
import type { Streams } from './streams.ts'
import type { StreamsOptions } from './streams-options.ts'
import type { Topology } from './topology.ts'

const PARTITIONS = 4
const field = (name: string) => ({ name, type: 'int', default: 0 })
/** The application's own schema, and what writers use that are ahead of it. */
const SCHEMAS = [[], [field('age')], [field('age'), field('size')]].map((fields) =>
  envelopeSchema([person(fields)]),
)

let registry: EmbeddedRegistry
let server: RegistryServer | undefined
let port: number
let place: AppHarness
let sent: Map<string, number>
let lines: string[]

beforeEach(async () => {
  registry = openEmbeddedRegistry()
  server = await serveRegistry(registry, { port: 0 })
  port = server.port
  place = await AppHarness.open()
  await place.createTopics(PARTITIONS, 'people', 'counts', 'dead')
  sent = new Map()
  lines = []
})

afterEach(async () => {
  await place.close()
  await server?.close()
})

async function registryGoes(): Promise<void> {
  await server?.close()
  server = undefined
}

async function registryReturns(): Promise<void> {
  server = await serveRegistry(registry, { port })
}

const personSerde = (
  version: number,
  ofRegistry = connectRegistry({ url: `http://127.0.0.1:${port}` }),
) =>
  avroSerde<Person>(
    {
      ...{ stream: 's', fullName: 'test.Envelope', released: [] },
      schema: SCHEMAS[version] ?? envelopeSchema([]),
    },
    ofRegistry,
  )

/** Who came how often, told at each time. */
function topology(serde: Serde<Person> = personSerde(0)): Topology {
  const t = new StreamsBuilder()
  t.stream('people', Consumed.with(stringSerde, serde, { as: 'people' }))
    .mapValues((event) => event.payload.name, { as: 'names' })
    .groupByKey({ as: 'by-key', keySerde: stringSerde, valueSerde: stringSerde })
    .count({ as: 'counted', materialized: { as: 'counts' } })
    .toStream({ as: 'changes' })
    .mapValues((count) => `${count}`, { as: 'texts' })
    .to('counts', Produced.with(stringSerde, stringSerde, { as: 'counts-out' }))
  return t.build('people-counts')
}

function app(name: string, more: Partial<StreamsOptions> = {}): Streams {
  const logger: Logger = {
    ...silentLogger,
    warn: (_fields, message) => void lines.push(message),
    info: (_fields, message) => void lines.push(message),
    child: () => logger,
  }
  return place.app(topology(), {
    ...{ directory: join(place.directory, name), processId: name, recordCacheBytesMax: 0, logger },
    handlers: { deserialization: 'dead-letter' },
    deadLetter: ({ key, code }) => ({ topic: 'dead', key, value: Buffer.from(code) }),
    ...more,
  })
}

async function start(name: string): Promise<Streams> {
  const streams = app(name)
  await streams.start()
  await streams.reached('RUNNING')
  return streams
}

/** Keys of one partition. */
function keysOf(partition: number): string[] {
  const keys = Array.from({ length: 60 }, (_, number) => `key-${number}`)
  return keys.filter((key) => partitionFor(Buffer.from(key), PARTITIONS) === partition)
}

async function produce(partition: number, version: number): Promise<void> {
  const serde = personSerde(version, registry)
  await send(partition, (key) => {
    sent.set(key, (sent.get(key) ?? 0) + 1)
    const payload = { name: key, age: 1, size: 2 }
    return serde.serialize('people', { ...HEAD, eventType: 'Person', payload })
  })
}

async function send(partition: number, encode: (key: string) => Uint8Array): Promise<void> {
  const records = keysOf(partition).map((key) => ({
    ...{ key: Buffer.from(key), value: encode(key), timestampMs: 1 },
  }))
  const producer = await place.log.createProducer({ clientId: 'writer' })
  await producer.send([{ topic: 'people', partition, records }])
  await producer.close()
}

/** Each key counts 1, 2, 3, ... up to what was sent. */
async function expectCountedOnce(): Promise<void> {
  const counts = new Map<string, string[]>()
  for (const { key = '', value = '' } of await place.read('counts')) {
    counts.set(key, [...(counts.get(key) ?? []), value])
  }
  const expected = [...sent].map(([key, count]) => [
    key,
    Array.from({ length: count }, (_, index) => `${index + 1}`),
  ])
  expect(Object.fromEntries(counts)).toEqual(Object.fromEntries(expected))
}

async function countsOf(partition: number): Promise<number> {
  return (await place.read('counts')).filter((line) => line.partition === partition).length
}

const waitsOf = (...all: readonly Streams[]) =>
  all.flatMap((streams) =>
    streams
      .metadata()
      .threads.flatMap(({ tasks }) => tasks.flatMap(({ schemaWaits }) => schemaWaits)),
  )

const linesOfRegistry = () => lines.filter((line) => line.includes('schema registry'))

test('the registry goes and comes back: known schemas go on, unknown ones wait, nothing is dead-lettered, all is counted once', async () => {
  const first = await start('first')
  const second = await start('second')
  for (const partition of [0, 1, 2, 3]) await produce(partition, 0)
  // The one it knows from now on, and one that no reader has seen.
  await produce(0, 1)
  await until(async () => (await countsOf(0)) === 2 * keysOf(0).length)
  await registryGoes()
  await produce(1, 0)
  await produce(1, 2)
  await produce(1, 0)
  for (const partition of [0, 2, 3]) {
    await produce(partition, partition === 0 ? 1 : 0)
    await produce(partition, 0)
  }
  await until(async () => (await countsOf(0)) === 4 * keysOf(0).length)
  await until(async () => (await countsOf(2)) === 3 * keysOf(2).length)
  await until(async () => (await countsOf(3)) === 3 * keysOf(3).length)
  await until(() => waitsOf(first, second).length === 1)
  expect(waitsOf(first, second)).toMatchObject([
    { topic: 'people', partition: 1, offset: 2 * keysOf(1).length },
  ])
  // Beyond the attempts after which it used to be given up.
  await until(() => waitsOf(first, second).some(({ attempts }) => attempts > 3))
  expect(await countsOf(1)).toBe(2 * keysOf(1).length)
  expect([first.state(), second.state()]).toEqual(['RUNNING', 'RUNNING'])

  // Whoever waits can be closed at once; who takes over waits on.
  const holder = waitsOf(first).length === 1 ? first : second
  const heir = holder === first ? second : first
  await holder.close()
  expect(lines).not.toContain('closing took too long: what is left is abandoned')
  await until(() => waitsOf(heir).length === 1)
  await produce(2, 0)
  await until(async () => (await countsOf(2)) === 4 * keysOf(2).length)
  expect(await countsOf(1)).toBe(2 * keysOf(1).length)
  expect(await place.read('dead')).toEqual([])

  await registryReturns()
  await until(async () => (await countsOf(1)) === 4 * keysOf(1).length)
  await caughtUp(heir)
  expect(waitsOf(heir)).toEqual([])
  expect(await place.read('dead')).toEqual([])
  await expectCountedOnce()
  // It goes and it is over, for the one that was closed and for its heir.
  expect(linesOfRegistry()).toHaveLength(4)
})

test('an id that the registry does not know is a failure of the record, not an outage', async () => {
  const streams = await start('first')
  await produce(2, 0)
  await send(2, () => Buffer.from([0, 0, 1, 0, 0, 2]))
  await produce(2, 0)
  await until(async () => (await countsOf(2)) === 2 * keysOf(2).length)
  await caughtUp(streams)
  const dead = await place.read('dead')
  expect(dead.map(({ key }) => key)).toEqual(keysOf(2))
  expect(new Set(dead.map(({ value }) => value))).toEqual(new Set(['SERDE_DECODE_FAILED']))
  await expectCountedOnce()
  expect(linesOfRegistry()).toEqual([])
})

test('an application that starts while the registry is away begins when it is there', async () => {
  await produce(2, 0)
  await registryGoes()
  const streams = app('first')
  const started = streams.start()
  await until(() => linesOfRegistry().length === 1)
  expect(streams.metadata().threads).toEqual([])
  await registryReturns()
  await started
  await streams.reached('RUNNING')
  await caughtUp(streams)
  await expectCountedOnce()
  expect(linesOfRegistry()).toHaveLength(2)
})

test('an application that waits for the registry at its start can be closed at once', async () => {
  await registryGoes()
  const streams = app('first')
  const started = streams.start()
  await until(() => linesOfRegistry().length === 1)
  await streams.close()
  await started
  expect(streams.state()).toBe('NOT_RUNNING')
})

test('a global table waits for a schema as well: nothing fails, and it goes on when the registry is back', async () => {
  const t = new StreamsBuilder()
  t.globalTable('people', {
    ...Consumed.with(stringSerde, personSerde(0), { as: 'people' }),
    materialized: { as: 'everyone' },
  })
  const streams = app('first', { topology: t.build('everyone'), applicationId: 'everyone' })
  await streams.start()
  await streams.reached('RUNNING')
  const everyone = streams.store<string, Person>('everyone')
  const [key = ''] = keysOf(2)
  await produce(2, 0)
  await until(() => everyone.get(key) !== undefined)
  await registryGoes()
  await produce(1, 1)
  await until(() => linesOfRegistry().length === 1)
  expect(streams.state()).toBe('RUNNING')
  const [late = ''] = keysOf(1)
  expect(everyone.get(late)).toBeUndefined()
  await registryReturns()
  await until(() => everyone.get(late) !== undefined)
  expect(linesOfRegistry()).toHaveLength(2)
})
