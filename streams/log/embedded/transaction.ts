import type { AppendResult, OffsetCommit, PartitionAppend } from '../log.ts'
import type { StoredOffset } from './group-offsets.ts'
import { checkedPartition, type LogCore, writeAtomically } from './log-core.ts'
import { transactionTooLarge, unknownTopic } from './log-errors.ts'
import { StagedPartition } from './staged-partition.ts'

/**
 * An open transaction: its records are packed in memory at the offsets they will have, its commit is one atomic write.
 * So what is not committed was never in the database, and a killed process leaves nothing to clean up.
 */
export class Transaction {
  readonly transactionalId: string
  readonly deadlineMs: number
  readonly #core: LogCore
  readonly #partitions = new Map<string, StagedPartition>()
  #offsets: StoredOffset[] = []
  #ended = false

  constructor(core: LogCore, transactionalId: string, timeoutMs: number) {
    this.#core = core
    this.transactionalId = transactionalId
    this.deadlineMs = core.clock.monotonicMs() + timeoutMs
  }

  get ended(): boolean {
    return this.#ended
  }

  expired(): boolean {
    return this.#core.clock.monotonicMs() > this.deadlineMs
  }

  send(appends: readonly PartitionAppend[]): AppendResult[] {
    const logs = appends.map((append) => checkedPartition(this.#core, append))
    const { batchBytes } = this.#core.limits
    const nowMs = this.#core.clock.nowMs()
    const results: AppendResult[] = []
    for (const [index, append] of appends.entries()) {
      const log = logs[index]
      if (log === undefined) continue
      const name = `${log.topicId}-${log.partition}`
      const staged = this.#partitions.get(name) ?? new StagedPartition(log, batchBytes)
      this.#partitions.set(name, staged)
      results.push(staged.add(append.records, nowMs))
      this.#checkSize()
    }
    return results
  }

  sendOffsets(groupId: string, commits: readonly OffsetCommit[]): void {
    this.#offsets.push(...this.#core.offsets.checked(groupId, commits))
  }

  commit(): void {
    for (const { log } of this.#partitions.values()) {
      if (log.deleted) throw unknownTopic({ topic: log.topic, partition: log.partition })
    }
    const writes = [...this.#partitions.values()].map((staged) => staged.seal())
    const offsets = this.#offsets.filter(({ topicId }) => this.#core.topics.byId(topicId))
    writeAtomically(this.#core, writes, offsets)
    this.#ended = true
    this.#core.counters.commits.add(1)
  }

  abort(): void {
    if (this.#ended) return
    this.#ended = true
    for (const staged of this.#partitions.values()) staged.release()
    this.#offsets = []
    this.#core.counters.aborts.add(1)
  }

  #checkSize(): void {
    const { transactionBytesMax } = this.#core.limits
    let total = 0
    for (const { sizeBytes } of this.#partitions.values()) total += sizeBytes
    if (total > transactionBytesMax) {
      throw transactionTooLarge(this.transactionalId, transactionBytesMax)
    }
  }
}
