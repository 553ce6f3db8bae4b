import { Backoff } from './backoff.ts'
import { StreamsError } from './errors.ts'
import type { Logger } from './logger.ts'
import type { Timers } from './timers.ts'

const FIRST_MS = 100
const LONGEST_MS = 5_000

/** Whether a registry gave no answer, so that asking again helps. A refusal is an answer. */
export function isRegistryAway(error: unknown): boolean {
  return error instanceof StreamsError && error.code === 'REGISTRY_UNAVAILABLE'
}

export interface RegistryWaitOptions {
  /** Who waits, for the log. */
  readonly place: Readonly<Record<string, string>>
  readonly logger: Logger
  readonly timers: Timers
}

/** Repeats a call for as long as the schema registry is away. One line in the log when it goes and one when it answers again. */
export class RegistryWait {
  readonly #options: RegistryWaitOptions
  readonly #backoff: Backoff
  #ended = false

  constructor(options: RegistryWaitOptions) {
    this.#options = options
    this.#backoff = new Backoff({
      firstMs: FIRST_MS,
      longestMs: LONGEST_MS,
      timers: options.timers,
    })
  }

  /**
   * @returns whether the registry answered; false when `end` came first
   * @throws what the call throws otherwise, and REGISTRY_UNAVAILABLE once `mayWait` says no
   */
  async call(
    action: () => Promise<void> | undefined,
    mayWait: () => boolean = () => true,
  ): Promise<boolean> {
    const { place, logger } = this.#options
    for (let attempt = 1; !this.#ended; attempt++) {
      try {
        await action()
        if (attempt > 1) logger.info(place, 'the schema registry answers again')
        this.#backoff.reset()
        return true
      } catch (error) {
        if (!isRegistryAway(error) || !mayWait()) throw error
        if (attempt === 1)
          logger.warn(
            { ...place, error: String(error) },
            'the schema registry does not answer: asking again until it does',
          )
      }
      await this.#backoff.wait()
    }
    return false
  }

  /** Ends the wait that is under way, and all later ones at once. */
  end(): void {
    this.#ended = true
    this.#backoff.end()
  }
}
