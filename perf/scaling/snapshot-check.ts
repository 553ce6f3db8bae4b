import { keyNumberOf } from './snapshot-work.ts'

const FAULTS_MAX = 10

/**
 * Whether each tick had its effect once and in order: the counts of a key go up by one, its ticks come by number, each under its own key, and
 * there are as many updates as ticks.
 */
export class SnapshotCheck {
  readonly faults: string[] = []
  readonly #records: number
  readonly #keys: number
  readonly #counts: Uint32Array
  readonly #last: Float64Array
  #updates = 0

  constructor({ records, keys }: { readonly records: number; readonly keys: number }) {
    this.#records = records
    this.#keys = keys
    this.#counts = new Uint32Array(keys)
    this.#last = new Float64Array(keys).fill(-1)
  }

  take(key: string, { count, seq }: { readonly count: number; readonly seq: number }): void {
    this.#updates += 1
    const number = keyNumberOf(seq, this.#keys)
    if (key !== `I${number}`) {
      this.#fault(`tick ${seq} came under ${key}`)
      return
    }
    const before = this.#counts[number] ?? 0
    const last = this.#last[number] ?? -1
    if (count !== before + 1) this.#fault(`${key}: count ${count} after ${before}`)
    if (seq <= last) this.#fault(`${key}: tick ${seq} after ${last}`)
    this.#counts[number] = count
    this.#last[number] = seq
  }

  /** All updates have been taken. */
  end(): readonly string[] {
    if (this.#updates !== this.#records)
      this.#fault(`${this.#updates} updates of ${this.#records} ticks`)
    return this.faults
  }

  #fault(what: string): void {
    if (this.faults.length < FAULTS_MAX) this.faults.push(what)
  }
}
