import type { ProcessorMetrics } from '#streams'
import { type CountUnder, countBy } from '../metrics/count-by.ts'

/** What becomes of an accepted quote: a trade, nothing where it has one, or a dead letter. */
export type Execution = 'executed' | 'repeated' | 'refused'

export function executionCounts(metrics: ProcessorMetrics): CountUnder<Execution> {
  return countBy(metrics, {
    name: 'orion_execution_trades_total',
    help: 'Accepted quotes, by what became of them.',
    label: 'outcome',
    values: ['executed', 'repeated', 'refused'],
  })
}
