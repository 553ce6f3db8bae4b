import { request } from 'node:http'
import { SchemaRegistry, SchemaType } from '@kafkajs/confluent-schema-registry'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { openEmbeddedRegistry, type RegistryServer, serveRegistry } from '../index.ts'

let server: RegistryServer
beforeEach(async () => {
  server = await serveRegistry(openEmbeddedRegistry(), { port: 0 })
})
afterEach(() => server.close())

async function call(
  method: string,
  path: string,
  body?: unknown,
): Promise<{ status: number; body: unknown; type: string | null }> {
  const response = await fetch(`${server.url}${path}`, {
    method,
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  })
  return {
    status: response.status,
    body: await response.json(),
    type: response.headers.get('content-type'),
  }
}

function record(
  ...fields: readonly (readonly [name: string, type: unknown, defaultValue?: unknown])[]
): string {
  return JSON.stringify({
    type: 'record',
    name: 'a.R',
    fields: fields.map(([name, type, value]) =>
      value === undefined ? { name, type } : { name, type, default: value },
    ),
  })
}

const V1 = record(['x', 'int'])
const V2 = record(['x', 'int'], ['y', 'int', 0])
const WITHOUT_DEFAULT = record(['x', 'int'], ['z', 'string'])

describe('versions of a subject', () => {
  test('are registered, listed, shown and looked up', async () => {
    expect(await call('POST', '/subjects/s/versions', { schema: V1 })).toEqual({
      status: 200,
      body: { id: 1 },
      type: 'application/vnd.schemaregistry.v1+json',
    })
    expect(
      (await call('POST', '/subjects/s/versions', { schema: V2, schemaType: 'AVRO' })).body,
    ).toEqual({ id: 2 })
    expect((await call('GET', '/subjects')).body).toEqual(['s'])
    expect((await call('GET', '/subjects?subjectPrefix=t')).body).toEqual([])
    expect((await call('GET', '/subjects/s/versions')).body).toEqual([1, 2])
    expect((await call('GET', '/subjects/s/versions/1')).body).toEqual({
      subject: 's',
      version: 1,
      id: 1,
      schema: V1,
    })
    expect((await call('GET', '/subjects/s/versions/latest')).body).toMatchObject({
      version: 2,
      id: 2,
    })
    expect((await call('GET', '/subjects/s/versions/-1')).body).toMatchObject({ version: 2 })
    expect((await call('GET', '/subjects/s/versions/2/schema')).body).toEqual(JSON.parse(V2))
    expect((await call('POST', '/subjects/s', { schema: V1 })).body).toEqual({
      subject: 's',
      version: 1,
      id: 1,
      schema: V1,
    })
    expect((await call('GET', '/schemas/ids/2')).body).toEqual({ schema: V2 })
    expect((await call('GET', '/schemas/ids/2/versions')).body).toEqual([
      { subject: 's', version: 2 },
    ])
    expect((await call('GET', '/schemas/ids/2/subjects')).body).toEqual(['s'])
    expect((await call('GET', '/schemas/types')).body).toEqual(['AVRO'])
    expect((await call('GET', '/mode')).body).toEqual({ mode: 'READWRITE' })
  })

  test('are registered once, whatever the white space and order of attributes', async () => {
    await call('POST', '/subjects/s/versions', { schema: V1 })
    const spaced =
      '{ "name": "a.R", "fields": [ { "type": "int", "name": "x" } ],\n "type": "record" }'
    expect((await call('POST', '/subjects/s/versions', { schema: spaced })).body).toEqual({ id: 1 })
    expect((await call('POST', '/subjects/t/versions', { schema: V1 })).body).toEqual({ id: 1 })
    expect((await call('GET', '/subjects/s/versions')).body).toEqual([1])
  })

  test('have names that are encoded in the path', async () => {
    await call('POST', `/subjects/${encodeURIComponent('a/b|c')}/versions`, { schema: V1 })
    expect((await call('GET', '/subjects')).body).toEqual(['a/b|c'])
  })

  test('are deleted softly, then for good, and a number is not given twice', async () => {
    await call('POST', '/subjects/s/versions', { schema: V1 })
    await call('POST', '/subjects/s/versions', { schema: V2 })
    expect((await call('DELETE', '/subjects/s/versions/2?permanent=true')).body).toMatchObject({
      error_code: 40407,
    })
    expect((await call('DELETE', '/subjects/s/versions/2')).body).toBe(2)
    expect((await call('DELETE', '/subjects/s/versions/2')).body).toMatchObject({
      error_code: 40406,
    })
    expect((await call('GET', '/subjects/s/versions')).body).toEqual([1])
    expect((await call('GET', '/subjects/s/versions?deleted=true')).body).toEqual([1, 2])
    expect((await call('GET', '/schemas/ids/2')).body).toEqual({ schema: V2 })
    expect((await call('DELETE', '/subjects/s/versions/2?permanent=true')).body).toBe(2)
    await call('POST', '/subjects/s/versions', { schema: V2 })
    expect((await call('GET', '/subjects/s/versions')).body).toEqual([1, 3])
    expect((await call('DELETE', '/subjects/s?permanent=true')).body).toMatchObject({
      error_code: 40405,
    })
    expect((await call('DELETE', '/subjects/s')).body).toEqual([1, 3])
    expect((await call('DELETE', '/subjects/s')).body).toMatchObject({ error_code: 40404 })
    expect((await call('GET', '/subjects')).body).toEqual([])
    expect((await call('GET', '/subjects?deleted=true')).body).toEqual(['s'])
    expect((await call('DELETE', '/subjects/s?permanent=true')).body).toEqual([1, 3])
    expect((await call('GET', '/subjects?deleted=true')).body).toEqual([])
  })
})

