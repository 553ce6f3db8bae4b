import type { Log } from '../log/log.ts'
import { logTrouble } from '../log-trouble.ts'
import type { Logger } from '../logger.ts'
import type { Timers } from '../timers.ts'
import type { ActiveTask } from './active-task.ts'

export interface RepartitionPurgeOptions {
  readonly topics: readonly string[]
  /** Records kept behind what was committed. */
  readonly keptRecords: number
  readonly log: Log
  readonly logger: Logger
  readonly timers: Timers
  /** All local ones, now. */
  readonly tasks: () => readonly ActiveTask[]
}

const INTERVAL_MS = 30_000

/** Repartition topics have no retention: what every reader has passed is deleted, but for a horizon. */
export class RepartitionPurge {
  readonly #options: RepartitionPurgeOptions
  #cancel: (() => void) | undefined

  constructor(options: RepartitionPurgeOptions) {
    this.#options = options
  }

  start(): void {
    if (this.#options.topics.length === 0) return
    this.#cancel = this.#options.timers.after(INTERVAL_MS, () => {
      this.start()
      void this.#purge()
    })
  }

  stop(): void {
    this.#cancel?.()
  }

  async #purge(): Promise<void> {
    const { log, logger, keptRecords } = this.#options
    const topics = new Set(this.#options.topics)
    const positions = this.#options
      .tasks()
      .flatMap(({ task }) => task?.committedPositions() ?? [])
      .filter(({ topic, offset }) => topics.has(topic) && offset > keptRecords)
      .map((at) => ({ ...at, offset: at.offset - keptRecords }))
    if (positions.length === 0) return
    try {
      await log.admin.truncate(positions)
    } catch (error) {
      const level = logTrouble(error) === 'begin-again' ? 'info' : 'warn'
      logger[level](
        { error: String(error) },
        'repartition topics were not truncated; tried again later',
      )
    }
  }
}
