import { describe, expect, test } from 'vitest'
import { noMetrics } from '#streams'
import { snapshotUpdated } from '../fixtures/market-events.ts'
import { gatewayLimits } from '../limits.ts'
import type { MarketItem } from '../protocol.ts'
import { MarketView } from '../views/market-view.ts'
import { MarketChannel } from './market-channel.ts'
import { streamMetrics } from './stream-metrics.ts'
import type { StreamSocket } from './stream-socket.ts'

interface Frame {
  readonly type: 'snapshot' | 'update'
  readonly seq: number
  readonly data: readonly MarketItem[]
}

/** Keeps frames, and pretends to have unsent bytes. */
class PretendSocket implements StreamSocket {
  readonly frames: Frame[] = []
  unsentBytes = 0
  dropped = false
  send(frame: string | Uint8Array): void {
    this.frames.push(JSON.parse(Buffer.from(frame as Uint8Array).toString('utf8')))
  }
  bufferedBytes(): number {
    return this.unsentBytes
  }
  end(): void {}
  drop(): void {
    this.dropped = true
  }
}

function setUp() {
  const clock = { timeMs: 0, nowMs: () => clock.timeMs, monotonicMs: () => clock.timeMs }
  const limits = gatewayLimits({ frameSkipBytes: 100, slowClientMs: 1_000 })
  const view = new MarketView({
    clock,
    instrumentsMax: 1_000,
    marketSilentMs: limits.marketSilentMs,
    instrument: () => ({ staleAfterMs: 5_000, priceDecimals: 5 }),
  })
  const channel = new MarketChannel({ view, limits, clock, metrics: streamMetrics(noMetrics) })
  const price = (instrumentId: string, sequence: number) =>
    view.applySnapshot(
      `platform|${instrumentId}`,
      snapshotUpdated('platform', instrumentId, { sequence, bid: sequence }),
    )
  const slots = (...instrumentIds: string[]) =>
    new Set(instrumentIds.map((id) => view.slotNumber(`platform|${id}`) as number))
  return { clock, view, channel, price, slots }
}

function shown(frame: Frame | undefined) {
  return frame === undefined
    ? undefined
    : [frame.type, frame.seq, ...frame.data.map((item) => `${item.instrumentId}@${item.sequence}`)]
}

test('a change is sent once, with the next pass, and a pass without changes sends nothing', async () => {
  const { channel, price, slots } = setUp()
  const socket = new PretendSocket()
  price('A', 1)
  channel.subscribe(socket, slots('A', 'B'))
  await channel.pass()
  await channel.pass()
  price('A', 2)
  price('A', 3)
  price('C', 9)
  await channel.pass()
  await channel.pass()
  expect(socket.frames.map(shown)).toEqual([
    ['snapshot', 1, 'A@1'],
    ['update', 2, 'A@3'],
  ])
})

test('a snapshot of nothing priced is an empty frame, so that the client knows it has all there is', async () => {
  const { channel, slots } = setUp()
  const socket = new PretendSocket()
  channel.subscribe(socket, slots('A'))
  await channel.pass()
  expect(socket.frames.map(shown)).toEqual([['snapshot', 1]])
})

test('a client with unsent bytes is skipped, uses up no sequence number, and gets the latest of all that changed', async () => {
  const { channel, price, slots } = setUp()
  const slow = new PretendSocket()
  const quick = new PretendSocket()
  for (const socket of [slow, quick]) channel.subscribe(socket, slots('A', 'B'))
  await channel.pass()
  slow.unsentBytes = 101
  price('A', 1)
  await channel.pass()
  price('B', 2)
  await channel.pass()
  price('B', 3)
  await channel.pass()
  slow.unsentBytes = 100
  await channel.pass()
  expect(slow.frames.map(shown)).toEqual([
    ['snapshot', 1],
    ['update', 2, 'A@1', 'B@3'],
  ])
  expect(quick.frames.map(shown)).toEqual([
    ['snapshot', 1],
    ['update', 2, 'A@1'],
    ['update', 3, 'B@2'],
    ['update', 4, 'B@3'],
  ])
})