const REFUSALS: readonly (readonly [
  method: string,
  path: string,
  body: unknown,
  status: number,
  code: number,
])[] = [
  ['GET', '/subjects/nobody/versions', undefined, 404, 40401],
  ['GET', '/subjects/nobody/versions/1', undefined, 404, 40401],
  ['GET', '/subjects/s/versions/9', undefined, 404, 40402],
  ['GET', '/subjects/s/versions/zero', undefined, 422, 42202],
  ['GET', '/subjects/s/versions/0', undefined, 422, 42202],
  ['GET', '/schemas/ids/77', undefined, 404, 40403],
  ['POST', '/subjects/s', { schema: V2 }, 404, 40403],
  ['POST', '/subjects/nobody', { schema: V1 }, 404, 40401],
  ['POST', '/subjects/s/versions', { schema: '{"type":"nonsense"}' }, 422, 42201],
  ['POST', '/subjects/s/versions', { schema: 'not json' }, 422, 42201],
  ['POST', '/subjects/s/versions', { schema: V1, schemaType: 'PROTOBUF' }, 422, 42201],
  ['POST', '/subjects/s/versions', {}, 422, 42201],
  ['POST', '/subjects/s/versions', 'no json', 400, 400],
  ['POST', '/subjects/s/versions', { schema: WITHOUT_DEFAULT }, 409, 409],
  ['POST', '/subjects/s/versions', { schema: ' '.repeat(1_100_000) }, 413, 413],
  ['PUT', '/config', { compatibility: 'SOMETIMES' }, 422, 42203],
  ['GET', '/config/s', undefined, 404, 40408],
  ['DELETE', '/subjects/nobody', undefined, 404, 40401],
  ['PATCH', '/subjects', undefined, 405, 405],
  ['GET', '/nothing/here', undefined, 404, 404],
  ['GET', '/subjects/%E0%A4%A/versions', undefined, 400, 400],
]

test.each(REFUSALS)(
  '%s %s %o is answered with %i and error code %i',
  async (method, path, body, status, code) => {
    await call('POST', '/subjects/s/versions', { schema: V1 })
    const answer = await call(method, path, body)
    expect(answer).toMatchObject({
      status,
      body: { error_code: code, message: expect.any(String) },
    })
    expect((await call('GET', '/subjects/s/versions')).body).toEqual([1])
  },
)

// Which of these may follow [x: int], then [x: int, y: int = 0]; by hand from the Avro specification.
const ADD_DEFAULT = record(['x', 'int'], ['y', 'int', 0], ['z', 'int', 0])
const DROP_ALL = record(['w', 'int', 0])
const LEVELS: readonly (readonly [level: string, schema: string, accepted: boolean])[] = [
  ['NONE', WITHOUT_DEFAULT, true],
  ['BACKWARD', ADD_DEFAULT, true],
  ['BACKWARD', WITHOUT_DEFAULT, false],
  ['BACKWARD', DROP_ALL, true],
  ['BACKWARD', record(['x', 'int'], ['y', 'int']), true],
  ['BACKWARD_TRANSITIVE', record(['x', 'int'], ['y', 'int']), false],
  ['FORWARD', WITHOUT_DEFAULT, true],
  ['FORWARD', DROP_ALL, false],
  ['FORWARD_TRANSITIVE', record(['x', 'int']), true],
  ['FULL', ADD_DEFAULT, true],
  ['FULL', WITHOUT_DEFAULT, false],
  ['FULL', DROP_ALL, false],
  ['FULL', record(['x', 'int'], ['y', 'int']), true],
  ['FULL_TRANSITIVE', record(['x', 'int'], ['y', 'int']), false],
]

