import { hash } from 'node:crypto'
import type { StoreChecksum } from '#streams'
import type { LogRecord } from '#streams/log'
import { ARRIVAL_ORDERED_STORES, orderOf } from './payments-topology.ts'

/** What a run of the application left: by topic and partition, committed. */
export interface Left {
  readonly paid: readonly (readonly LogRecord[])[]
  readonly totals: readonly (readonly LogRecord[])[]
  readonly stores: readonly StoreChecksum[]
}

export interface Verdict {
  /** Orders that an output does not tell. */
  readonly lost: number
  /** Records of an output beyond one an order. */
  readonly duplicated: number
  /** Parts of stores that differ from the fold of their changelog, from the restored ones, or from those of the calm run. */
  readonly storesDifferent: number
  /** Everything that is wrong, in words. */
  readonly faults: readonly string[]
}

const FAULTS_MAX = 40

export class Judge {
  readonly #faults: string[] = []
  #lost = 0
  #duplicated = 0
  #storesDifferent = 0

  /** The feeder's own part: an input that is lost or doubled would be no fault of the application. */
  inputs(name: string, records: readonly LogRecord[], expected: number): void {
    const seen = new Set<string>()
    for (const { key } of records) {
      const id = text(key)
      if (seen.has(id)) this.#fault(`input ${name}: ${id} is there twice`)
      seen.add(id)
    }
    if (seen.size !== expected)
      this.#fault(`input ${name}: ${seen.size} records, ${expected} were acknowledged`)
  }

  outputs(run: string, { paid, totals }: Left, orders: number): void {
    this.#paid(run, paid.flat(), orders)
    this.#totals(run, totals, orders)
  }

  stores(what: string, found: readonly StoreChecksum[], expected: readonly StoreChecksum[]): void {
    const byPart = partsOf(expected)
    const own = partsOf(found)
    if (own.size !== found.length) this.#different(`${what}: a part of a store is held twice`)
    for (const [part, digest] of byPart) {
      const mine = own.get(part)
      if (mine !== digest)
        this.#different(`${what}: ${part} is ${mine ?? 'missing'}, not ${digest}`)
    }
    if (own.size !== byPart.size)
      this.#different(`${what}: ${own.size} parts of stores, not ${byPart.size}`)
  }

  fault(what: string): void {
    this.#fault(what)
  }

  get verdict(): Verdict {
    return {
      lost: this.#lost,
      duplicated: this.#duplicated,
      storesDifferent: this.#storesDifferent,
      faults: this.#faults,
    }
  }

  #paid(run: string, records: readonly LogRecord[], orders: number): void {
    const times = new Map<string, number>()
    for (const { key, value } of records) {
      const [id = '', account, amount] = text(value).split(' ')
      const order = orderOf(Number(id.slice('order-'.length)))
      if (account !== order.account || Number(amount) !== order.amount || text(key) !== account)
        this.#fault(`${run}: ${id} is told as ${text(key)}=${text(value)}`)
      times.set(id, (times.get(id) ?? 0) + 1)
    }
    for (let number = 0; number < orders; number += 1) {
      const { id } = orderOf(number)
      const told = times.get(id) ?? 0
      if (told === 0) this.#count('lost', `${run}: ${id} is lost`)
      if (told > 1) this.#count('duplicated', `${run}: ${id} is told ${told} times`)
    }
    if (times.size > orders)
      this.#fault(`${run}: ${times.size} orders are told, ${orders} were sent`)
  }

  /** The totals of an account count up by one, from one to its orders. */
  #totals(run: string, partitions: readonly (readonly LogRecord[])[], orders: number): void {
    const reached = new Map<string, { count: number; sum: number }>()
    for (const { key, value } of partitions.flat()) {
      const account = text(key)
      const [count = 0, sum = 0] = text(value).split(' ').map(Number)
      const before = reached.get(account) ?? { count: 0, sum: 0 }
      if (count <= before.count)
        this.#count('duplicated', `${run}: total ${count} of ${account} after ${before.count}`)
      if (count > before.count + 1)
        this.#count('lost', `${run}: total ${count} of ${account} after ${before.count}`)
      reached.set(account, { count, sum })
    }
    const expected = new Map<string, { count: number; sum: number }>()
    for (let number = 0; number < orders; number += 1) {
      const { account, amount } = orderOf(number)
      const { count, sum } = expected.get(account) ?? { count: 0, sum: 0 }
      expected.set(account, { count: count + 1, sum: sum + amount })
    }
    for (const [account, { count, sum }] of expected) {
      const last = reached.get(account)
      if (last?.count === count && last.sum === sum) continue
      this.#fault(
        `${run}: ${account} ends with ${last?.count} orders of ${last?.sum}, not ${count} of ${sum}`,
      )
    }
  }

  #count(what: 'lost' | 'duplicated', fault: string): void {
    if (what === 'lost') this.#lost += 1
    else this.#duplicated += 1
    this.#fault(fault)
  }

  #different(fault: string): void {
    this.#storesDifferent += 1
    this.#fault(fault)
  }

  #fault(fault: string): void {
    if (this.#faults.length < FAULTS_MAX) this.#faults.push(fault)
  }
}

/** Of the stores whose contents every run leaves alike. */
export function repeatable(stores: readonly StoreChecksum[]): readonly StoreChecksum[] {
  return stores.filter(({ store }) => !ARRIVAL_ORDERED_STORES.has(store))
}

/** The last value of each key, as a digest of its own: the sum of the hashes of all entries. */
export function foldOfChangelog(
  store: string,
  partition: number,
  records: readonly LogRecord[],
): StoreChecksum {
  const entries = new Map<string, LogRecord>()
  for (const record of records) {
    const key = Buffer.from(record.key ?? []).toString('latin1')
    if (record.value === null) entries.delete(key)
    else entries.set(key, record)
  }
  let sum = 0n
  for (const { key, value } of entries.values()) {
    const length = Buffer.alloc(4)
    length.writeUInt32BE(key?.length ?? 0)
    const bytes = Buffer.concat([length, key ?? Buffer.alloc(0), value ?? Buffer.alloc(0)])
    sum += BigInt(`0x${hash('sha256', bytes, 'hex').slice(0, 32)}`)
  }
  const digest = (sum % 2n ** 128n).toString(16).padStart(32, '0')
  return { store, partition, entries: entries.size, digest, offset: undefined }
}

function partsOf(stores: readonly StoreChecksum[]): Map<string, string> {
  return new Map(
    stores.map(({ store, partition, entries, digest }) => [
      `${store}-${partition}`,
      `${entries} entries ${digest}`,
    ]),
  )
}

function text(bytes: Uint8Array | null): string {
  return bytes === null ? '' : Buffer.from(bytes).toString()
}
