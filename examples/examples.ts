import { enrichmentJoin } from './enrichment-join.ts'
import type { Example } from './example.ts'
import { sessionisation } from './sessionisation.ts'
import { windowedAverage } from './windowed-average.ts'
import { wordCount } from './word-count.ts'

export const EXAMPLES: readonly Example[] = [
  wordCount,
  windowedAverage,
  enrichmentJoin,
  sessionisation,
]