test.each(LEVELS)('under %s the schema %s is accepted: %s', async (level, schema, accepted) => {
  await call('POST', '/subjects/s/versions', { schema: V1 })
  await call('POST', '/subjects/s/versions', { schema: V2 })
  expect((await call('PUT', '/config/s', { compatibility: level })).body).toEqual({
    compatibility: level,
  })
  expect((await call('GET', '/config/s')).body).toEqual({ compatibilityLevel: level })
  const checked = await call('POST', '/compatibility/subjects/s/versions?verbose=true', { schema })
  expect(checked.body).toMatchObject({ is_compatible: accepted })
  expect((await call('POST', '/subjects/s/versions', { schema })).status).toBe(accepted ? 200 : 409)
})

test('a check against one version says why it fails', async () => {
  await call('POST', '/subjects/s/versions', { schema: V1 })
  expect(
    (await call('POST', '/compatibility/subjects/s/versions/latest', { schema: V2 })).body,
  ).toEqual({ is_compatible: true })
  expect(
    (
      await call('POST', '/compatibility/subjects/s/versions/1?verbose=true', {
        schema: WITHOUT_DEFAULT,
      })
    ).body,
  ).toEqual({
    is_compatible: false,
    messages: [expect.stringMatching(/version 1 \(id 1\).*BACKWARD_TRANSITIVE.*a\.R\.z/)],
  })
})

test('the default level is BACKWARD_TRANSITIVE, and a subject can leave its own again', async () => {
  expect((await call('GET', '/config')).body).toEqual({ compatibilityLevel: 'BACKWARD_TRANSITIVE' })
  await call('PUT', '/config/s', { compatibility: 'NONE' })
  expect((await call('DELETE', '/config/s')).body).toEqual({ compatibilityLevel: 'NONE' })
  expect((await call('GET', '/config/s?defaultToGlobal=true')).body).toEqual({
    compatibilityLevel: 'BACKWARD_TRANSITIVE',
  })
})

test('a decimal may not change its scale', async () => {
  const decimal = (scale: number) =>
    record(['x', { type: 'bytes', logicalType: 'decimal', precision: 38, scale }])
  await call('POST', '/subjects/s/versions', { schema: decimal(18) })
  expect((await call('POST', '/subjects/s/versions', { schema: decimal(8) })).status).toBe(409)
})

test('a body that never ends is cut off', async () => {
  const status = await new Promise<number | undefined>((resolve, reject) => {
    const sending = request(`${server.url}/subjects/s/versions`, { method: 'POST' }, (response) => {
      response.resume()
      resolve(response.statusCode)
    })
    sending.on('error', reject)
    sending.write(Buffer.alloc(1_200_000, 0x20))
  })
  expect(status).toBe(413)
})

test('the kafkajs client registers, encodes and decodes', async () => {
  const client = new SchemaRegistry({ host: server.url })
  const { id } = await client.register(
    { type: SchemaType.AVRO, schema: V1 },
    { subject: 's' as const, compatibility: 'BACKWARD_TRANSITIVE' as never },
  )
  expect(await client.getLatestSchemaId('s')).toBe(id)
  expect(await client.getRegistryIdBySchema('s', { type: SchemaType.AVRO, schema: V1 })).toBe(id)
  const bytes = await client.encode(id, { x: 7 })
  expect(bytes.toString('hex')).toBe('00000000010e')
  expect(await new SchemaRegistry({ host: server.url }).decode(bytes)).toEqual({ x: 7 })
  await expect(
    client.register(
      { type: SchemaType.AVRO, schema: WITHOUT_DEFAULT },
      { subject: 's', compatibility: 'BACKWARD_TRANSITIVE' as never },
    ),
  ).rejects.toMatchObject({ status: 409 })
})

test('a port that is taken is refused', async () => {
  await expect(serveRegistry(openEmbeddedRegistry(), { port: server.port })).rejects.toMatchObject({
    code: 'REGISTRY_PORT_UNAVAILABLE',
  })
})
