/** Writes the ticks of SnapshotApp's work, one a millisecond of event time, keys by number. */
import { type PeerTick, peerTickSerde } from '#cli/peer-app'
import { stringSerde } from '#streams'
import { type ProducerRecord, partitionFor } from '#streams/log'
import { endStep, stepArgument } from '../measuring/step.ts'
import { inputOf, keyNumberOf, openWorkLog, type SnapshotWork } from '../scaling/snapshot-work.ts'

const BATCH = 5_000
/** Any instant will do, the same for every run. */
const START_MS = Date.UTC(2026, 2, 2, 9)

const work = stepArgument<SnapshotWork>()
const { keys, partitions, records: total } = work
const topic = inputOf(work)
const log = await openWorkLog(work)
await log.admin.createTopics([
  { topic, partitions, cleanup: 'delete', retentionMs: -1, retentionBytes: -1 },
])
const producer = await log.createProducer({ clientId: 'bench-load' })
const serde = peerTickSerde()
for (let first = 0; first < total; first += BATCH) {
  const records = Array.from({ length: partitions }, (): ProducerRecord[] => [])
  for (let seq = first; seq < Math.min(total, first + BATCH); seq += 1) {
    const tick = tickOf(seq)
    const key = stringSerde.serialize(topic, tick.instrumentId)
    // A serde may write into one buffer again and again.
    const value = Buffer.from(serde.serialize(topic, tick))
    records[partitionFor(key, partitions)]?.push({ key, value, timestampMs: tick.ts })
  }
  await producer.send(
    records.flatMap((some, partition) =>
      some.length === 0 ? [] : [{ topic, partition, records: some }],
    ),
  )
}
await producer.close()
await log.close()
endStep({})

function tickOf(seq: number): PeerTick {
  const bid = 100 + (seq % 997) / 100
  return {
    instrumentId: `I${keyNumberOf(seq, keys)}`,
    bid,
    ask: bid + 0.02,
    mid: bid + 0.01,
    bidSize: 1_000 + (seq % 13),
    askSize: 1_000 + (seq % 17),
    ts: START_MS + seq,
    source: 'bench',
    seq,
    quality: 'GOOD',
  }
}
