import { type Metrics, noMetrics } from '#streams'
import { type Distribution, distribution } from './percentiles.ts'

export interface CommitFigures {
  readonly commits: number
  readonly commitMs: Distribution | undefined
}

/** Listens to the runtime's own counters: how often tasks commit, and how long that takes. */
export class CommitMetrics implements Metrics {
  readonly gauge = noMetrics.gauge
  readonly observe = noMetrics.observe
  readonly remove = noMetrics.remove
  #latencies: number[] = []

  counter: Metrics['counter'] = () => noMetrics.counter('', '')

  histogram: Metrics['histogram'] = (name) =>
    name === 'orion_task_commit_latency_ms'
      ? { observe: (value) => this.#latencies.push(value) }
      : noMetrics.histogram('', '', [])

  reset(): void {
    this.#latencies = []
  }

  figures(): CommitFigures {
    return {
      commits: this.#latencies.length,
      commitMs: this.#latencies.length === 0 ? undefined : distribution(this.#latencies),
    }
  }
}
