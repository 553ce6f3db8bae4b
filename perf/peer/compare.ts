import type { Bench, Measurement } from '../scenario.ts'
import { FIGURES, figuresOf } from './figures.ts'
import { onPeerBroker } from './peer-broker.ts'
import { peerHome } from './peer-home.ts'
import { type Comparison, type Taken, takeTurns } from './turns.ts'

/** One result: what is compared, what the reader is told of it, and what is wrong with its output. */
export interface PeerMeasurement extends Comparison {
  readonly configuration: Readonly<Record<string, unknown>>
  readonly warmUp: string
  readonly faultsOf: (taken: Taken) => readonly string[]
}

/** Of the JVM side's loader. */
const SEED = 42
/** Both sides' own default, exactly once. */
const COMMIT_INTERVAL_MS = 100

/** Runs each comparison on one broker, and reports a result of each as soon as it is there. */
export async function compare(
  bench: Bench,
  measurements: readonly PeerMeasurement[],
): Promise<void> {
  const home = peerHome()
  await onPeerBroker(home, bench, async (broker) => {
    for (const measurement of measurements) {
      const taken = await takeTurns(bench, home, broker, measurement)
      bench.report(measured(bench, measurement, taken))
    }
  })
}

function measured(bench: Bench, of: PeerMeasurement, taken: Taken): Measurement {
  const { what, app, rounds, peer, flags, configuration, warmUp } = of
  const faults = of.faultsOf(taken)
  return {
    configuration: {
      program: app,
      ...configuration,
      threads: flags['threads'],
      partitions: flags['partitions'],
      caching: flags['caching'],
      guarantee: 'exactly_once_v2',
      commitIntervalMs: COMMIT_INTERVAL_MS,
      log: 'kafka',
      peer,
      jvm: taken.jvm,
      ...(bench.nodeArguments.length === 0 ? {} : { profiled: true }),
    },
    seed: SEED,
    warmUp,
    runs: rounds,
    samples: taken.turns,
    figures: figuresOf(taken.turns, FIGURES[what]),
    outputVerified: faults.length === 0,
    faults,
  }
}
