import type { StoreDatabase } from '#streams'
import { keyAfter } from '../bytes.ts'

/** Some milliseconds. */
const ENTRIES_PER_CALL = 2_000

/**
 * Bytes of a keyspace's entries, found by walking through it a little with each call: the binding does not expose
 * RocksDB's estimate for a range. The figure is that of the last whole walk, or what the first has met so far.
 */
export class SizeSurvey {
  readonly #database: Pick<StoreDatabase, 'scan'>
  readonly #keyspace: string
  #from: Uint8Array | undefined
  #walkedBytes = 0
  #lastWholeBytes = 0

  constructor(database: Pick<StoreDatabase, 'scan'>, keyspace: string) {
    this.#database = database
    this.#keyspace = keyspace
  }

  next(): number {
    let met = 0
    let last: Uint8Array | undefined
    const from = this.#from
    const range = { ...(from && { from }), limit: ENTRIES_PER_CALL }
    for (const { key, value } of this.#database.scan(this.#keyspace, range)) {
      this.#walkedBytes += key.length + value.length
      met += 1
      last = key
    }
    if (met === ENTRIES_PER_CALL && last !== undefined) {
      this.#from = keyAfter(last)
      return Math.max(this.#lastWholeBytes, this.#walkedBytes)
    }
    this.#lastWholeBytes = this.#walkedBytes
    this.#walkedBytes = 0
    this.#from = undefined
    return this.#lastWholeBytes
  }
}
