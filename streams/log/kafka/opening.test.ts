import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { expect, test } from 'vitest'
import { systemClock } from '../../clock.ts'
import { type Logger, silentLogger } from '../../logger.ts'
import { noMetrics } from '../../metrics.ts'
import { openKafkaLog } from './kafka-log.ts'

test('an aborted opening ends at once while brokers refuse connections', async () => {
  const abort = new AbortController()
  const logger: Logger = { ...silentLogger, warn: () => abort.abort() }
  await expectClosed(open('127.0.0.1:1', abort.signal, logger))
})

test('an aborted opening ends at once while a broker takes a connection and does not answer', async () => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const abort = new AbortController()
  const sockets: Socket[] = []
  server.on('connection', (socket) => {
    sockets.push(socket)
    socket.once('data', () => abort.abort())
  })
  const { port } = server.address() as AddressInfo
  try {
    await expectClosed(open(`127.0.0.1:${port}`, abort.signal, silentLogger))
  } finally {
    for (const socket of sockets) socket.destroy()
    server.close()
  }
})

test('nothing is opened for who has stopped already', async () => {
  await expectClosed(open('127.0.0.1:1', AbortSignal.abort(), silentLogger))
})

function open(broker: string, signal: AbortSignal, logger: Logger) {
  const ports = { logger, metrics: noMetrics, clock: systemClock }
  return openKafkaLog({ brokers: [broker], clientId: 'opening', ...ports, signal })
}

async function expectClosed(opening: Promise<unknown>): Promise<void> {
  const startedMs = systemClock.monotonicMs()
  await expect(opening).rejects.toMatchObject({ code: 'LOG_CLOSED' })
  expect(systemClock.monotonicMs() - startedMs).toBeLessThan(1_000)
}
