import { expect, test } from 'vitest'
import type { FeedMessage } from '../feed-source.ts'
import { createSimulator, type SimulatorOptions } from './simulator.ts'

const START_MS = Date.UTC(2026, 10, 20, 9)
const OPTIONS: SimulatorOptions = {
  seed: 7,
  startTimeMs: START_MS,
  ticksPerSecond: 1_000,
  instruments: 500,
  ticks: 20_000,
}

function run(options: Partial<SimulatorOptions> = {}): FeedMessage[] {
  return [...createSimulator({ ...OPTIONS, ...options }).messages()]
}

test('the same seed gives the same messages, another seed others', () => {
  expect(JSON.stringify(run())).toBe(JSON.stringify(run()))
  expect(JSON.stringify(run({ seed: 8 }))).not.toBe(JSON.stringify(run()))
})

test('a shorter run is the beginning of a longer one', () => {
  const ticks = (messages: FeedMessage[]): FeedMessage[] =>
    messages.filter(({ event }) => event.eventType !== 'FeedHeartbeat')
  expect(ticks(run({ ticks: 5_000 }))).toEqual(ticks(run()).slice(0, 5_000))
})

test('500 instruments cover five asset classes and each has its own id', () => {
  const { instruments } = createSimulator(OPTIONS)
  expect(new Set(instruments.map(({ instrumentId }) => instrumentId)).size).toBe(500)
  expect(new Set(instruments.map(({ assetClass }) => assetClass))).toEqual(
    new Set(['FX', 'RATES', 'CREDIT', 'EQUITY', 'CRYPTO']),
  )
})

test('sequences of an instrument have no gap and ticks keep to the rate', () => {
  const last = new Map<string, number>()
  const messages = run()
  for (const { entityId, sequence } of messages) {
    expect(sequence).toBe((last.get(entityId) ?? 0) + 1)
    last.set(entityId, sequence)
  }
  const quoted = messages.filter(({ event }) => event.eventType !== 'FeedHeartbeat')
  const tookMs = (quoted.at(-1)?.receivedTimeMs ?? 0) - START_MS
  expect(quoted).toHaveLength(20_000)
  expect(tookMs).toBeGreaterThan(18_000)
  expect(tookMs).toBeLessThan(22_000)
})

test('prices lie on the tick grid and sound quotes are not crossed', () => {
  const simulator = createSimulator({ ...OPTIONS, faults: { late: 0, crossed: 0, malformed: 0 } })
  const decimals = new Map(
    simulator.instruments.map((one) => [one.instrumentId, one.priceDecimals]),
  )
  for (const { entityId, event } of simulator.messages()) {
    if (event.eventType !== 'FeedQuote') continue
    const { bid, ask } = event.payload
    const grid = 10 ** (decimals.get(entityId) ?? 0)
    expect(Math.abs((bid ?? 0) * grid - Math.round((bid ?? 0) * grid))).toBeLessThan(1e-6)
    expect(ask ?? 0).toBeGreaterThan(bid ?? Number.POSITIVE_INFINITY)
  }
})

test('instruments of one class move together more than those of different classes', () => {
  const rate = { ticksPerSecond: 40, ticks: 200_000, instruments: 10 }
  const mids = new Map<string, Map<number, number>>()
  for (const { entityId, eventTimeMs, event } of run({
    ...rate,
    faults: { late: 0, crossed: 0, malformed: 0 },
  })) {
    if (event.eventType !== 'FeedQuote') continue
    const { bid, ask } = event.payload
    const minute = Math.floor(eventTimeMs / 60_000)
    const series = mids.get(entityId) ?? new Map<number, number>()
    mids.set(entityId, series.set(minute, Math.log(((bid ?? 0) + (ask ?? 0)) / 2)))
  }
  const [fx, rates, , , coin, fx2, rates2, , , coin2] = createSimulator({
    ...OPTIONS,
    ...rate,
  }).instruments
  const returns = (id: string | undefined): number[] => {
    const series = [...(mids.get(id ?? '') ?? [])]
      .sort(([a], [b]) => a - b)
      .map(([, value]) => value)
    return series.slice(1).map((value, index) => value - (series[index] ?? 0))
  }
  const within = (a: typeof fx, b: typeof fx): number =>
    correlation(returns(a?.instrumentId), returns(b?.instrumentId))
  expect(within(rates, rates2)).toBeGreaterThan(0.4)
  expect(within(coin, coin2)).toBeGreaterThan(0.3)
  expect(Math.abs(within(fx, coin2))).toBeLessThan(within(coin, coin2))
  expect(within(fx, fx2)).toBeGreaterThan(0.05)
})

test('a finite run ends with a heartbeat for each instrument, past every open window', () => {
  const messages = run({ instruments: 20, ticks: 100 })
  const closing = messages.slice(-20)
  expect(closing.every(({ event }) => event.eventType === 'FeedHeartbeat')).toBe(true)
  expect((closing[0]?.eventTimeMs ?? 0) - START_MS).toBeGreaterThan(7_200_000)
})

test('the asked-for faults are there: late, crossed and malformed', () => {
  const messages = run({ faults: { late: 0.05, crossed: 0.05, malformed: 0.01 } })
  const quotes = messages.flatMap(({ event }) =>
    event.eventType === 'FeedQuote' ? [event.payload] : [],
  )
  expect(
    messages.filter(({ eventTimeMs, receivedTimeMs }) => eventTimeMs < receivedTimeMs).length,
  ).toBeGreaterThan(500)
  expect(quotes.filter(({ bid, ask }) => (bid ?? 0) > (ask ?? 0)).length).toBeGreaterThan(300)
  expect(quotes.filter(({ bid }) => Number.isNaN(bid)).length).toBeGreaterThan(50)
})

function correlation(left: readonly number[], right: readonly number[]): number {
  const length = Math.min(left.length, right.length)
  const mean = (values: readonly number[]): number =>
    values.slice(0, length).reduce((sum, value) => sum + value, 0) / length
  const [a, b] = [mean(left), mean(right)]
  let [covariance, first, second] = [0, 0, 0]
  for (let index = 0; index < length; index += 1) {
    const [x, y] = [(left[index] ?? 0) - a, (right[index] ?? 0) - b]
    covariance += x * y
    first += x * x
    second += y * y
  }
  return covariance / Math.sqrt(first * second)
}
