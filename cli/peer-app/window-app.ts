import {
  BufferConfig,
  Consumed,
  Grouped,
  Produced,
  StreamsBuilder,
  Suppressed,
  stringSerde,
  TimeWindows,
} from '#streams'
import type { PeerTopology } from './peer-topology.ts'
import { type PeerOhlc, type PeerTick, peerOhlcSerde, peerTickSerde } from './schemas.ts'

const SIZE_MS = 60_000
const GRACE_MS = 5_000

/** Ticks to bars of a minute for each instrument, 5 s of grace: each update, or the closed bar only. */
export const peerWindowTopology: PeerTopology = (options) => {
  const { input, output, caching, suppress, onTaken, onDone } = options
  const t = new StreamsBuilder()
  const ticks = peerTickSerde()
  const bars = peerOhlcSerde()

  const table = t
    .stream(input, Consumed.with(stringSerde, ticks, { as: 'ticks' }))
    .peek(
      () => {
        onTaken()
        onDone()
      },
      { as: 'count-ticks' },
    )
    .groupByKey(Grouped.with(stringSerde, ticks))
    .windowedBy(TimeWindows.ofSizeAndGrace(SIZE_MS, GRACE_MS))
    .aggregate<PeerOhlc | undefined>(
      () => undefined,
      (_key, tick, bar) => withTick(bar, tick),
      { as: 'bars', materialized: { valueSerde: bars, caching } },
    )

  const shown = suppress
    ? table.suppress(Suppressed.untilWindowCloses(BufferConfig.unbounded(), { as: 'closed' }))
    : table

  shown
    .toStream({ as: 'updates' })
    .map(
      ({ key, startMs }, bar) =>
        [key, bar === undefined ? undefined : { ...bar, windowStart: startMs }] as const,
      { as: 'by-instrument' },
    )
    .to(output, Produced.with(stringSerde, bars, { as: 'bars-sink' }))

  return t.build('peer-window')
}

function withTick(bar: PeerOhlc | undefined, tick: PeerTick): PeerOhlc {
  const { instrumentId, mid, seq, ts } = tick
  if (bar === undefined) {
    const prices = { open: mid, high: mid, low: mid, close: mid }
    return { instrumentId, windowStart: 0, ...prices, count: 1, seq, ts }
  }
  return {
    instrumentId,
    windowStart: 0,
    open: bar.open,
    high: Math.max(bar.high, mid),
    low: Math.min(bar.low, mid),
    close: mid,
    count: bar.count + 1,
    seq,
    ts,
  }
}
