import type { BarClosed, MarketTickReceived, OpenBar, OpenBars, TicksEnvelope } from '#avro'
import { soundPriceOf } from './snapshot.ts'

export interface BarRules {
  readonly intervalsMs: readonly number[]
  /** How long after its window's end a bar waits for late ticks, ms of the instrument's event time. */
  readonly graceMs: number
}

export const BAR_RULES: BarRules = { intervalsMs: [1_000, 60_000, 3_600_000], graceMs: 1_000 }

/** Of an instrument without bars. */
export const NO_BARS: OpenBars = { newestEventTimeMs: 0, sequence: 0, lateTicks: 0, bars: [] }

export interface BarsResult {
  readonly state: OpenBars
  readonly closed: readonly BarClosed[]
}

/**
 * Judged by the instrument's own event time: any message (tick, depth, heartbeat) whose time is at or past a window's end and grace
 * closes that window; it is final then. Within the grace a late tick counts as if it had been in time: open and close go by event time,
 * and by arrival where times are equal.
 */
export function foldBars(rules: BarRules, before: OpenBars, event: TicksEnvelope): BarsResult {
  const { eventTimeMs, instrumentId } = event.payload
  const newestEventTimeMs = Math.max(before.newestEventTimeMs, eventTimeMs)
  const isDue = (bar: OpenBar): boolean => endOf(bar) + rules.graceMs <= newestEventTimeMs
  let { bars, sequence, lateTicks } = before
  let closed: readonly BarClosed[] = NOTHING_CLOSED
  if (bars.some(isDue)) {
    const due = bars.filter(isDue).sort(byEnd)
    closed = due.map((bar) => closedBar(instrumentId, bar))
    bars = bars.filter((bar) => !isDue(bar))
    sequence += closed.length
  }
  if (event.eventType === 'MarketTickReceived') {
    const price = soundPriceOf(event.payload)
    if (price !== null) {
      const added = withTick(rules, bars, event.payload, price, newestEventTimeMs)
      bars = added.bars
      if (added.late) lateTicks++
    }
  }
  return { state: { newestEventTimeMs, sequence, lateTicks, bars }, closed }
}

interface Added {
  readonly bars: readonly OpenBar[]
  /** It came after the grace of at least one of its windows. */
  readonly late: boolean
}

function withTick(
  rules: BarRules,
  bars: readonly OpenBar[],
  tick: MarketTickReceived,
  price: number,
  newestEventTimeMs: number,
): Added {
  const next = bars.slice()
  let late = false
  for (const intervalMs of rules.intervalsMs) {
    const windowStartMs = tick.eventTimeMs - (tick.eventTimeMs % intervalMs)
    if (windowStartMs + intervalMs + rules.graceMs <= newestEventTimeMs) {
      late = true
      continue
    }
    const at = next.findIndex(
      (bar) => bar.intervalMs === intervalMs && bar.windowStartMs === windowStartMs,
    )
    const bar = next[at]
    if (bar === undefined) next.push(firstOf(intervalMs, windowStartMs, tick, price))
    else next[at] = extended(bar, tick, price)
  }
  return { bars: next, late }
}

function firstOf(
  intervalMs: number,
  windowStartMs: number,
  tick: MarketTickReceived,
  price: number,
): OpenBar {
  const weight = weightOf(tick)
  return {
    intervalMs,
    windowStartMs,
    basis: tick.basis,
    source: tick.source,
    openTimeMs: tick.eventTimeMs,
    closeTimeMs: tick.eventTimeMs,
    open: price,
    high: price,
    low: price,
    close: price,
    weight,
    weightedPrice: price * weight,
    ticks: 1,
  }
}

function extended(bar: OpenBar, tick: MarketTickReceived, price: number): OpenBar {
  const weight = weightOf(tick)
  const opens = tick.eventTimeMs < bar.openTimeMs
  const closes = tick.eventTimeMs >= bar.closeTimeMs
  return {
    intervalMs: bar.intervalMs,
    windowStartMs: bar.windowStartMs,
    basis: bar.basis,
    source: closes ? tick.source : bar.source,
    openTimeMs: opens ? tick.eventTimeMs : bar.openTimeMs,
    closeTimeMs: closes ? tick.eventTimeMs : bar.closeTimeMs,
    open: opens ? price : bar.open,
    high: Math.max(price, bar.high),
    low: Math.min(price, bar.low),
    close: closes ? price : bar.close,
    weight: bar.weight + weight,
    weightedPrice: bar.weightedPrice + price * weight,
    ticks: bar.ticks + 1,
  }
}

/** Trades weigh their size; quotes both sizes together, or 1 where neither is known. */
function weightOf(tick: MarketTickReceived): number {
  if (tick.kind === 'TRADE') return tick.size ?? 0
  const weight = (tick.bidSize ?? 0) + (tick.askSize ?? 0)
  return weight > 0 ? weight : 1
}

function closedBar(instrumentId: string, bar: OpenBar): BarClosed {
  return {
    instrumentId,
    intervalMs: bar.intervalMs,
    windowStartMs: bar.windowStartMs,
    origin: 'COMPUTED',
    basis: bar.basis,
    source: bar.source,
    open: bar.open,
    high: bar.high,
    low: bar.low,
    close: bar.close,
    volume: bar.weight,
    vwap: bar.weight > 0 ? bar.weightedPrice / bar.weight : null,
    ticks: bar.ticks,
    bid: null,
    ask: null,
  }
}

function endOf(bar: OpenBar): number {
  return bar.windowStartMs + bar.intervalMs
}

/** By end, the shorter first. */
function byEnd(left: OpenBar, right: OpenBar): number {
  return endOf(left) - endOf(right) || left.intervalMs - right.intervalMs
}

const NOTHING_CLOSED: readonly BarClosed[] = []
