import type { Clock } from '../clock.ts'
import type { FetchedBatch, GroupConsumer } from '../log/log.ts'
import type { ActiveTask } from './active-task.ts'

export interface PolledBatches {
  /** Then there are no batches. */
  readonly failure?: { readonly error: unknown }
  readonly batches: readonly FetchedBatch[]
  /** Whether the task has sought since the poll began: its batches may be from before that. */
  soughtSince(task: ActiveTask): boolean
}

const NOTHING: PolledBatches = { batches: [], soughtSince: () => false }

/** The one poll that goes on beside a thread's other work. */
export class PendingPoll {
  readonly #clock: Clock
  readonly #onEnd: (elapsedMs: number) => void
  #isUnderWay = false
  #polled: PolledBatches = NOTHING

  constructor(clock: Clock, onEnd: (elapsedMs: number) => void) {
    this.#clock = clock
    this.#onEnd = onEnd
  }

  /** Whether one may start: none is under way, and what the last one brought was taken. */
  get isIdle(): boolean {
    return !this.#isUnderWay && this.#polled === NOTHING
  }

  start(
    consumer: GroupConsumer,
    tasks: Iterable<ActiveTask>,
    options: { readonly maxWaitMs: number; readonly recordsMax: number },
  ): void {
    this.#isUnderWay = true
    const startMs = this.#clock.monotonicMs()
    const before = new Map([...tasks].map((task) => [task, task.repositions]))
    consumer
      .poll(options)
      .then((batches) => {
        this.#polled = { batches, soughtSince: (task) => before.get(task) !== task.repositions }
      })
      .catch((error: unknown) => {
        this.#polled = { ...NOTHING, failure: { error } }
      })
      .finally(() => {
        this.#isUnderWay = false
        this.#onEnd(this.#clock.monotonicMs() - startMs)
      })
  }

  /** What came of the last poll; nothing the second time. */
  take(): PolledBatches {
    const polled = this.#polled
    this.#polled = NOTHING
    return polled
  }
}
