import type { AppendResult, PartitionAppend, Producer } from '../log.ts'
import { checkedPartition, type LogCore, requireOpen, writeAtomically } from './log-core.ts'
import { logClosed } from './log-errors.ts'
import { eventLoopTurn } from './signal.ts'
import { StagedPartition } from './staged-partition.ts'

/** Appends without a transaction: one `send` is one atomic write, so none of it or all of it is there. */
export class PlainProducer implements Producer {
  readonly #core: LogCore
  #closed = false

  constructor(core: LogCore) {
    this.#core = core
  }

  async send(appends: readonly PartitionAppend[]): Promise<readonly AppendResult[]> {
    requireOpen(this.#core)
    if (this.#closed) throw logClosed()
    const results = this.#append(appends)
    await eventLoopTurn()
    return results
  }

  async close(): Promise<void> {
    this.#closed = true
  }

  #append(appends: readonly PartitionAppend[]): AppendResult[] {
    const core = this.#core
    const logs = appends.map((append) => checkedPartition(core, append))
    const staged = new Map<string, StagedPartition>()
    const nowMs = core.clock.nowMs()
    try {
      const results = appends.map((append, index) => {
        const name = `${append.topic}-${append.partition}`
        const log = logs[index]
        const one = staged.get(name) ?? (log && new StagedPartition(log, core.limits.batchBytes))
        if (one === undefined) throw new Error('an append without its partition')
        staged.set(name, one)
        return one.add(append.records, nowMs)
      })
      writeAtomically(
        core,
        [...staged.values()].map((one) => one.seal()),
      )
      return results
    } catch (error) {
      for (const one of staged.values()) one.release()
      throw error
    }
  }
}
