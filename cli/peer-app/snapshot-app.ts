import {
  type KeyValueStore,
  keyValueStore,
  keyValueStoreOf,
  type Processor,
  StreamsBuilder,
  stringSerde,
} from '#streams'
import type { PeerTopology } from './peer-topology.ts'
import { type PeerSnapshot, type PeerTick, peerSnapshotSerde, peerTickSerde } from './schemas.ts'

/** Ticks to the latest state of each instrument, kept in a store with a changelog; every update is emitted. */
export const peerSnapshotTopology: PeerTopology = ({ input, output, onTaken, onDone }) => {
  const t = new StreamsBuilder()
  const snapshots = keyValueStore({
    name: 'snapshots',
    keySerde: stringSerde,
    valueSerde: peerSnapshotSerde(),
  })

  const ticks = t.stream(
    { name: input, keySerde: stringSerde, valueSerde: peerTickSerde() },
    { as: 'ticks' },
  )

  const updates = ticks.process(
    (): Processor<string, PeerTick, string, PeerSnapshot> => {
      let store: KeyValueStore<string, PeerSnapshot>
      let forward: (record: {
        key: string
        value: PeerSnapshot
        timestampMs: number
        headers: readonly []
      }) => void
      return {
        init: (context) => {
          store = keyValueStoreOf(context, snapshots)
          forward = (record) => context.forward(record)
        },
        process: ({ key, value: tick, timestampMs }) => {
          onTaken()
          const snapshot = update(store.get(key), tick)
          store.put(key, snapshot)
          forward({ key, value: snapshot, timestampMs, headers: [] })
          onDone()
        },
      }
    },
    { as: 'update-snapshots', stores: [snapshots] },
  )

  updates.to(
    { name: output, keySerde: stringSerde, valueSerde: peerSnapshotSerde() },
    { as: 'snapshots-sink' },
  )

  return t.build('peer-snapshot')
}

function update(before: PeerSnapshot | undefined, tick: PeerTick): PeerSnapshot {
  const { instrumentId, bid, ask, mid, seq, ts } = tick
  const size = tick.bidSize + tick.askSize
  if (before === undefined) {
    return {
      instrumentId,
      bid,
      ask,
      mid,
      count: 1,
      high: mid,
      low: mid,
      sizeSum: size,
      midSizeSum: mid * size,
      seq,
      ts,
    }
  }
  return {
    instrumentId,
    bid,
    ask,
    mid,
    count: before.count + 1,
    high: Math.max(before.high, mid),
    low: Math.min(before.low, mid),
    sizeSum: before.sizeSum + size,
    midSizeSum: before.midSizeSum + mid * size,
    seq,
    ts,
  }
}
