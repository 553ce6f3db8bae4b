import type { Process } from './candidates.ts'

/** What every process holds of every task, as they told: who runs it, who stands by, who would have to restore how much. */
export class RecoveryLag {
  readonly #acceptableLag: number
  readonly #ends = new Map<string, number>()
  readonly #positions = new Map<string, Map<string, number>>()
  readonly #owners = new Map<string, Set<string>>()
  readonly #running = new Map<string, Set<string>>()
  readonly #standbys = new Map<string, Set<string>>()

  constructor(processes: readonly Process[], acceptableLag: number) {
    this.#acceptableLag = acceptableLag
    for (const { processId, threads } of processes) {
      for (const { held } of threads) {
        for (const taskId of held.active) {
          add(this.#owners, taskId, processId)
          if (!held.restoring.includes(taskId)) add(this.#running, taskId, processId)
        }
        for (const taskId of held.standby) add(this.#standbys, taskId, processId)
        for (const [taskId, { position, end }] of held.stored) {
          this.#ends.set(taskId, Math.max(this.#ends.get(taskId) ?? 0, end))
          const positions = this.#positions.get(taskId) ?? new Map<string, number>()
          this.#positions.set(taskId, positions)
          positions.set(processId, Math.max(positions.get(processId) ?? 0, position))
        }
      }
    }
  }

  /** Changelog records that the process would have to restore: the largest end that anyone knows, less its own position. */
  of(taskId: string, processId: string): number {
    if (this.#running.get(taskId)?.has(processId) === true) return 0
    const position = this.#positions.get(taskId)?.get(processId) ?? 0
    return Math.max(0, (this.#ends.get(taskId) ?? 0) - position)
  }

  isCaughtUp(taskId: string, processId: string): boolean {
    return this.of(taskId, processId) <= this.#acceptableLag
  }

  /** Whether it runs the task, restored or not. */
  owns(taskId: string, processId: string): boolean {
    return this.#owners.get(taskId)?.has(processId) === true
  }

  standsBy(taskId: string, processId: string): boolean {
    return this.#standbys.get(taskId)?.has(processId) === true
  }

  stores(taskId: string, processId: string): boolean {
    return this.#positions.get(taskId)?.has(processId) === true
  }
}

function add(sets: Map<string, Set<string>>, key: string, value: string): void {
  const values = sets.get(key) ?? new Set<string>()
  sets.set(key, values)
  values.add(value)
}
