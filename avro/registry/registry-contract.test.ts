import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  avroSerde,
  connectRegistry,
  openEmbeddedRegistry,
  prepareSchemas,
  type RegistryServer,
  type SchemaRegistry,
  serveRegistry,
  streamSchemas,
} from '../index.ts'
import { envelopeSchema, person } from '../testing/person-schema.ts'

const embedded = openEmbeddedRegistry()
let server: RegistryServer
beforeAll(async () => {
  server = await serveRegistry(embedded, { port: 0 })
})
afterAll(() => server.close())

const v1 = envelopeSchema([person([])])
const v2 = envelopeSchema([person([{ name: 'age', type: 'int', default: 0 }])])
const broken = envelopeSchema([person([{ name: 'age', type: 'int' }])])

const REGISTRIES: readonly (readonly [name: string, open: () => SchemaRegistry])[] = [
  ['embedded', () => embedded],
  ['client', () => connectRegistry({ url: `${server.url}/` })],
]

describe.each(REGISTRIES)('the %s registry', (name, open) => {
  test('gives a schema one id, under every subject and again', async () => {
    const registry = open()
    const id = await registry.register(`${name}-same-value`, v1)
    expect(await registry.register(`${name}-same-value`, v1)).toBe(id)
    expect(await registry.register(`${name}-other-value`, v1)).toBe(id)
    expect(await registry.versions(`${name}-same-value`)).toEqual([
      { subject: `${name}-same-value`, version: 1, id, schema: v1 },
    ])
  })

  test('has no versions of a subject that does not exist', async () => {
    expect(await open().versions(`${name}-nobody`)).toEqual([])
  })

  test('finds a schema by its id, decimals included', async () => {
    const registry = open()
    const { schema } = streamSchemas['admin.instruments']
    const id = await registry.register(`${name}-decimals-value`, schema)
    const found = JSON.stringify(await open().schemaById(id))
    expect(found).toContain('"logicalType":"decimal"')
    expect(found).toContain('"scale":18')
  })

  test('says REGISTRY_UNKNOWN_SCHEMA for an id that it does not have', async () => {
    await expect(open().schemaById(987_654)).rejects.toMatchObject({
      code: 'REGISTRY_UNKNOWN_SCHEMA',
    })
  })

  test('refuses an incompatible schema', async () => {
    const registry = open()
    await registry.register(`${name}-refuse-value`, v1)
    await expect(registry.register(`${name}-refuse-value`, broken)).rejects.toMatchObject({
      code: 'AVRO_SCHEMA_INCOMPATIBLE',
      message: expect.stringMatching(/Person\.age/),
    })
    expect(await registry.versions(`${name}-refuse-value`)).toHaveLength(1)
  })

  test('refuses what is no schema', async () => {
    const registry = open()
    await expect(registry.register(`${name}-invalid-value`, { type: 'nonsense' })).rejects.toThrow()
    expect(await registry.versions(`${name}-invalid-value`)).toEqual([])
  })

  test('prepares topics: compatibility is set for each subject, all are registered', async () => {
    const registry = open()
    const topics = [
      { topic: `${name}.a`, schema: v1 },
      { topic: `${name}.b`, schema: v2 },
    ]
    const ids = await prepareSchemas(registry, topics)
    expect(await prepareSchemas(registry, topics)).toEqual(ids)
    expect(embedded.store.ownLevel(`${name}.a-value`)).toBe('BACKWARD_TRANSITIVE')
    expect(embedded.store.ownLevel(`${name}.b-value`)).toBe('BACKWARD_TRANSITIVE')
  })

  test('has nothing written to it when one of several schemas is incompatible, and both versions are named', async () => {
    const registry = open()
    const id = await registry.register(`${name}.last-value`, v1)
    const before = embedded.store.subjects({ deleted: true })
    const preparing = prepareSchemas(registry, [
      { topic: `${name}.first`, schema: v1 },
      { topic: `${name}.last`, schema: broken },
    ])
    await expect(preparing).rejects.toMatchObject({
      code: 'AVRO_SCHEMA_INCOMPATIBLE',
      message: expect.stringMatching(
        new RegExp(
          `version 2 of ${name}\\.last-value, cannot read version 1 \\(id ${id}\\): .*Person\\.age`,
        ),
      ),
    })
    expect(embedded.store.subjects({ deleted: true })).toEqual(before)
    expect(embedded.store.ownLevel(`${name}.first-value`)).toBeUndefined()
  })

  test('lets a consumer read what a producer with another schema wrote', async () => {
    const producer = avroSerde(
      { stream: 's', fullName: 'test.Envelope', schema: v1, released: [] },
      open(),
    )
    const consumer = avroSerde(
      { stream: 's', fullName: 'test.Envelope', schema: v2, released: [] },
      open(),
    )
    await producer.prepare?.(`${name}.evolve`, 'value')
    const event = {
      eventId: 'e',
      eventType: 'Person',
      eventVersion: 1,
      occurredAt: 1,
      producer: 'p',
      tenantId: 't',
      correlationId: 'c',
      causationId: null,
      entity: { entityType: 'person', entityId: 'ada', sequence: 1 },
      payload: { name: 'Ada' },
    }
    const bytes = producer.serialize(`${name}.evolve`, event)
    await consumer.pending?.(bytes)
    expect(consumer.deserialize(`${name}.evolve`, bytes)).toEqual({
      ...event,
      payload: { name: 'Ada', age: 0 },
    })
  })
})

test('a registry that does not answer is REGISTRY_UNAVAILABLE', async () => {
  const gone = await serveRegistry(openEmbeddedRegistry(), { port: 0 })
  await gone.close()
  const registry = connectRegistry({ url: gone.url })
  await expect(registry.versions('s')).rejects.toMatchObject({ code: 'REGISTRY_UNAVAILABLE' })
})
