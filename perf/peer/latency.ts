import type { PeerMeasurement } from './compare.ts'
import { latencyFaults } from './faults.ts'
import type { Comparison } from './turns.ts'

export const LATENCY_APPS = [
  'snapshot',
  'positions',
  'window',
] as const satisfies readonly Comparison['app'][]

interface LatencyValues {
  readonly app: (typeof LATENCY_APPS)[number]
  readonly seconds: number
  readonly warmUp: number
  readonly rounds: number
  readonly threads: number
  readonly partitions: number
}

/** From just before a record is sent at its rate to its output in a read_committed consumer. */
export function latencyOf(
  recordsPerSecond: number,
  { app, seconds, warmUp, rounds, threads, partitions }: LatencyValues,
): PeerMeasurement {
  return {
    what: 'latency',
    app,
    rounds,
    peer: true,
    // Every output counts, so none may be merged with another.
    flags: {
      rates: recordsPerSecond,
      secs: seconds,
      warm: warmUp,
      threads,
      partitions,
      caching: 'off',
    },
    configuration: { recordsPerSecond, seconds },
    warmUp: `${warmUp} s at the rate`,
    faultsOf: ({ turns }) => latencyFaults(turns),
  }
}
