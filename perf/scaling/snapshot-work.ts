import { peerSnapshotTopology } from '#cli/peer-app'
import { createStoreBackend, rocksdbEngine } from '#state-stores'
import { noMetrics, Streams, systemClock } from '#streams'
import type { Log, TopicPartition } from '#streams/log'
import { openLog, type Place, stderrLogger } from '../measuring/platform.ts'

/** SnapshotApp's work: ticks of many keys to the latest state of each, every update emitted, exactly once. */
export interface SnapshotWork {
  readonly place: Pick<Place, 'brokers' | 'directory'>
  /** Names the input, so that several can be on one broker. */
  readonly source: string
  /** Names output, application and state. */
  readonly run: string
  readonly records: number
  readonly keys: number
  readonly partitions: number
  readonly commitIntervalMs: number
}

/** Spreads neighbours over the keys, so that writes do not come in order. A prime: as many records as keys are one for each key. */
const STRIDE = 7_368_787

/** Which of `keys` keys the record with this number has. */
export function keyNumberOf(record: number, keys: number): number {
  return (record * STRIDE) % keys
}

export function inputOf({ source }: SnapshotWork): string {
  return `${source}-ticks`
}

export function outputOf({ run }: SnapshotWork): string {
  return `${run}-snapshots`
}

export function placesOf(topic: string, { partitions }: SnapshotWork): readonly TopicPartition[] {
  return Array.from({ length: partitions }, (_, partition) => ({ topic, partition }))
}

export function openWorkLog({ place }: SnapshotWork): Promise<Log> {
  return openLog(place, stderrLogger())
}

/** One thread of it, as `orion peer-app snapshot` runs it. */
export function snapshotStreams(work: SnapshotWork, log: Log, directory: string): Streams {
  return new Streams({
    topology: peerSnapshotTopology({
      input: inputOf(work),
      output: outputOf(work),
      caching: false,
      suppress: false,
      onTaken: () => undefined,
      onDone: () => undefined,
    }),
    applicationId: work.run,
    log,
    stores: createStoreBackend(rocksdbEngine()),
    directory,
    clock: systemClock,
    logger: stderrLogger(),
    metrics: noMetrics,
    guarantee: 'exactly_once_v2',
    threads: 1,
    recordCacheBytesMax: 0,
    commitIntervalMs: work.commitIntervalMs,
  })
}
