import type { Counter, Histogram, Metrics } from '../metrics.ts'
import type { PunctuationType } from '../processor.ts'
import { DroppedRecords } from './dropped-records.ts'
import type { RecordReceiver } from './task-host.ts'
import { UncommittedCounts } from './uncommitted-counts.ts'
import { UncommittedDrops } from './uncommitted-drops.ts'

const COMMIT_LATENCY_BUCKETS_MS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 5_000]

/** The series of one task. Counts of nodes are plain numbers on the hot path and are reported at commits. */
export class TaskMetrics {
  readonly records: Counter
  readonly commits: Counter
  readonly commitLatencyMs: Histogram
  readonly deadLetters: Counter
  readonly retries: Counter
  readonly rollbacks: Counter
  readonly dropped: UncommittedDrops
  readonly counts: UncommittedCounts
  readonly #metrics: Metrics
  readonly #labels: { readonly application: string; readonly task: string }
  readonly #nodes = new Map<string, Counter>()
  readonly #nodeTotals: Record<string, number> = {}
  #recordCacheHits: Counter | undefined
  #recordCacheHitsSaid = 0
  readonly #punctuations: Readonly<Record<PunctuationType, Counter>>

  constructor(metrics: Metrics, application: string, task: string) {
    this.#metrics = metrics
    const labels = { application, task }
    this.#labels = labels
    this.dropped = new UncommittedDrops(new DroppedRecords(metrics, labels))
    this.counts = new UncommittedCounts(metrics)
    this.records = metrics.counter(
      'orion_task_records_total',
      'Input records that the task has taken.',
      labels,
    )
    this.commits = metrics.counter('orion_task_commits_total', 'Commits of the task.', labels)
    this.commitLatencyMs = metrics.histogram(
      'orion_task_commit_latency_ms',
      'Time from the start of a commit to its end, in ms.',
      COMMIT_LATENCY_BUCKETS_MS,
      labels,
    )
    this.deadLetters = metrics.counter(
      'orion_task_dead_letters_total',
      'Records put on a dead-letter topic.',
      labels,
    )
    this.retries = metrics.counter(
      'orion_task_retries_total',
      'Failed attempts at records that are tried again.',
      labels,
    )
    this.rollbacks = metrics.counter(
      'orion_task_rollbacks_total',
      'Returns to the last commit, to take back what a failed record left behind.',
      labels,
    )
    const punctuations = (type: PunctuationType) =>
      metrics.counter('orion_task_punctuations_total', 'Punctuations run.', { ...labels, type })
    this.#punctuations = {
      'stream-time': punctuations('stream-time'),
      'wall-clock': punctuations('wall-clock'),
    }
  }

  punctuated(type: PunctuationType, count: number): void {
    this.#punctuations[type].add(count)
  }

  lag(topic: string, partition: number, read: () => number): void {
    this.#metrics.observe(
      'orion_task_input_lag_records',
      'Records between what the task has processed and the end of its input, as far as it is known.',
      { ...this.#labels, topic, partition: String(partition) },
      read,
    )
  }

  retryWaiting(read: () => number): void {
    this.#metrics.observe(
      'orion_task_retry_waiting',
      '1 while a record of the task waits for its next attempt, else 0.',
      this.#labels,
      read,
    )
  }

  /** Undefined: nothing was taken yet. */
  eventTimeLag(read: () => number | undefined): void {
    this.#metrics.observe(
      'orion_task_event_time_lag_ms',
      'Wall clock of the last batch less the largest event time that the task has seen, in ms; 0 before the first record.',
      this.#labels,
      () => read() ?? 0,
    )
  }

  recordCacheBytes(read: () => number): void {
    this.#metrics.observe(
      'orion_task_record_cache_bytes',
      'Estimated bytes of updates that wait in the record caches of a task, in bytes.',
      this.#labels,
      read,
    )
  }

  reportRecordCache({ hits }: { readonly hits: number }): void {
    if (hits === this.#recordCacheHitsSaid) return
    this.#recordCacheHits ??= this.#metrics.counter(
      'orion_task_record_cache_hits_total',
      'Updates that replaced a waiting one in a record cache, and so were not forwarded.',
      this.#labels,
    )
    this.#recordCacheHits.add(hits - this.#recordCacheHitsSaid)
    this.#recordCacheHitsSaid = hits
  }

  reportNodes(receivers: readonly RecordReceiver[]): void {
    for (const receiver of receivers) {
      const count = receiver.takeCount()
      if (count === 0) continue
      this.#nodeTotals[receiver.name] = (this.#nodeTotals[receiver.name] ?? 0) + count
      let counter = this.#nodes.get(receiver.name)
      if (counter === undefined) {
        counter = this.#metrics.counter(
          'orion_node_records_total',
          'Records that a node has taken.',
          { ...this.#labels, node: receiver.name },
        )
        this.#nodes.set(receiver.name, counter)
      }
      counter.add(count)
    }
  }

  /** Records that each node has taken since the task began, as of the last commit. */
  nodeTotals(): Readonly<Record<string, number>> {
    return this.#nodeTotals
  }

  remove(): void {
    this.#metrics.remove(this.#labels)
  }
}
