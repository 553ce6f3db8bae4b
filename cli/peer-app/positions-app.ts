import {
  Consumed,
  type KeyValueStore,
  keyValueStore,
  keyValueStoreOf,
  type Processor,
  Produced,
  type StreamRecord,
  StreamsBuilder,
  stringSerde,
  type WindowStore,
  windowStore,
  windowStoreOf,
} from '#streams'
import type { PeerTopology } from './peer-topology.ts'
import { type PeerFill, type PeerPosition, peerFillSerde, peerPositionSerde } from './schemas.ts'

/** A byte, as on the other side: what is stored is that it is there. */
const SEEN = '1'
/** A fill is remembered for at least one bucket of record time, and at most two. */
const BUCKET_MS = 600_000

const positions = keyValueStore({
  name: 'positions',
  keySerde: stringSerde,
  valueSerde: peerPositionSerde(),
})
const seenFills = windowStore({
  name: 'seen-fills',
  keySerde: stringSerde,
  valueSerde: stringSerde,
  windowSizeMs: BUCKET_MS,
  retentionMs: 2 * BUCKET_MS,
})

/** Fills by order, through a repartition topic, to positions by portfolio and instrument; a fill counts once. */
export const peerPositionsTopology: PeerTopology = ({ input, output, onTaken, onDone }) => {
  const t = new StreamsBuilder()
  const fills = peerFillSerde()

  t.stream(input, Consumed.with(stringSerde, fills, { as: 'fills' }))
    .selectKey(
      (_orderId, { portfolioId, instrumentId }) => {
        onTaken()
        return `${portfolioId}|${instrumentId}`
      },
      { as: 'key-by-position' },
    )
    .repartition({ keySerde: stringSerde, valueSerde: fills, as: 'by-position' })
    .process(() => new UpdatePositions(onDone), {
      as: 'update-positions',
      stores: [positions, seenFills],
    })
    .to(output, Produced.with(stringSerde, peerPositionSerde(), { as: 'positions-sink' }))

  return t.build('peer-positions')
}

class UpdatePositions implements Processor<string, PeerFill, string, PeerPosition> {
  readonly #onDone: () => void
  #store: KeyValueStore<string, PeerPosition> | undefined
  #seen: WindowStore<string, string> | undefined
  #forward: (record: StreamRecord<string, PeerPosition>) => void = () => {}

  constructor(onDone: () => void) {
    this.#onDone = onDone
  }

  init(
    context: Parameters<NonNullable<Processor<string, PeerFill, string, PeerPosition>['init']>>[0],
  ) {
    this.#store = keyValueStoreOf(context, positions)
    this.#seen = windowStoreOf(context, seenFills)
    this.#forward = (record) => context.forward(record)
  }

  process(record: StreamRecord<string, PeerFill>): void {
    const { key, value: fill, timestampMs } = record
    if (this.#isNew(fill.fillId, timestampMs)) {
      const position = withFill(this.#store?.get(key) ?? flat(fill), fill)
      this.#store?.put(key, position)
      this.#forward({ ...record, value: position })
    }
    this.#onDone()
  }

  #isNew(fillId: string, timestampMs: number): boolean {
    const bucketMs = Math.floor(timestampMs / BUCKET_MS) * BUCKET_MS
    const seen = this.#seen
    if (seen === undefined || seen.fetch(fillId, bucketMs) !== undefined) return false
    if (seen.fetch(fillId, bucketMs - BUCKET_MS) !== undefined) return false
    seen.put(fillId, SEEN, bucketMs)
    return true
  }
}

function flat({ portfolioId, instrumentId }: PeerFill): PeerPosition {
  const none = { qty: 0, avgCost: 0, realisedPnl: 0, fills: 0 }
  return { portfolioId, instrumentId, ...none, fillId: '', ts: 0 }
}

/** Average cost; the part that closes an open position realises profit or loss. */
function withFill(before: PeerPosition, fill: PeerFill): PeerPosition {
  const { price, fillId, ts } = fill
  const traded = fill.side === 'BUY' ? fill.qty : -fill.qty
  const qty = before.qty + traded
  const next = { ...before, qty, fills: before.fills + 1, fillId, ts }
  if (before.qty === 0 || Math.sign(before.qty) === Math.sign(traded)) {
    const cost = before.avgCost * Math.abs(before.qty) + price * Math.abs(traded)
    return { ...next, avgCost: cost / Math.abs(qty) }
  }
  const closed = Math.min(Math.abs(before.qty), Math.abs(traded))
  const realisedPnl = before.realisedPnl + closed * (price - before.avgCost) * Math.sign(before.qty)
  if (Math.abs(traded) > Math.abs(before.qty)) return { ...next, realisedPnl, avgCost: price }
  return { ...next, realisedPnl, avgCost: qty === 0 ? 0 : before.avgCost }
}
