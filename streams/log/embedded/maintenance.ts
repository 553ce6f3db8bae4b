import { type CompactionLimits, PartitionCompaction } from './compaction.ts'
import type { LogCore } from './log-core.ts'
import type { PartitionLog } from './partition-log.ts'
import { retainSlice } from './retention.ts'
import { eventLoopTurn } from './signal.ts'
import type { TransactionRegistry } from './transaction-registry.ts'

export interface MaintainOptions {
  /** Compacts all that may be compacted, however little it is. */
  readonly force?: boolean
}

/** Keeps the log within its bounds: retention, compaction, time-outs. Works in slices, and lets others run in between. */
export class Maintenance {
  readonly #core: LogCore
  readonly #transactions: TransactionRegistry
  readonly #limits: CompactionLimits
  readonly #compactions = new Map<PartitionLog, PartitionCompaction>()
  #running: Promise<void> | undefined

  constructor(core: LogCore, transactions: TransactionRegistry, limits: CompactionLimits) {
    this.#core = core
    this.#transactions = transactions
    this.#limits = limits
  }

  /** One round over all partitions. A second call while one is running waits for that one, then does its own. */
  async maintain(options: MaintainOptions = {}): Promise<void> {
    const previous = this.#running
    const round = (async () => {
      await previous?.catch(() => {})
      await this.#round(options)
    })()
    this.#running = round
    try {
      await round
    } finally {
      if (this.#running === round) this.#running = undefined
    }
  }

  get running(): boolean {
    return this.#running !== undefined
  }

  async idle(): Promise<void> {
    await this.#running?.catch(() => {})
  }

  async #round({ force = false }: MaintainOptions): Promise<void> {
    this.expire()
    for (const log of this.#compactions.keys()) if (log.deleted) this.#compactions.delete(log)
    for (const log of [...this.#core.topics.partitions()]) {
      while (this.#alive(log) && this.#slice(log, force)) await eventLoopTurn()
    }
  }

  /** Ends transactions and memberships that are over their time. */
  expire(): void {
    const aborted = this.#transactions.abortExpired()
    if (aborted > 0) this.#core.logger.warn({ aborted }, 'transactions were open for too long')
    this.#core.groups.expire()
  }

  #alive(log: PartitionLog): boolean {
    return !this.#core.closed && !log.deleted
  }

  #slice(log: PartitionLog, force: boolean): boolean {
    const { database, clock } = this.#core
    const more = retainSlice(database, log, clock.nowMs())
    if (log.config.value.cleanup === 'delete') return more
    let compaction = this.#compactions.get(log)
    if (compaction === undefined) {
      const unreadFrom = () => this.#core.offsets.unreadFrom(log)
      compaction = new PartitionCompaction({
        database,
        log,
        clock,
        limits: this.#limits,
        unreadFrom,
      })
      this.#compactions.set(log, compaction)
    }
    return compaction.slice({ force }) || more
  }
}
