import { median, rounded } from '../measuring/percentiles.ts'
import type { PeerLine, Side, Turn } from './turns.ts'

/** Which fields of the observer's lines are reported, and which are set in relation. */
export interface FigureNames {
  /** Ours to the observer's. */
  readonly figures: Readonly<Record<string, string>>
  /** Name of a ratio, Orion to Kafka Streams, to one of `figures`. */
  readonly ratios: Readonly<Record<string, string>>
}

const CPU = {
  cpuSeconds: 'appCpuSec',
  brokerCpuSeconds: 'brokerCpuSec',
  otherCpuSeconds: 'otherCpuSec',
  peakRssMiB: 'peakRssMiB',
}

export const FIGURES = {
  throughput: {
    figures: { recordsPerSecond: 'recordsPerSec', ...CPU, outputs: 'outputs' },
    ratios: {
      timesAsFast: 'recordsPerSecond',
      timesTheCpu: 'cpuSeconds',
      timesTheBrokerCpu: 'brokerCpuSeconds',
    },
  },
  latency: {
    figures: {
      p50Ms: 'p50ms',
      p95Ms: 'p95ms',
      p99Ms: 'p99ms',
      maxMs: 'maxms',
      achievedRecordsPerSecond: 'achievedRate',
      generatorMaxLagMs: 'generatorMaxLagMs',
      generatorLateOver10Ms: 'generatorLateOver10ms',
      ...CPU,
    },
    ratios: { timesTheP50: 'p50Ms', timesTheP99: 'p99Ms', timesTheCpu: 'cpuSeconds' },
  },
  restore: {
    figures: {
      buildRecordsPerSecond: 'buildRecordsPerSec',
      keptStateRunningSeconds: 'keptStateRunningSec',
      keptStateCaughtUpSeconds: 'keptStateCaughtUpSec',
      keptStateCpuSeconds: 'keptStateCpuSec',
      wipedRunningSeconds: 'wipedRunningSec',
      wipedCaughtUpSeconds: 'wipedCaughtUpSec',
      wipedCpuSeconds: 'wipedCpuSec',
      peakRssMiB: 'peakRssMiB',
    },
    ratios: {
      timesTheKeptStart: 'keptStateCaughtUpSeconds',
      timesTheWipedStart: 'wipedCaughtUpSeconds',
      timesTheWipedCpu: 'wipedCpuSeconds',
    },
  },
} as const satisfies Record<string, FigureNames>

type Spread = Readonly<Record<'min' | 'max', number>>

/** Medians of each side, ratios of medians, and from where to where the rounds went; a ratio's spread is of the rounds' own ratios. */
export function figuresOf(
  turns: readonly Turn[],
  { figures, ratios }: FigureNames,
): Readonly<Record<string, unknown>> {
  const sides = [...new Set(turns.map(({ side }) => side))]
  const valuesOf = (side: Side, figure: string): readonly number[] =>
    turns
      .filter((turn) => turn.side === side)
      .map(({ line }) => numberIn(line, figures[figure] ?? figure))
  const overFigures = <T>(side: Side, of: (values: readonly number[]) => T): Record<string, T> =>
    Object.fromEntries(Object.keys(figures).map((figure) => [figure, of(valuesOf(side, figure))]))
  const overSides = <T>(of: (values: readonly number[]) => T): Record<string, Record<string, T>> =>
    Object.fromEntries(sides.map((side) => [side, overFigures(side, of)]))
  const compared = sides.length === 2 ? Object.entries(ratios) : []
  const ratioOf = (figure: string): number =>
    rounded(median(valuesOf('orion', figure)) / median(valuesOf('kafkaStreams', figure)))
  const ratiosOf = (figure: string): readonly number[] => {
    const peers = valuesOf('kafkaStreams', figure)
    return valuesOf('orion', figure).map((value, round) => value / (peers[round] ?? Number.NaN))
  }
  return {
    ...overSides((values) => rounded(median(values))),
    ...Object.fromEntries(compared.map(([name, figure]) => [name, ratioOf(figure)])),
    spread: {
      ...overSides(spreadOf),
      ...Object.fromEntries(compared.map(([name, figure]) => [name, spreadOf(ratiosOf(figure))])),
    },
  }
}

export function numberIn(line: PeerLine, field: string): number {
  const value = line[field]
  if (typeof value !== 'number') throw new Error(`the observer's line has no number ${field}`)
  return value
}

function spreadOf(values: readonly number[]): Spread {
  return { min: rounded(Math.min(...values)), max: rounded(Math.max(...values)) }
}
