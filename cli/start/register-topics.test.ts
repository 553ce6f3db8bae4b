import { expect, test } from 'vitest'
import { connectRegistry, openEmbeddedRegistry, type SchemaRegistry, serveRegistry } from '#avro'
import { type Logger, silentLogger } from '#streams'
import { openTopics } from '#topics'
import { registerTopics } from './register-topics.ts'

/** Something happens when the first line about the registry is written. */
function onFirstWarning(action: () => void): Logger {
  let told = false
  return {
    ...silentLogger,
    warn: () => {
      if (!told) action()
      told = true
    },
  }
}

/** Nobody listens on the port of a registry that was closed. */
async function closedRegistry(): Promise<{
  readonly port: number
  readonly registry: SchemaRegistry
}> {
  const { url, port, close } = await serveRegistry(openEmbeddedRegistry(), { port: 0 })
  await close()
  return { port, registry: connectRegistry({ url }) }
}

test('schemas are registered once the registry answers', async () => {
  const { port, registry } = await closedRegistry()
  const embedded = openEmbeddedRegistry()
  let serving: ReturnType<typeof serveRegistry> | undefined
  const logger = onFirstWarning(() => {
    serving = serveRegistry(embedded, { port })
  })
  const stop = { signal: new AbortController().signal, goOn: () => {} }
  await registerTopics(openTopics({ env: 'test', registry }), registry, { logger, stop })
  expect(embedded.store.subjects({ deleted: false }).length).toBeGreaterThan(10)
  await (await serving)?.close()
})

test('a start that is stopped does not wait for the registry', async () => {
  const { registry } = await closedRegistry()
  const abort = new AbortController()
  const stopped = new Error('stopped')
  const goOn = () => {
    throw stopped
  }
  const logger = onFirstWarning(() => abort.abort())
  const registered = registerTopics(openTopics({ env: 'test', registry }), registry, {
    ...{ logger, stop: { signal: abort.signal, goOn } },
  })
  await expect(registered).rejects.toBe(stopped)
})
