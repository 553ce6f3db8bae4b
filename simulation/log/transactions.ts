import type { AppendResult, GroupMetadata, OffsetCommit, PartitionAppend } from '#streams/log'
import type { SeededRandom } from '../random.ts'
import type { Scheduler } from '../scheduler.ts'
import type { Trace } from '../trace.ts'
import { fenced, producerState } from './errors.ts'
import type { GroupOffsets } from './group-offsets.ts'
import type { Partition, Transaction } from './partition.ts'

export interface Identity {
  readonly transactionalId: string
  readonly epoch: number
  /** Grows with every initialisation, of all producers: who came later. */
  readonly order: number
}

export class OpenTransaction implements Transaction {
  outcome: 'open' | 'committed' | 'aborted' = 'open'
  readonly id: string
  readonly serial: number
  readonly owner: Identity
  readonly partitions = new Set<Partition>()
  readonly offsets: { readonly groupId: string; readonly commits: readonly OffsetCommit[] }[] = []
  isEnded = false

  constructor(owner: Identity, serial: number) {
    this.owner = owner
    this.serial = serial
    this.id = `${owner.transactionalId}/${owner.epoch}/${serial}`
  }
}

interface Entry {
  readonly transactionalId: string
  epoch: number
  timeoutMs: number
  current: OpenTransaction | undefined
  /** Results of appends by the number of their request: what comes again is answered, not written. */
  answered: Map<number, readonly AppendResult[]>
  readonly waiting: (() => void)[]
}

export interface CoordinatorFaults {
  /** A second producer does not fence the first. */
  readonly fencingOff: boolean
  /** An append that arrives again is written again. */
  readonly dedupeRemoved: boolean
}

/** Transactions as Kafka's coordinator runs them: the outcome is decided first, and marked on each partition some time later. */
export class TransactionCoordinator {
  /** Between the outcome and its mark on a partition. */
  markDelayMs = 2
  readonly #entries = new Map<string, Entry>()
  readonly #scheduler: Scheduler
  readonly #random: SeededRandom
  readonly #trace: Trace
  readonly #offsets: GroupOffsets
  readonly #faults: CoordinatorFaults
  #inits = 0

  constructor(options: {
    readonly scheduler: Scheduler
    readonly random: SeededRandom
    readonly trace: Trace
    readonly offsets: GroupOffsets
    readonly faults: CoordinatorFaults
  }) {
    this.#scheduler = options.scheduler
    this.#random = options.random
    this.#trace = options.trace
    this.#offsets = options.offsets
    this.#faults = options.faults
  }

  /** Fences who came before, ends what they left, and answers when that is marked everywhere. */
  async init(transactionalId: string, timeoutMs: number): Promise<Identity> {
    const order = ++this.#inits
    const name = this.#faults.fencingOff ? `${transactionalId}#${order}` : transactionalId
    const entry = this.#entry(name)
    entry.epoch++
    entry.timeoutMs = timeoutMs
    if (entry.current?.outcome === 'open') this.#decide(entry.current, entry, false)
    while (entry.current !== undefined && !entry.current.isEnded) await this.#ended(entry)
    entry.epoch++
    entry.current = undefined
    entry.answered = new Map()
    this.#trace.add(`log: ${name} has epoch ${entry.epoch}`)
    return { transactionalId: name, epoch: entry.epoch, order }
  }

