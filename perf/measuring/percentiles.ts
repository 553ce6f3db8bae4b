/** A distribution of samples, by nearest rank: every figure is a sample that occurred. */
export interface Distribution {
  readonly count: number
  readonly min: number
  readonly mean: number
  readonly p50: number
  readonly p90: number
  readonly p99: number
  readonly p999: number
  readonly max: number
}

/** @throws {RangeError} without samples: a percentile of nothing is no figure */
export function distribution(samples: Iterable<number>): Distribution {
  const sorted = Float64Array.from(samples).sort()
  if (sorted.length === 0) throw new RangeError('there are no samples')
  const at = (share: number): number =>
    rounded(sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] as number)
  return {
    count: sorted.length,
    min: at(0),
    mean: rounded(sorted.reduce((sum, sample) => sum + sample, 0) / sorted.length),
    p50: at(0.5),
    p90: at(0.9),
    p99: at(0.99),
    p999: at(0.999),
    max: at(1),
  }
}

/** Steps of 1 below 100, 10 below 1,000, 100 above: all samples in a form that a result file can hold. Keys are lower bounds. */
export function histogram(samples: Iterable<number>): Readonly<Record<string, number>> {
  const counts = new Map<number, number>()
  for (const sample of samples) {
    const step = sample < 100 ? 1 : sample < 1_000 ? 10 : 100
    const from = Math.floor(sample / step) * step
    counts.set(from, (counts.get(from) ?? 0) + 1)
  }
  return Object.fromEntries(
    [...counts].sort(([a], [b]) => a - b).map(([from, count]) => [String(from), count]),
  )
}

/** Of whole runs: what a regression gate compares. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  const upper = sorted[middle]
  if (upper === undefined) throw new RangeError('there are no values')
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] as number)) / 2
}

export function rounded(value: number): number {
  return Math.round(value * 1_000) / 1_000
}
