import { afterAll, beforeAll, expect, test } from 'vitest'
import { RawStreamClient } from '../fixtures/raw-stream-client.ts'
import { type RunningGateway, runGateway, until } from '../fixtures/running-gateway.ts'
import { StreamClient } from '../fixtures/stream-client.ts'
import type { MarketItem, ServerMessage } from '../protocol.ts'

/** Enough for a frame of some 300 KB: the buffers of the operating system are full after a few. */
const IDS = Array.from({ length: 2_000 }, (_, i) => `I${i}.SIM`)

let orion: RunningGateway

beforeAll(async () => {
  orion = await runGateway({ limits: { slowClientMs: 600_000 } })
  for (const id of IDS) orion.instrument(id, 'FX')
  await publishAll(1)
  await orion.priced(IDS.slice(-20))
})

afterAll(() => orion.close())

async function publishAll(sequence: number): Promise<void> {
  for (const id of IDS) orion.price(id, sequence)
  await new Promise((resolve) => setImmediate(resolve))
}

function marketItems(received: readonly ServerMessage[]): Map<string, MarketItem> {
  return new Map(
    received.flatMap((message) =>
      'channel' in message && message.channel === 'market'
        ? message.data.map((item) => [item.instrumentId, item] as const)
        : [],
    ),
  )
}

function sequenceNumbers(received: readonly ServerMessage[]): number[] {
  return received.flatMap((message) => ('channel' in message ? [message.seq] : []))
}

test('a client that stops reading slows nobody, skips values, and gets the last ones when it reads again', async () => {
  const token = await orion.token('trader')
  const slow = await RawStreamClient.open(orion.gateway.port, token)
  const quick = await StreamClient.open(orion.base, token)
  slow.send({ op: 'subscribe', channel: 'market', instrumentIds: IDS })
  await quick.subscribe(IDS)
  await until('the slow one has its snapshot', () => slow.received.length >= 2)

  slow.stopReading()
  const rounds = 30
  const delaysMs: number[] = []
  for (let sequence = 2; sequence <= rounds; sequence += 1) {
    const startedMs = performance.now()
    await publishAll(sequence)
    await until(
      `round ${sequence} reaches the quick one`,
      () => quick.latest().get('I1999.SIM')?.sequence === sequence,
    )
    quick.received.splice(0, quick.received.length - 2)
    delaysMs.push(performance.now() - startedMs)
  }
  // Each round waits for one tick of 100 ms and is written at once: a blocked writer would take seconds.
  expect(Math.max(...delaysMs)).toBeLessThan(2_000)

  slow.read()
  await until('the slow one has the last values', () => {
    const latest = marketItems(slow.received)
    return IDS.every((id) => latest.get(id)?.sequence === rounds)
  })
  const seqs = sequenceNumbers(slow.received)
  expect(seqs).toEqual(seqs.map((_, i) => i + 1))
  // It skipped: otherwise this test has not filled the buffers and shows nothing.
  expect(seqs.length).toBeLessThan(rounds)
  slow.destroy()
  await quick.close()
})

test('a client that never reads again is closed', async () => {
  const impatient = await runGateway({ limits: { slowClientMs: 300 } })
  for (const id of IDS) impatient.instrument(id, 'FX')
  for (const id of IDS) impatient.price(id, 1)
  await until(
    'the views have caught up',
    async () => (await impatient.call('/readyz')).status === 200,
  )
  const stuck = await RawStreamClient.open(impatient.gateway.port, await impatient.token('trader'))
  stuck.send({ op: 'subscribe', channel: 'market', instrumentIds: IDS })
  await until('it has its snapshot', () => stuck.received.length >= 2)
  stuck.stopReading()
  let sequence = 1
  let connections = 1
  await until(
    'it is closed',
    async () => {
      sequence += 1
      for (const id of IDS) impatient.price(id, sequence)
      await new Promise((resolve) => setTimeout(resolve, 50))
      connections = impatient.gateway.connections
      return connections === 0
    },
    20_000,
  )
  stuck.destroy()
  await impatient.close()
})
