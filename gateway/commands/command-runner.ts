import type { Clock, Metrics } from '#streams'
import type { EventWrite, EventWriter } from './event-writer.ts'
import { refuseReusedKey } from './idempotency.ts'
import type { Outcomes } from './outcomes.ts'

export interface Command {
  /** Of a metric: `create-rfq`. */
  readonly name: string
  readonly commandId: string
  readonly requestDigest: string
  readonly write: EventWrite
  /** Refuses, by throwing, what may not be written now; a command that was written before is answered all the same. */
  readonly guard?: () => void
}

export interface CommandRunnerOptions<T> {
  readonly writer: EventWriter
  readonly outcomes: Outcomes<T>
  /** Digest of the request that a command was first written with, as the log says. */
  readonly digestOf: (commandId: string) => string | undefined
  readonly isRefusal: (outcome: T) => boolean
  readonly waitMs: number
  readonly clock: Clock
  readonly metrics: Metrics
}

const BUCKETS_S = [0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2, 5]

/**
 * Writes a command and waits for its outcome. One whose outcome is known is not written again; the same command at the same time is written once by
 * each request, and done once by its topology.
 */
export class CommandRunner<T> {
  readonly #options: CommandRunnerOptions<T>
  /** Digests of what is under way here. */
  readonly #underWay = new Map<string, { readonly digest: string; requests: number }>()

  constructor(options: CommandRunnerOptions<T>) {
    this.#options = options
    options.metrics.observe(
      'orion_gateway_commands_waiting',
      'Commands that wait for their outcome.',
      {},
      () => this.#underWay.size,
    )
  }

  /** The outcome; undefined when it is not known in time. @throws {ProblemError} 422 for a key that stands for another request, 503 */
  async run(command: Command): Promise<T | undefined> {
    const { clock, isRefusal, outcomes } = this.#options
    const { commandId, name, requestDigest: digest } = command
    this.#refuseOther(commandId, digest)
    const known = outcomes.get(commandId)
    if (known !== undefined && this.#options.digestOf(commandId) !== undefined) return known
    command.guard?.()
    const startedMs = clock.monotonicMs()
    const underWay = this.#underWay.get(commandId) ?? { digest, requests: 0 }
    underWay.requests += 1
    this.#underWay.set(commandId, underWay)
    let result: 'done' | 'refused' | 'late' | 'failed' = 'failed'
    try {
      await this.#options.writer.write([command.write])
      const outcome = await outcomes.awaitOutcome(commandId, this.#options.waitMs)
      // Another gateway may have taken the same key for another request meanwhile.
      this.#refuseOther(commandId, digest)
      result = outcome === undefined ? 'late' : isRefusal(outcome) ? 'refused' : 'done'
      return outcome
    } finally {
      underWay.requests -= 1
      if (underWay.requests === 0) this.#underWay.delete(commandId)
      this.#options.metrics
        .histogram(
          'orion_gateway_command_seconds',
          'Time from a command to its outcome in the view, in s.',
          BUCKETS_S,
          { command: name, outcome: result },
        )
        .observe((clock.monotonicMs() - startedMs) / 1000)
    }
  }

  #refuseOther(commandId: string, digest: string): void {
    const first =
      this.#options.digestOf(commandId) ?? this.#underWay.get(commandId)?.digest ?? digest
    if (first !== digest) refuseReusedKey()
  }
}
