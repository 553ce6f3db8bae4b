import { ClickHouseError } from './clickhouse-error.ts'

export interface QueryLaneOptions {
  readonly name: string
  readonly runningMax: number
  readonly waitingMax: number
  readonly waitMsMax: number
  /** Running and waiting together, of one owner. */
  readonly perOwnerMax: number
}

interface Waiting {
  readonly start: () => void
  readonly timer: NodeJS.Timeout
}

/** Lets few statements run at once and few wait, each for a bounded time; refuses the rest with ClickHouse's code 202. */
export class QueryLane {
  readonly #options: QueryLaneOptions
  readonly #waiting: Waiting[] = []
  readonly #owners = new Map<string, number>()
  #running = 0

  constructor(options: QueryLaneOptions) {
    this.#options = options
  }

  async run<T>(owner: string, work: () => Promise<T>): Promise<T> {
    const mine = this.#owners.get(owner) ?? 0
    if (mine >= this.#options.perOwnerMax || this.#waiting.length >= this.#options.waitingMax) {
      throw this.#refusal('are running or waiting')
    }
    this.#owners.set(owner, mine + 1)
    try {
      if (this.#running >= this.#options.runningMax) await this.#wait()
      this.#running += 1
      try {
        return await work()
      } finally {
        this.#running -= 1
        const next = this.#waiting.shift()
        if (next !== undefined) {
          clearTimeout(next.timer)
          next.start()
        }
      }
    } finally {
      const left = (this.#owners.get(owner) ?? 1) - 1
      if (left === 0) this.#owners.delete(owner)
      else this.#owners.set(owner, left)
    }
  }

  #wait(): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        const index = this.#waiting.indexOf(waiting)
        if (index >= 0) this.#waiting.splice(index, 1)
        reject(this.#refusal(`ran for ${this.#options.waitMsMax} ms`))
      }, this.#options.waitMsMax)
      const waiting: Waiting = { start: resolve, timer }
      this.#waiting.push(waiting)
    })
  }

  #refusal(why: string): ClickHouseError {
    return new ClickHouseError(
      202,
      `Too many simultaneous ${this.#options.name} ${why}. Try again later`,
    )
  }
}
