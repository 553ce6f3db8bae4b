/**
 * Counts of values in buckets whose borders grow by a fixed factor, so that a quantile is told from a bounded number of counts. The same
 * values give the same counts in any order, and sketches of parts add up to the sketch of the whole.
 *
 * Error: each order statistic is told within 1 % of its size (`SKETCH_ACCURACY`) between 0.001 and 1e9, and so is what is interpolated between
 * two. What is smaller counts as 0, what is larger as 1e9. Count, sum, least and greatest value are exact.
 */
export interface QuantileSketch {
  readonly count: number
  readonly sum: number
  /** 0 of nothing. */
  readonly min: number
  readonly max: number
  /** Values below the least bucket. */
  readonly zeros: number
  /** Buckets with values, rising; at most 1,383. */
  readonly buckets: readonly number[]
  /** Of each of them. */
  readonly counts: readonly number[]
}

export const SKETCH_ACCURACY = 0.01
const GROWTH = (1 + SKETCH_ACCURACY) / (1 - SKETCH_ACCURACY)
const LN_GROWTH = Math.log(GROWTH)
const VALUE_MIN = 1e-3
const VALUE_MAX = 1e9

export const NO_VALUES: QuantileSketch = {
  count: 0,
  sum: 0,
  min: 0,
  max: 0,
  zeros: 0,
  buckets: [],
  counts: [],
}

/** With one value more. Values are not negative: less counts as 0. */
export function withValue(sketch: QuantileSketch, value: number): QuantileSketch {
  const counted = Math.max(0, value)
  const isZero = counted < VALUE_MIN
  return mergeSketches(sketch, {
    count: 1,
    sum: counted,
    min: counted,
    max: counted,
    zeros: isZero ? 1 : 0,
    buckets: isZero ? [] : [bucketOf(counted)],
    counts: isZero ? [] : [1],
  })
}

export function mergeSketches(a: QuantileSketch, b: QuantileSketch): QuantileSketch {
  if (a.count === 0) return b
  if (b.count === 0) return a
  const buckets: number[] = []
  const counts: number[] = []
  for (let i = 0, j = 0; i < a.buckets.length || j < b.buckets.length; ) {
    const left = a.buckets[i] ?? Number.POSITIVE_INFINITY
    const right = b.buckets[j] ?? Number.POSITIVE_INFINITY
    buckets.push(Math.min(left, right))
    counts.push((left <= right ? (a.counts[i] ?? 0) : 0) + (right <= left ? (b.counts[j] ?? 0) : 0))
    if (left <= right) i += 1
    if (right <= left) j += 1
  }
  return {
    count: a.count + b.count,
    sum: a.sum + b.sum,
    min: Math.min(a.min, b.min),
    max: Math.max(a.max, b.max),
    zeros: a.zeros + b.zeros,
    buckets,
    counts,
  }
}

/** As `quantile`, within the sketch's error; null of nothing. */
export function quantileOf(sketch: QuantileSketch, q: number): number | null {
  if (sketch.count === 0) return null
  const place = (sketch.count - 1) * q
  const below = orderStatistic(sketch, Math.floor(place))
  const above = orderStatistic(sketch, Math.ceil(place))
  return below + (above - below) * (place - Math.floor(place))
}

export function meanOf({ count, sum }: QuantileSketch): number | null {
  return count === 0 ? null : sum / count
}

/** Value number `index` from the least, from 0. */
function orderStatistic(sketch: QuantileSketch, index: number): number {
  if (index === 0) return sketch.min
  if (index === sketch.count - 1) return sketch.max
  let passed = sketch.zeros
  if (index < passed) return sketch.min
  for (const [place, bucket] of sketch.buckets.entries()) {
    passed += sketch.counts[place] ?? 0
    if (index < passed) return Math.min(sketch.max, Math.max(sketch.min, middleOf(bucket)))
  }
  return sketch.max
}

function bucketOf(value: number): number {
  return Math.ceil(Math.log(Math.min(value, VALUE_MAX)) / LN_GROWTH)
}

/** Equally far, in proportion, from both borders. */
function middleOf(bucket: number): number {
  return (2 * GROWTH ** bucket) / (GROWTH + 1)
}
