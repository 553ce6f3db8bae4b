import type { FeedMessage, FeedProgress, FeedSource } from '../feed-source.ts'
import type { RawEvent } from '../raw-event.ts'
import { PriceProcess } from './price-process.ts'
import { createRandom, type Random } from './random.ts'
import { type SimulatedInstrument, simulatedUniverse } from './universe.ts'

export interface SimulatorOptions {
  readonly seed: number
  readonly startTimeMs: number
  /** Over all instruments, in event time. */
  readonly ticksPerSecond: number
  readonly instruments: number
  /** Quotes and trades to give; endless when left out. Heartbeats are not counted. */
  readonly ticks?: number
  /** Shares of ticks that are made faulty on purpose, as real feeds have them. */
  readonly faults?: { readonly late: number; readonly crossed: number; readonly malformed: number }
}

const SOURCE = 'simulator'
const HEARTBEAT_MS = 5_000
/** Closing heartbeats of a finite run lie past the end of every window that can be open. */
const CLOSING_MS = 2 * 3_600_000
const SIZE_LOTS = [1, 1, 1, 2, 2, 5, 10, 20, 50]

/**
 * Seeded market: correlated random walks with volatility regimes, spreads that widen with them, prices on the tick grid, sizes in lots.
 * Ticks arrive as a Poisson process of the given rate, drawn by activity. The whole sequence, times included, is a function of the options.
 */
export function createSimulator(options: SimulatorOptions): FeedSource {
  const instruments = simulatedUniverse(options.instruments)
  let rows = 0
  return {
    feedId: `simulator-${options.seed}-${options.startTimeMs}-${options.instruments}-${options.ticksPerSecond}`,
    instruments: instruments.map(referenceData),
    messages: function* () {
      for (const message of simulate(instruments, options)) {
        rows += 1
        yield message
      }
    },
    progress: (): FeedProgress => ({ rows, rowsTotal: undefined, skipped: [] }),
  }
}

function* simulate(
  instruments: readonly SimulatedInstrument[],
  options: SimulatorOptions,
): Iterable<FeedMessage> {
  const random = createRandom(options.seed)
  const prices = new PriceProcess(instruments, random, options.startTimeMs)
  const chooser = cumulative(instruments.map(({ activity }) => activity))
  const sequences = instruments.map(() => 0)
  const lastMs = instruments.map(() => options.startTimeMs)
  const meanGapMs = 1_000 / options.ticksPerSecond
  const { late = 2e-4, crossed = 1e-4, malformed = 1e-5 } = options.faults ?? {}

  const message = (
    index: number,
    eventTimeMs: number,
    receivedTimeMs: number,
    event: RawEvent,
  ): FeedMessage => {
    const sequence = (sequences[index] as number) + 1
    sequences[index] = sequence
    return {
      entityId: (instruments[index] as SimulatedInstrument).instrumentId,
      sequence,
      eventTimeMs,
      receivedTimeMs,
      event,
    }
  }
  const heartbeat = (index: number, atMs: number): FeedMessage => {
    const { instrumentId } = instruments[index] as SimulatedInstrument
    return message(index, atMs, atMs, {
      eventType: 'FeedHeartbeat',
      payload: { instrumentId, source: SOURCE, eventTimeMs: atMs },
    })
  }

  let time = options.startTimeMs
  let nextHeartbeatMs = options.startTimeMs + HEARTBEAT_MS
  for (let tick = 0; options.ticks === undefined || tick < options.ticks; tick += 1) {
    time += meanGapMs * random.exponential()
    const nowMs = Math.floor(time)
    for (; nowMs >= nextHeartbeatMs; nextHeartbeatMs += HEARTBEAT_MS) {
      for (let index = 0; index < instruments.length; index += 1) {
        if (nextHeartbeatMs - (lastMs[index] as number) >= HEARTBEAT_MS)
          yield heartbeat(index, nextHeartbeatMs)
      }
    }
    const index = choose(chooser, random.uniform())
    const instrument = instruments[index] as SimulatedInstrument
    const event =
      instrument.tradeShare > 0 && random.uniform() < instrument.tradeShare
        ? trade(instrument, prices.at(index, nowMs), random)
        : quote(instrument, prices.at(index, nowMs), random)
    lastMs[index] = nowMs
    const fault = random.uniform()
    let eventTimeMs = nowMs
    if (fault < late) eventTimeMs = nowMs - 1 - Math.floor(random.uniform() * 900)
    else if (fault < late + crossed) cross(event)
    else if (fault < late + crossed + malformed) spoil(event)
    yield message(index, eventTimeMs, nowMs, timed(event, eventTimeMs))
  }
  if (options.ticks === undefined) return
  for (let index = 0; index < instruments.length; index += 1)
    yield heartbeat(index, Math.floor(time) + CLOSING_MS)
}

