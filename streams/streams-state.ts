import { StreamsError } from './errors.ts'
import type { Logger } from './logger.ts'
import { nextStreamsStatus, type StreamsInput, type StreamsStatus } from './streams-status.ts'

export type StateListener = (state: StreamsStatus, before: StreamsStatus) => void

/** The state of an instance, and who wants to know of it. */
export class StreamsState {
  readonly #logger: Logger
  readonly #listeners = new Set<StateListener>()
  #status: StreamsStatus = 'CREATED'
  /** What put the application into ERROR. */
  error: unknown

  constructor(logger: Logger) {
    this.#logger = logger
  }

  get status(): StreamsStatus {
    return this.#status
  }

  /** Whether threads run. */
  get isLive(): boolean {
    return this.#status === 'REBALANCING' || this.#status === 'RUNNING'
  }

  may(input: StreamsInput): boolean {
    return nextStreamsStatus(this.#status, input) !== undefined
  }

  /** @throws {StreamsError} STREAMS_INVALID_STATE */
  move(input: StreamsInput): void {
    const before = this.#status
    const next = nextStreamsStatus(before, input)
    if (next === undefined) {
      throw new StreamsError(
        'STREAMS_INVALID_STATE',
        `the application is ${before} and cannot ${input}`,
        {},
        'Start it once; make a new one to start again.',
      )
    }
    this.#status = next
    if (next === before) return
    this.#logger.info({ state: next, before }, 'the application changed its state')
    for (const listener of [...this.#listeners]) listener(next, before)
  }

  listen(listener: StateListener): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Resolves when the application is in this state. @throws what stopped it, when it ends in another one */
  async reached(wanted: StreamsStatus): Promise<void> {
    if (this.#status === wanted) return
    await new Promise<void>((resolve, reject) => {
      const remove = this.listen((state) => {
        const ended = state === 'ERROR' || state === 'NOT_RUNNING'
        if (state !== wanted && !ended) return
        remove()
        if (state === wanted) resolve()
        else reject(this.error ?? new Error(`the application is ${state}`))
      })
    })
  }
}
