import type { DropReason } from '../processor.ts'
import type { CurrentRecord, FailurePolicy } from './failure-policy.ts'
import type { RecordLog } from './record-log.ts'
import type { UncommittedDrops } from './uncommitted-drops.ts'

/** Reasons whose records go to the dead-letter topic as well. */
export type DeadLetterDropped = 'all' | readonly DropReason[]

export interface DropPolicyOptions {
  readonly taskId: string
  readonly topologyName: string
  readonly deadLetterDropped: DeadLetterDropped
  readonly log: RecordLog | undefined
  readonly counts: UncommittedDrops
  readonly failures: FailurePolicy
  readonly current: () => CurrentRecord | undefined
}

/** What becomes of a record that is left out by design: always counted, told now and then, dead-lettered where the application asks. */
export class DropPolicy {
  readonly #options: DropPolicyOptions
  readonly #codes = new Map<DropReason, string>()

  constructor(options: DropPolicyOptions) {
    this.#options = options
  }

  drop(node: string, reason: DropReason): void {
    const { counts, failures, log, taskId, topologyName: topology } = this.#options
    counts.count(node, reason)
    const current = this.#options.current()
    const isDeadLettered = current !== undefined && this.#isDeadLettered(reason)
    if (!isDeadLettered && log === undefined) return
    const code = this.#codeOf(reason)
    const what = `${node} left the record out: ${reason}`
    if (isDeadLettered) {
      const remedy =
        'The record was left out by design; correct its source if it should not have been.'
      failures.deadLetter(node, { code, what, remedy })
      return
    }
    if (current === undefined) {
      log?.add({ topology, node, code, what, taskId })
      return
    }
    const { topic, partition, offset, record } = current
    log?.add({ topology, node, code, what, taskId, topic, partition, offset, key: record.key })
  }

  #codeOf(reason: DropReason): string {
    let code = this.#codes.get(reason)
    if (code === undefined) {
      code = `DROPPED_${reason.toUpperCase().replaceAll('-', '_')}`
      this.#codes.set(reason, code)
    }
    return code
  }

  #isDeadLettered(reason: DropReason): boolean {
    const { deadLetterDropped } = this.#options
    return deadLetterDropped === 'all' || deadLetterDropped.includes(reason)
  }
}