interface Quote {
  readonly eventType: 'FeedQuote'
  payload: {
    instrumentId: string
    source: string
    eventTimeMs: number
    bid: number | null
    ask: number | null
    bidSize: number | null
    askSize: number | null
    condition: string | null
    indicative: boolean
    suspicious: boolean
  }
}

interface Trade {
  readonly eventType: 'FeedTrade'
  payload: {
    instrumentId: string
    source: string
    eventTimeMs: number
    price: number
    size: number
    condition: string | null
    suspicious: boolean
  }
}

interface Level {
  readonly mid: number
  readonly spread: number
}

function sides(
  instrument: SimulatedInstrument,
  { mid, spread }: Level,
  random: Random,
): { bid: number; ask: number } {
  const grid = 10 ** instrument.priceDecimals
  const half = (mid * instrument.spreadBps * spread * (0.6 + 0.8 * random.uniform())) / 20_000
  const bid = Math.max(1, Math.floor((mid - half) * grid))
  const ask = Math.max(bid + 1, Math.ceil((mid + half) * grid))
  return { bid: bid / grid, ask: ask / grid }
}

function lots(instrument: SimulatedInstrument, random: Random): number {
  const lot = Number(instrument.lotSize)
  const size = SIZE_LOTS[Math.floor(random.uniform() * SIZE_LOTS.length)] as number
  const decimals = Math.max(0, -Math.floor(Math.log10(lot)))
  return Number((size * lot * (lot < 1 ? 1_000 : lot === 1 ? 100 : 1)).toFixed(decimals))
}

function quote(instrument: SimulatedInstrument, level: Level, random: Random): Quote {
  const { bid, ask } = sides(instrument, level, random)
  const indicative = instrument.assetClass === 'CREDIT' && level.spread > 1
  return {
    eventType: 'FeedQuote',
    payload: {
      instrumentId: instrument.instrumentId,
      source: SOURCE,
      eventTimeMs: 0,
      bid,
      ask,
      bidSize: lots(instrument, random),
      askSize: lots(instrument, random),
      condition: null,
      indicative,
      suspicious: false,
    },
  }
}

function trade(instrument: SimulatedInstrument, level: Level, random: Random): Trade {
  const { bid, ask } = sides(instrument, level, random)
  const price = random.uniform() < 0.5 ? bid : ask
  return {
    eventType: 'FeedTrade',
    payload: {
      instrumentId: instrument.instrumentId,
      source: SOURCE,
      eventTimeMs: 0,
      price,
      size: lots(instrument, random),
      condition: null,
      suspicious: false,
    },
  }
}

function timed(event: Quote | Trade, eventTimeMs: number): RawEvent {
  event.payload.eventTimeMs = eventTimeMs
  return event
}

function cross(event: Quote | Trade): void {
  if (event.eventType !== 'FeedQuote') return
  const { bid, ask } = event.payload
  event.payload.bid = ask
  event.payload.ask = bid
}

function spoil(event: Quote | Trade): void {
  if (event.eventType === 'FeedQuote') event.payload.bid = Number.NaN
  else event.payload.size = -event.payload.size
}

function cumulative(weights: readonly number[]): Float64Array {
  const sums = new Float64Array(weights.length)
  let sum = 0
  weights.forEach((weight, index) => {
    sum += weight
    sums[index] = sum
  })
  return sums
}

function choose(sums: Float64Array, uniform: number): number {
  const target = uniform * (sums.at(-1) as number)
  let low = 0
  let high = sums.length - 1
  while (low < high) {
    const middle = (low + high) >> 1
    if ((sums[middle] as number) > target) high = middle
    else low = middle + 1
  }
  return low
}

function referenceData(instrument: SimulatedInstrument): FeedSource['instruments'][number] {
  const {
    instrumentId,
    symbol,
    venue,
    name,
    assetClass,
    currency,
    tickSize,
    lotSize,
    priceDecimals,
    priceBasis,
    staleAfterMs,
    tenor,
    tradingHours,
  } = instrument
  return {
    instrumentId,
    symbol,
    venue,
    name,
    assetClass,
    currency,
    tickSize,
    lotSize,
    priceDecimals,
    priceBasis,
    staleAfterMs,
    tenor,
    tradingHours,
  }
}
