import type { StreamsError } from '#streams'
import type { Machine } from '../machine.ts'
import type { SeededRandom } from '../random.ts'
import type { Scheduler } from '../scheduler.ts'
import type { Trace } from '../trace.ts'
import { unavailable } from './errors.ts'

/** Parts of the log that can be away on their own. */
export type Service = 'admin' | 'data' | 'groups' | 'transactions'

export interface NetworkFaults {
  /** Of requests, and of answers, that are lost and asked for again. */
  readonly loss: number
  /** Of requests that arrive twice. */
  readonly duplicates: number
  /** Of calls that the client gives up: carried out before, later, or not at all. */
  readonly givenUp: number
  /** Of messages that take up to `slowMs`. */
  readonly slow: number
  readonly slowMs: number
}

export const QUIET: NetworkFaults = { loss: 0, duplicates: 0, givenUp: 0, slow: 0, slowMs: 0 }

export interface CallOptions {
  /** What the caller gets when nobody knows what came of it. */
  readonly unknown?: (what: string) => StreamsError
  /** Whether it may be carried out after the caller gave it up. */
  readonly straggles?: boolean
  readonly isRead?: boolean
  /** Whether the client may send it again before the first one is answered. */
  readonly repeats?: boolean
}

const RETRY_MS = 60
const LATENCY_MS = 1.5

/** Everything between a process and the log: every request and answer is an event at a time of its own. */
export class Network {
  faults: NetworkFaults = QUIET
  readonly away = new Set<Service>()
  /** How long a client tries before it says that the log is away. */
  retryForMs = 1_000
  readonly #scheduler: Scheduler
  readonly #random: SeededRandom
  readonly #trace: Trace

  constructor(scheduler: Scheduler, random: SeededRandom, trace: Trace) {
    this.#scheduler = scheduler
    this.#random = random
    this.#trace = trace
  }

  /** `apply` runs at the log, perhaps more than once, perhaps never. A dead caller never learns anything. */
  call<T>(
    machine: Machine,
    to: Service,
    what: string,
    apply: () => T | Promise<T>,
    options: CallOptions = {},
  ): Promise<T> {
    return new Promise((resolve, reject) => {
      if (!machine.isAlive) return
      const untilMs = this.#scheduler.nowMs + this.retryForMs
      let isAnswered = false
      const settle = (how: () => void) =>
        machine.deliver(() => {
          if (isAnswered) return
          isAnswered = true
          how()
        })
      const giveUp = (afterMs: number) =>
        this.#scheduler.after(afterMs, () => {
          const error = (options.unknown ?? unavailable)(`${what} of ${machine.name}`)
          settle(() => reject(error))
        })
      const perform = (answers: boolean) => {
        const answer = (how: () => void) => {
          if (answers) this.#scheduler.after(this.#latencyMs(), () => settle(how))
        }
        this.#perform(apply, {
          resolve: (value) => answer(() => resolve(value)),
          reject: (error) => answer(() => reject(error)),
        })
      }
      const again = () =>
        this.#scheduler.after(RETRY_MS * (1 + this.#random.next()), () =>
          machine.deliver(() => {
            if (isAnswered) return
            if (this.#scheduler.nowMs >= untilMs) giveUp(0)
            else attempt()
          }),
        )
      const attempt = () => {
        const fate = this.#fate(options)
        if (fate !== 'delivered') this.#trace.add(`${machine.name} ${what}: ${fate}`)
        this.#scheduler.after(this.#latencyMs(), () => {
          if (this.away.has(to)) {
            again()
            return
          }
          switch (fate) {
            case 'delivered':
              perform(true)
              break
            case 'request lost':
              again()
              break
            case 'answer lost':
              perform(false)
              again()
              break
            case 'delivered twice':
              perform(true)
              this.#scheduler.after(this.#latencyMs(), () => perform(false))
              break
            case 'given up, carried out':
              perform(false)
              giveUp(RETRY_MS)
              break
            case 'given up, carried out later':
              giveUp(RETRY_MS)
              this.#scheduler.after(RETRY_MS * (1 + this.#random.next() * 3), () => perform(false))
              break
            case 'given up':
              giveUp(RETRY_MS)
              break
          }
        })
      }
      attempt()
    })
  }

  latencyMs(): number {
    return this.#latencyMs()
  }

  #perform<T>(
    apply: () => T | Promise<T>,
    { resolve, reject }: { resolve: (value: T) => void; reject: (error: unknown) => void },
  ): void {
    try {
      const result = apply()
      if (result instanceof Promise) result.then(resolve, reject)
      else resolve(result)
    } catch (error) {
      reject(error)
    }
  }

  #latencyMs(): number {
    const { slow, slowMs } = this.faults
    const base = this.#random.next() * LATENCY_MS
    return slow > 0 && this.#random.chance(slow) ? base + this.#random.next() * slowMs : base
  }

  #fate({ straggles = false, isRead = false, repeats = true }: CallOptions) {
    const { loss, duplicates, givenUp } = this.faults
    const draw = this.#random.next()
    const lost = draw < loss
    if (lost) return draw < loss / 2 ? 'request lost' : 'answer lost'
    if (isRead) return draw < loss + givenUp / 8 ? 'given up' : 'delivered'
    if (draw < loss + duplicates) return repeats ? 'delivered twice' : 'delivered'
    if (draw >= loss + duplicates + givenUp) return 'delivered'
    const kind = this.#random.below(straggles ? 3 : 2)
    if (kind === 0) return 'given up'
    return kind === 1 ? 'given up, carried out' : 'given up, carried out later'
  }
}