  async append(
    owner: Identity,
    serial: number,
    request: number,
    appends: readonly (PartitionAppend & { readonly to: Partition })[],
  ): Promise<readonly AppendResult[]> {
    const transaction = await this.#join(owner, serial)
    const entry = this.#owned(owner)
    const before = entry.answered.get(request)
    if (before !== undefined && !this.#faults.dedupeRemoved) return before
    const results = appends.map(({ to, topic, partition, records }) => {
      transaction.partitions.add(to)
      const baseOffset = to.append(records, transaction)
      return { topic, partition, baseOffset, lastOffset: baseOffset + records.length - 1 }
    })
    entry.answered.set(request, results)
    return results
  }

  async offsets(
    owner: Identity,
    serial: number,
    group: GroupMetadata,
    commits: readonly OffsetCommit[],
  ): Promise<void> {
    const transaction = await this.#join(owner, serial)
    this.#owned(owner)
    this.#offsets.requireMember(group, commits)
    transaction.offsets.push({ groupId: group.groupId, commits })
    this.#offsets.hold(group.groupId, commits, transaction)
  }

  /** Answers when the outcome is decided. Asked again, it answers as before. */
  end(owner: Identity, serial: number, commit: boolean): void {
    const entry = this.#owned(owner)
    const { current } = entry
    if (current?.serial !== serial)
      throw producerState(`${owner.transactionalId} has no transaction`)
    if (current.outcome === 'open') this.#decide(current, entry, commit)
    else if ((current.outcome === 'committed') !== commit) {
      throw producerState(`a transaction of ${owner.transactionalId} has another outcome`)
    }
  }

  get openCount(): number {
    let count = 0
    for (const { current } of this.#entries.values()) {
      if (current !== undefined && !current.isEnded) count++
    }
    return count
  }

  async #join(owner: Identity, serial: number): Promise<OpenTransaction> {
    for (;;) {
      const entry = this.#owned(owner)
      const { current } = entry
      if (current !== undefined && current.serial === serial && current.outcome === 'open') {
        return current
      }
      if (current !== undefined && current.serial >= serial) {
        throw producerState(`a transaction of ${owner.transactionalId} has ended`)
      }
      if (current === undefined || current.isEnded) return this.#open(entry, owner, serial)
      await this.#ended(entry)
    }
  }

  #open(entry: Entry, owner: Identity, serial: number): OpenTransaction {
    const transaction = new OpenTransaction(owner, serial)
    entry.current = transaction
    this.#scheduler.after(entry.timeoutMs, () => {
      if (transaction.outcome !== 'open') return
      this.#trace.add(`log: ${transaction.id} timed out`)
      entry.epoch++
      this.#decide(transaction, entry, false)
    })
    return transaction
  }

  #owned(owner: Identity): Entry {
    const entry = this.#entries.get(owner.transactionalId)
    if (entry === undefined || entry.epoch !== owner.epoch) throw fenced(owner.transactionalId)
    return entry
  }

  #decide(transaction: OpenTransaction, entry: Entry, commit: boolean): void {
    transaction.outcome = commit ? 'committed' : 'aborted'
    this.#trace.add(`log: ${transaction.id} ${transaction.outcome}`)
    const marks = [...transaction.partitions].map((partition) => () => partition.mark(transaction))
    marks.push(() => this.#markOffsets(transaction))
    let left = marks.length
    for (const mark of marks) {
      this.#scheduler.after(this.#random.next() * this.markDelayMs, () => {
        mark()
        if (--left > 0) return
        transaction.isEnded = true
        for (const wake of entry.waiting.splice(0)) wake()
      })
    }
  }

  #markOffsets(transaction: OpenTransaction): void {
    for (const { groupId, commits } of transaction.offsets) {
      this.#offsets.release(groupId, commits, transaction)
      if (transaction.outcome === 'committed') {
        this.#offsets.commit(groupId, commits, transaction.owner)
      }
    }
    this.#offsets.wake()
  }

  #ended(entry: Entry): Promise<void> {
    return new Promise((resolve) => entry.waiting.push(resolve))
  }

  #entry(name: string): Entry {
    const known = this.#entries.get(name)
    if (known !== undefined) return known
    const entry: Entry = {
      transactionalId: name,
      epoch: 0,
      timeoutMs: 0,
      current: undefined,
      answered: new Map(),
      waiting: [],
    }
    this.#entries.set(name, entry)
    return entry
  }
}
