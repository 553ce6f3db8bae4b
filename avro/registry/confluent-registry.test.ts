import { createServer, type Server } from 'node:http'
import { afterEach, expect, test } from 'vitest'
import { connectRegistry } from './confluent-registry.ts'

let server: Server | undefined

afterEach(() => {
  server?.closeAllConnections()
  server?.close()
  server = undefined
})

/** A registry that answers every request alike. With a length beyond the body the connection is cut within it. */
async function answering(status: number, body: string, length?: number) {
  const opened = createServer((_request, response) => {
    response.writeHead(status, { 'content-length': length ?? Buffer.byteLength(body) })
    response.write(body)
    if (length === undefined) response.end()
    else setImmediate(() => response.destroy())
  })
  server = opened
  await new Promise<void>((resolve) => opened.listen(0, '127.0.0.1', resolve))
  const address = opened.address()
  const port = typeof address === 'object' ? address?.port : 0
  return connectRegistry({ url: `http://127.0.0.1:${port}` })
}

test('a schema is given as it is written', async () => {
  const registry = await answering(200, JSON.stringify({ schema: '{"type":"string"}' }))
  expect(await registry.schemaById(7)).toEqual({ type: 'string' })
})

test.each([
  ['an id it does not know', 404, '{"error_code":40403,"message":"Schema not found"}'],
  ['404 without a word', 404, ''],
])('%s is an answer: the schema is unknown', async (_what, status, body) => {
  const registry = await answering(status, body)
  await expect(registry.schemaById(7)).rejects.toMatchObject({ code: 'REGISTRY_UNKNOWN_SCHEMA' })
})

test.each([
  ['no JSON', '<html>welcome</html>'],
  ['no schema', '{"id":7}'],
  ['a schema that is no JSON', '{"schema":"record"}'],
])('%s is an answer: the schema is invalid', async (_what, body) => {
  const registry = await answering(200, body)
  await expect(registry.schemaById(7)).rejects.toMatchObject({ code: 'AVRO_SCHEMA_INVALID' })
})

test.each([
  ['a failure of its own', 500, '{"error_code":50001,"message":"Error in the backend"}', undefined],
  ['a proxy that finds nobody', 503, '<html>unavailable</html>', undefined],
  ['too many requests', 429, '', undefined],
  ['an answer that is cut off', 200, '{"schema":', 100],
])('%s is none: worth another try', async (_what, status, body, length) => {
  const registry = await answering(status, body, length)
  await expect(registry.schemaById(7)).rejects.toMatchObject({ code: 'REGISTRY_UNAVAILABLE' })
})
