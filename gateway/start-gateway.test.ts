import { createServer } from 'node:net'
import { expect, test } from 'vitest'
import { runGateway } from './fixtures/running-gateway.ts'

test('a gateway starts again on its port right after it closed, with a client still connected', async () => {
  const port = await freePort()
  const first = await runGateway({ port })
  const { accessToken } = await first.login('trader')
  const socket = new WebSocket(`ws://127.0.0.1:${port}/stream?access_token=${accessToken}`)
  await new Promise((resolve) => socket.addEventListener('open', resolve, { once: true }))
  // The server closes first, so its end of the connection stays in TIME_WAIT.
  await first.close()
  const second = await runGateway({ port })
  expect((await fetch(`http://127.0.0.1:${port}/healthz`)).status).toBe(200)
  await second.close()
})

test('a port that another process listens on is refused by name', async () => {
  const other = createServer()
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', () => resolve()))
  const address = other.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  await expect(runGateway({ port })).rejects.toThrow(
    /GATEWAY_PORT_UNAVAILABLE.*choose another --port/,
  )
  await new Promise((resolve) => other.close(resolve))
})

test('two gateways do not share a port', async () => {
  const first = await runGateway()
  await expect(runGateway({ port: first.gateway.port })).rejects.toThrow(/GATEWAY_PORT_UNAVAILABLE/)
  await first.close()
})

test('closing twice is closing once', async () => {
  const { gateway, close } = await runGateway()
  await Promise.all([gateway.close(), gateway.close()])
  await gateway.close()
  await close()
})

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  return typeof address === 'object' && address !== null ? address.port : 0
}
