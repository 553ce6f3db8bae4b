import type { PeerMeasurement } from './compare.ts'
import { throughputFaults } from './faults.ts'
import type { Comparison } from './turns.ts'

interface ThroughputValues {
  readonly peer: boolean
  readonly records: number
  readonly rounds: number
  readonly threads: number
  readonly partitions: number
  readonly caching: 'on' | 'off'
}

/** All input is in the topic before a side starts; the clock runs from its first record to its last. */
export function throughputOf(
  app: Comparison['app'],
  { peer, records, rounds, threads, partitions, caching }: ThroughputValues,
  configuration: Readonly<Record<string, unknown>> = {},
): PeerMeasurement {
  return {
    what: 'throughput',
    app,
    rounds,
    peer,
    flags: { n: records, fills: records, threads, partitions, caching },
    configuration: { records, ...configuration },
    warmUp: 'none: compilation of both sides is inside, start and join are not',
    faultsOf: ({ turns, repeats }) =>
      throughputFaults(turns, {
        app,
        records,
        repeats: app === 'positions' ? (repeats ?? Number.NaN) : 0,
        merged: app === 'window' && caching === 'on',
      }),
  }
}
