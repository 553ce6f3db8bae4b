import type { Counter, Histogram, Metrics } from '../metrics.ts'
import { THREAD_TRANSITIONS, type ThreadStatus } from './thread-status.ts'

type Activity = 'fetch' | 'process' | 'commit'

/** What one stream thread is seen from. */
export interface ThreadReadings {
  status(): ThreadStatus
  activeTasks(): number
  standbyTasks(): number
}

/** The series of one stream thread; they go with it. */
export class ThreadMetrics {
  readonly polls: Counter
  readonly batchRecords: Histogram
  readonly tasksCreated: Counter
  readonly tasksClosed: Counter
  readonly #metrics: Metrics
  readonly #labels: { readonly application: string; readonly thread: string }
  readonly #busy: Readonly<Record<Activity, Counter>>

  constructor(metrics: Metrics, application: string, thread: string, readings: ThreadReadings) {
    this.#metrics = metrics
    this.#labels = { application, thread }
    const labels = this.#labels
    this.polls = metrics.counter('orion_thread_polls_total', 'Fetches taken by the thread.', labels)
    this.batchRecords = metrics.histogram(
      'orion_thread_poll_records',
      'Records of one fetch that brought some.',
      [1, 10, 100, 1_000, 10_000],
      labels,
    )
    this.tasksCreated = metrics.counter(
      'orion_thread_tasks_created_total',
      'Active tasks that the thread was given.',
      labels,
    )
    this.tasksClosed = metrics.counter(
      'orion_thread_tasks_closed_total',
      'Active tasks that the thread has given up or closed.',
      labels,
    )
    const busy = (activity: Activity) =>
      metrics.counter(
        'orion_thread_activity_ms_total',
        'Time that the thread spent on an activity, in ms: processing takes the thread, fetches and commits go on beside it.',
        { ...labels, activity },
      )
    this.#busy = { fetch: busy('fetch'), process: busy('process'), commit: busy('commit') }
    for (const [role, read] of [
      ['active', readings.activeTasks],
      ['standby', readings.standbyTasks],
    ] as const) {
      metrics.observe('orion_thread_tasks', 'Tasks of the thread.', { ...labels, role }, read)
    }
    for (const state of Object.keys(THREAD_TRANSITIONS)) {
      metrics.observe(
        'orion_thread_state',
        '1 for the state that the thread is in, 0 for the others.',
        { ...labels, state },
        () => (readings.status() === state ? 1 : 0),
      )
    }
  }

  spent(activity: Activity, elapsedMs: number): void {
    if (elapsedMs > 0) this.#busy[activity].add(elapsedMs)
  }

  remove(): void {
    this.#metrics.remove(this.#labels)
  }
}
