import { expect, test } from 'vitest'
import { ManualClock } from '#streams/testing'
import { recovered, snapshotUpdated, staleDetected } from '../fixtures/market-events.ts'
import { MarketView } from './market-view.ts'

const STALE_AFTER_MS: Readonly<Record<string, number>> = { QUICK: 1_000, SLOW: 40_000 }

function setUp() {
  // Years ago, as a replay has it: event times play no part.
  const clock = new ManualClock(1_000)
  const view = new MarketView({
    clock,
    instrumentsMax: 10,
    marketSilentMs: 15_000,
    instrument: (key) => {
      const staleAfterMs = STALE_AFTER_MS[key.slice('platform|'.length)]
      return staleAfterMs === undefined ? undefined : { staleAfterMs, priceDecimals: 2 }
    },
  })
  let sequence = 0
  const price = (id: string) =>
    view.applySnapshot(
      `platform|${id}`,
      snapshotUpdated('platform', id, { sequence: ++sequence, bid: 1 }),
    )
  const status = (id: string, event: ReturnType<typeof staleDetected>) =>
    view.applyStatus(`platform|${id}`, event)
  const staleAfter = (ms: number): string[] => {
    clock.advance(ms)
    view.lookForSilence()
    return ['QUICK', 'SLOW', 'OTHER'].filter((id) => view.snapshot(`platform|${id}`)?.stale)
  }
  return { view, price, status, staleAfter }
}

test('an instrument is not stale beside one that is heard, however long it is quiet itself', () => {
  const { price, staleAfter } = setUp()
  price('QUICK')
  price('OTHER')
  for (let minute = 0; minute < 60; minute += 1) {
    for (let four = 0; four < 4; four += 1) {
      expect(staleAfter(15_000)).toEqual([])
      price('OTHER')
    }
  }
})

test('when nothing is heard, each is stale after its own time, one without reference data after a minute', () => {
  const { price, staleAfter, view } = setUp()
  for (const id of ['QUICK', 'SLOW', 'OTHER']) price(id)
  expect(staleAfter(15_000)).toEqual([])
  expect(staleAfter(1)).toEqual(['QUICK'])
  expect(staleAfter(24_999)).toEqual(['QUICK'])
  expect(staleAfter(1_000)).toEqual(['QUICK', 'SLOW'])
  expect(staleAfter(20_000)).toEqual(['QUICK', 'SLOW', 'OTHER'])
  expect(view.unheard).toBe(3)
})

test('a record of whichever instrument takes it back, but not what the topology said', () => {
  const { price, staleAfter, status, view } = setUp()
  for (const id of ['QUICK', 'SLOW', 'OTHER']) price(id)
  status('SLOW', staleDetected('platform', 'SLOW'))
  expect(staleAfter(100_000)).toEqual(['QUICK', 'SLOW', 'OTHER'])
  price('OTHER')
  expect(staleAfter(0)).toEqual(['SLOW'])
  expect(view.unheard).toBe(0)
  expect(staleAfter(100_000)).toEqual(['QUICK', 'SLOW', 'OTHER'])
  status('SLOW', recovered('platform', 'SLOW'))
  expect(staleAfter(0)).toEqual([])
})

test('prices on the stream and in REST are without binary noise, at one decimal more than the instrument has', () => {
  const { view } = setUp()
  for (const id of ['QUICK', 'OTHER']) {
    const event = snapshotUpdated('platform', id, { sequence: 1, bid: 0.1 + 0.2 })
    view.applySnapshot(`platform|${id}`, {
      ...event,
      payload: { ...event.payload, mid: 1.1 * 1.5, dayHigh: 0.7 + 0.1, dayVolume: 0.1 + 0.2 },
    })
  }
  const item = (id: string) => {
    const slot = view.slot(view.slotNumber(`platform|${id}`) as number)
    return JSON.parse(String(view.fragment(slot)))
  }
  expect(item('QUICK')).toMatchObject({ bid: 0.3, mid: 1.65 })
  expect(view.snapshot('platform|QUICK')).toMatchObject({
    bid: 0.3,
    mid: 1.65,
    dayHigh: 0.8,
    dayVolume: 0.3,
    bids: [{ price: 0.3 }],
  })
  // Without reference data nobody knows how many decimals it has.
  expect(item('OTHER').bid).toBe(0.1 + 0.2)
})

test('time from the start counts, too, of what was read then', () => {
  const { price, staleAfter } = setUp()
  expect(staleAfter(500_000)).toEqual([])
  price('QUICK')
  expect(staleAfter(15_000)).toEqual([])
  expect(staleAfter(1_000)).toEqual(['QUICK'])
})
