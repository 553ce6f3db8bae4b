import { StreamsError } from '../errors.ts'
import type { Cancellable, PunctuationType } from '../processor.ts'
import { PunctuationQueue } from './punctuation.ts'

/** Runs a punctuation of a node; attributes what fails in it to the node. */
export type NodePunctuator = (
  node: string,
  punctuate: (timestampMs: number) => void,
  timestampMs: number,
) => void

/** Everything that the nodes of a task have scheduled, by both kinds of time. */
export class TaskPunctuations {
  readonly streamTime = new PunctuationQueue('stream-time')
  readonly wallClock = new PunctuationQueue('wall-clock')
  readonly #taskId: string
  readonly #run: NodePunctuator

  constructor(taskId: string, run: NodePunctuator) {
    this.#taskId = taskId
    this.#run = run
  }

  /** Stream time: first at the first record. Wall clock: first when an interval is over. */
  schedule(
    node: string,
    options: {
      readonly intervalMs: number
      readonly type: PunctuationType
      readonly systemTimeMs: number
    },
    punctuate: (timestampMs: number) => void,
  ): Cancellable {
    const { intervalMs, type, systemTimeMs } = options
    if (!(intervalMs >= 1)) {
      throw new StreamsError(
        'STREAMS_INVALID_INTERVAL',
        `a punctuation every ${intervalMs} ms`,
        { node, taskId: this.#taskId },
        'Schedule with an interval of at least 1 ms.',
      )
    }
    const run = (callback: (timestampMs: number) => void, timestampMs: number) =>
      this.#run(node, callback, timestampMs)
    const scheduled =
      type === 'stream-time'
        ? this.streamTime.schedule({ firstDueMs: 0, intervalMs }, run, punctuate)
        : this.wallClock.schedule(
            { firstDueMs: systemTimeMs + intervalMs, intervalMs },
            run,
            punctuate,
          )
    return { ...scheduled, holdUntil: (ms) => scheduled.holdUntil(this.#moment(node, ms)) }
  }

  clear(): void {
    this.streamTime.clear()
    this.wallClock.clear()
  }

  /** Without an order among times the task would never sleep. */
  #moment(node: string, timestampMs: number): number {
    if (!Number.isNaN(timestampMs)) return timestampMs
    throw new StreamsError(
      'STREAMS_INVALID_INTERVAL',
      'a punctuation is held until NaN',
      { node, taskId: this.#taskId },
      'Hold it until a time in ms; Infinity is until told otherwise.',
    )
  }
}
