import type { Log } from '#streams/log'
import type { Topics } from '#topics'
import type { Expectation, Expected } from './expectation.ts'
import { readTopic } from './read-topic.ts'

const FAULTS_MAX = 10
const BAR_INTERVALS_MS = [1_000, 60_000, 3_600_000]

export interface Verification {
  /** Empty when everything is there once, in order. At most ten. */
  readonly faults: readonly string[]
  readonly records: Readonly<Record<string, number>>
}

interface Found {
  ticks: number
  heartbeats: number
  bidSum: number
  tradedSize: number
  snapshotSequence: number
  snapshotBid: number | null
  readonly barTicks: Map<number, number>
}

/** Compares what is on the topics with what the source gave, instrument by instrument. Topics that are not named are not looked at. */
export async function verify(
  log: Log,
  { marketdata }: Topics,
  expectation: Expectation,
  outputs: readonly ('ticks' | 'snapshots' | 'bars')[],
): Promise<Verification> {
  const found = new Map<string, Found>(Object.keys(expectation).map((id) => [id, nothing()]))
  const of = (key: string): Found => {
    const one = found.get(key.slice(key.indexOf('|') + 1))
    if (one === undefined) throw new Error(`${key} is no instrument of the source`)
    return one
  }
  const records: Record<string, number> = {}
  if (outputs.includes('ticks')) {
    records['ticks'] = await readTopic(log, marketdata.ticks, (event, key) => {
      const one = of(key)
      if (event.eventType === 'MarketHeartbeatReceived') one.heartbeats += 1
      else if (event.eventType === 'MarketTickReceived') {
        one.ticks += 1
        if (event.payload.kind === 'QUOTE') one.bidSum += event.payload.bid ?? 0
        else one.tradedSize += event.payload.size ?? 0
      }
    })
  }
  if (outputs.includes('snapshots')) {
    // The topic is compacted: older snapshots may be gone, the last one of each instrument never.
    records['snapshots'] = await readTopic(log, marketdata.snapshots, (event, key) => {
      const one = of(key)
      one.snapshotSequence = event.payload.sequence
      one.snapshotBid = event.payload.bid
    })
  }
  if (outputs.includes('bars')) {
    records['bars'] = await readTopic(log, marketdata.bars, ({ payload }, key) => {
      const { barTicks } = of(key)
      barTicks.set(payload.intervalMs, (barTicks.get(payload.intervalMs) ?? 0) + payload.ticks)
    })
  }
  const faults: string[] = []
  for (const [id, expected] of Object.entries(expectation)) {
    for (const fault of differences(id, expected, found.get(id) ?? nothing(), outputs)) {
      if (faults.length < FAULTS_MAX) faults.push(fault)
    }
  }
  return { faults, records }
}

function* differences(
  id: string,
  expected: Expected,
  found: Found,
  outputs: readonly string[],
): Generator<string> {
  const compare = function* (what: string, wanted: unknown, got: unknown): Generator<string> {
    if (wanted !== got) yield `${id} ${what}: ${String(got)} instead of ${String(wanted)}`
  }
  if (outputs.includes('ticks')) {
    yield* compare('ticks', expected.ticks, found.ticks)
    yield* compare('heartbeats', expected.heartbeats, found.heartbeats)
    yield* compare('sum of bids', expected.bidSum, found.bidSum)
    yield* compare('traded size', expected.tradedSize, found.tradedSize)
  }
  if (outputs.includes('snapshots')) {
    yield* compare('last snapshot', expected.ticks, found.snapshotSequence)
    yield* compare('bid of the last snapshot', expected.lastBid, found.snapshotBid)
  }
  if (outputs.includes('bars')) {
    for (const intervalMs of BAR_INTERVALS_MS)
      yield* compare(
        `ticks in bars of ${intervalMs} ms`,
        expected.barTicks,
        found.barTicks.get(intervalMs) ?? 0,
      )
  }
}

function nothing(): Found {
  return {
    ticks: 0,
    heartbeats: 0,
    bidSum: 0,
    tradedSize: 0,
    snapshotSequence: 0,
    snapshotBid: null,
    barTicks: new Map(),
  }
}
