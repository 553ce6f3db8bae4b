import type { ManagedStore, TaskStores } from '../store.ts'
import type { DeadLetter } from '../task/dead-letter.ts'
import { StreamTask } from '../task/stream-task.ts'
import type { StreamTaskOptions } from '../task/task-options.ts'
import type { DriverLog } from './driver-log.ts'

/** A task of production in the driver's hands, with its stores. */
export class DriverTask {
  readonly task: StreamTask
  readonly stores: TaskStores
  /** Put there by the transaction that is not committed. */
  readonly #letters: DeadLetter[]

  /** Restores the stores from their changelogs and starts the processors. */
  constructor(options: StreamTaskOptions, letters: DeadLetter[], log: DriverLog) {
    this.stores = options.stores
    this.#letters = letters
    for (const name of this.stores.names) {
      const topic = options.changelogTopic(name)
      restore(this.stores.get(name), { topic, partition: options.partition }, log)
    }
    this.task = new StreamTask(options)
    this.task.init()
  }

  /** @returns what becomes visible: outputs, and dead letters */
  commit(log: DriverLog) {
    this.task.flushCaches()
    const transaction = this.task.takeTransaction()
    const positions = new Map<string, number>()
    for (const append of transaction.changelogs) {
      positions.set(append.store, log.appendChanges(append))
    }
    this.stores.commit(positions)
    log.commit(transaction.offsets)
    this.task.committed(transaction)
    return { outputs: transaction.outputs, letters: this.#letters.splice(0) }
  }

  /** What is not committed is gone. */
  async close(): Promise<void> {
    this.task.close()
    this.stores.discard()
    await this.stores.close()
  }
}

function restore(
  store: ManagedStore,
  changelog: { readonly topic: string; readonly partition: number },
  log: DriverLog,
): void {
  if (!store.spec.logged) return
  const records = log.changes(changelog, store.checkpoint() ?? 0)
  if (records.length > 0) store.restore(records, log.end(changelog))
}
