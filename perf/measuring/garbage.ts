import { constants, type PerformanceEntry, PerformanceObserver } from 'node:perf_hooks'

export interface GarbageFigures {
  readonly collections: number
  readonly seconds: number
  /** Longest pause. */
  readonly msMax: number
}

const KINDS: Readonly<Record<number, string>> = {
  [constants.NODE_PERFORMANCE_GC_MINOR]: 'minor',
  [constants.NODE_PERFORMANCE_GC_MAJOR]: 'major',
  [constants.NODE_PERFORMANCE_GC_INCREMENTAL]: 'incremental',
  [constants.NODE_PERFORMANCE_GC_WEAKCB]: 'weak',
}

/** Time that this process's main thread spends on collecting garbage, by kind. */
export class GarbageMeter {
  readonly #pauses = new Map<string, number[]>()
  readonly #observer = new PerformanceObserver((list) => this.#take(list.getEntries()))

  constructor() {
    this.#observer.observe({ entryTypes: ['gc'] })
  }

  reset(): void {
    this.#take(this.#observer.takeRecords())
    this.#pauses.clear()
  }

  read(): Readonly<Record<string, GarbageFigures>> {
    this.#take(this.#observer.takeRecords())
    return Object.fromEntries(
      [...this.#pauses].map(([kind, pauses]) => [
        kind,
        {
          collections: pauses.length,
          seconds: Math.round(pauses.reduce((sum, ms) => sum + ms, 0)) / 1_000,
          msMax: Math.round(pauses.reduce((most, ms) => Math.max(most, ms), 0)),
        },
      ]),
    )
  }

  #take(entries: readonly (PerformanceEntry & { readonly detail?: unknown })[]): void {
    for (const { detail, duration } of entries) {
      const { kind = 0 } = (detail ?? {}) as { readonly kind?: number }
      const name = KINDS[kind] ?? 'other'
      const pauses = this.#pauses.get(name)
      if (pauses === undefined) this.#pauses.set(name, [duration])
      else pauses.push(duration)
    }
  }
}
