import { type ProducerRecord, partitionFor } from '#streams/log'
import type { SeededRandom } from '../random.ts'
import type { InputBatch } from './scenario.ts'

export interface InputRecord {
  readonly topic: string
  readonly record: ProducerRecord
}

/** Spreads records over time and partitions, in batches, some in transactions; between them what was aborted, which nobody may see. */
export function inputBatches(
  records: readonly InputRecord[],
  options: {
    readonly partitions: number
    readonly inputMs: number
    readonly random: SeededRandom
    readonly decoy: () => InputRecord
  },
): InputBatch[] {
  const { partitions, inputMs, random, decoy } = options
  const batches: InputBatch[] = []
  const placed = (
    batch: readonly InputRecord[],
    atMs: number,
    transaction: InputBatch['transaction'],
  ) => {
    for (const { topic, partition, own } of byPlace(batch, partitions)) {
      batches.push({ atMs, topic, partition, records: own, transaction })
    }
  }
  let atMs = 0
  for (let at = 0; at < records.length; ) {
    const count = random.chance(0.3) ? random.between(5, 15) : random.between(1, 4)
    const batch = records.slice(at, at + count)
    at += count
    placed(batch, atMs, random.chance(0.3) ? 'committed' : 'none')
    if (random.chance(0.15)) placed([decoy()], atMs, 'aborted')
    atMs += (random.next() * 2 * inputMs * count) / records.length
  }
  return batches
}

function byPlace(batch: readonly InputRecord[], partitions: number) {
  const places = new Map<
    string,
    { readonly topic: string; readonly partition: number; readonly own: ProducerRecord[] }
  >()
  for (const { topic, record } of batch) {
    const partition = partitionFor(record.key ?? new Uint8Array(0), partitions)
    const name = `${topic}-${partition}`
    const place = places.get(name) ?? { topic, partition, own: [] }
    places.set(name, place)
    place.own.push(record)
  }
  return places.values()
}
