import type { QualityFlag } from '#avro'
import type { Quality } from '../protocol.ts'

/** Worst first: a price that is wrong, then one that is old or partial, then one that is soft. */
const WORST_FIRST: readonly QualityFlag[] = [
  'CROSSED',
  'SUSPICIOUS',
  'LATE',
  'ONE_SIDED',
  'INDICATIVE',
  'UNKNOWN',
]

/** One word for a screen: GOOD, or the worst of the flags. */
export function qualityOf(flags: readonly QualityFlag[]): Quality {
  if (flags.length === 0) return 'GOOD'
  return WORST_FIRST.find((flag) => flags.includes(flag)) ?? 'UNKNOWN'
}