test('a client that is skipped for too long is dropped', async () => {
  const { channel, clock, price, slots } = setUp()
  const socket = new PretendSocket()
  channel.subscribe(socket, slots('A'))
  await channel.pass()
  socket.unsentBytes = 1_000_000
  price('A', 1)
  await channel.pass()
  clock.timeMs = 999
  price('A', 2)
  await channel.pass()
  expect(socket.dropped).toBe(false)
  clock.timeMs = 1_000
  price('A', 3)
  await channel.pass()
  expect(socket.dropped).toBe(true)
})

test('when nothing is heard any more, clients are told once that prices are stale, and once that they are not', async () => {
  const { channel, clock, price, slots } = setUp()
  const socket = new PretendSocket()
  price('A', 1)
  price('B', 1)
  channel.subscribe(socket, slots('A', 'B'))
  for (const timeMs of [0, 15_000, 15_001, 20_000, 900_000]) {
    clock.timeMs = timeMs
    await channel.pass()
  }
  price('A', 2)
  await channel.pass()
  await channel.pass()
  const stale = ({ data }: Frame) => data.map((item) => [item.sequence, item.stale])
  expect(socket.frames.map(shown)).toEqual([
    ['snapshot', 1, 'A@1', 'B@1'],
    ['update', 2, 'A@1', 'B@1'],
    ['update', 3, 'A@2', 'B@1'],
  ])
  expect(socket.frames.slice(1).map(stale)).toEqual([
    [
      [1, true],
      [1, true],
    ],
    [
      [2, false],
      [1, false],
    ],
  ])
})

test('connections with the same instruments share a group; the last to leave takes it along', () => {
  const { channel, slots } = setUp()
  const [first, second] = [new PretendSocket(), new PretendSocket()]
  channel.subscribe(first, slots('A', 'B'))
  channel.subscribe(second, slots('B', 'A'))
  expect(channel.groupCount).toBe(1)
  channel.unsubscribe(second, slots('A'))
  expect(channel.groupCount).toBe(2)
  channel.remove(first)
  channel.remove(second)
  expect(channel.groupCount).toBe(0)
})

describe('whatever happens', () => {
  test.each([1, 2, 3, 4, 5, 6, 7, 8])(
    'no gap in seq, nothing twice, the last value arrives (seed %i)',
    async (seed) => {
      const { channel, price, slots, view } = setUp()
      const random = randomFrom(seed)
      const ids = Array.from({ length: 12 }, (_, i) => `I${i}`)
      const clients = Array.from({ length: 6 }, () => ({
        socket: new PretendSocket(),
        wanted: new Set<string>(),
      }))
      const sequence = new Map(ids.map((id) => [id, 0]))
      for (let step = 0; step < 2_000; step += 1) {
        const client = clients[random(clients.length)] as (typeof clients)[number]
        const some = ids.filter(() => random(3) === 0)
        const action = random(10)
        if (action < 5) {
          const id = ids[random(ids.length)] as string
          sequence.set(id, (sequence.get(id) ?? 0) + 1)
          price(id, sequence.get(id) as number)
        } else if (action < 7) {
          await channel.pass()
        } else if (action === 7) {
          client.socket.unsentBytes = random(2) * 1_000
        } else if (action === 8 && some.length > 0) {
          channel.subscribe(client.socket, slots(...some))
          for (const id of some) client.wanted.add(id)
        } else if (action === 9) {
          channel.unsubscribe(client.socket, slots(...some))
          for (const id of some) client.wanted.delete(id)
        }
      }
      for (const { socket } of clients) socket.unsentBytes = 0
      await channel.pass()
      for (const { socket, wanted } of clients) {
        expect(socket.frames.map(({ seq }) => seq)).toEqual(socket.frames.map((_, i) => i + 1))
        const latest = new Map<string, number>()
        for (const { type, data } of socket.frames) {
          for (const { instrumentId, sequence: at } of data) {
            if (type === 'update') expect(at).toBeGreaterThan(latest.get(instrumentId) ?? 0)
            latest.set(instrumentId, at)
          }
        }
        for (const id of wanted)
          expect(latest.get(id) ?? 0).toBe(view.snapshot(`platform|${id}`)?.sequence ?? 0)
      }
    },
  )
})

/** Mulberry32. */
function randomFrom(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below
  }
}
