import type { LogUnderTest } from '../measuring/logs.ts'
import type { Bench, Measurement } from '../scenario.ts'
import { numbersOf, pointsOf } from './curve.ts'
import { type SnapshotSample, snapshotPoint, writeInput } from './snapshot-point.ts'
import type { SnapshotWork } from './snapshot-work.ts'

export interface SnapshotCurveOptions {
  readonly records: number
  readonly runs: number
  readonly commitIntervalMs: number
  /** Lists of numbers, separated by commas. */
  readonly partitions: string
  readonly workers: string
  readonly keys: string
}

/** Of the curve of partitions: as the peer's loader has it. */
const INSTRUMENTS = 500

interface Place {
  readonly at: Readonly<Record<string, number>>
  readonly keys: number
  readonly partitions: number
  readonly workers: number
}

/** Partitions by workers, the same records. */
export function partitionCurve(
  values: SnapshotCurveOptions,
  bench: Bench,
  log: LogUnderTest,
): Promise<void> {
  const workers = numbersOf(values.workers)
  const places = numbersOf(values.partitions).flatMap((partitions) =>
    workers.map((threads) => ({
      at: { partitions, workers: threads },
      keys: INSTRUMENTS,
      partitions,
      workers: threads,
    })),
  )
  return measure('partitions', places, values, bench, log)
}

/** Keys, the same records, one partition and one thread. */
export function keyCurve(
  values: SnapshotCurveOptions,
  bench: Bench,
  log: LogUnderTest,
): Promise<void> {
  const places = numbersOf(values.keys).map((keys) => ({
    at: { keys },
    keys,
    partitions: 1,
    workers: 1,
  }))
  return measure('keys', places, values, bench, log)
}

async function measure(
  curve: string,
  places: readonly Place[],
  values: SnapshotCurveOptions,
  bench: Bench,
  log: LogUnderTest,
): Promise<void> {
  const directory = bench.directory()
  const { records, runs, commitIntervalMs } = values
  const workOf = ({ keys, partitions }: Place, run: string): SnapshotWork => ({
    place: { directory: `${directory}/${partitions}-${keys}`, brokers: log.brokers },
    source: `bench-${process.pid}-${partitions}-${keys}`,
    run: `bench-${process.pid}-${run}`,
    ...{ records, keys, partitions, commitIntervalMs },
  })
  const written = new Set<string>()
  for (const place of places) {
    const work = workOf(place, 'load')
    if (written.has(work.source)) continue
    written.add(work.source)
    bench.progress(`${curve}: writing ${records} ticks of ${place.keys} keys`)
    await writeInput(bench, work)
  }
  const samples: SnapshotSample[] = []
  // All places, then all again: what changes on the machine meanwhile changes all of them.
  for (let run = 0; run < runs; run += 1) {
    for (const [index, place] of places.entries()) {
      bench.progress(`${curve}: ${JSON.stringify(place.at)} on the ${log.name} log`)
      const work = workOf(place, `${curve}-${run}-${index}`)
      const argument = { ...work, workers: place.workers, others: log.processes }
      samples.push(await snapshotPoint(bench, place.at, argument))
    }
  }
  const faults = samples.flatMap(({ at, faults: some }) =>
    some.map((fault) => `${JSON.stringify(at)}: ${fault}`),
  )
  bench.report({
    configuration: {
      curve,
      log: log.name,
      records,
      commitIntervalMs,
      guarantee: 'exactly_once_v2',
    },
    seed: 0,
    warmUp: 'none: compilation is inside, start, join and restore are not',
    runs,
    samples,
    figures: { points: pointsOf(samples) },
    outputVerified: faults.length === 0,
    faults,
  } satisfies Measurement)
}
