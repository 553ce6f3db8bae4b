import type { ManagedStore, StoreBackend, TaskStores } from '../store.ts'
import type { DeadLetter, DeadLetterEncoder } from '../task/dead-letter.ts'
import { RecordRetries } from '../task/record-retries.ts'
import { StreamTask } from '../task/stream-task.ts'
import { taskIdOf } from '../task/task-id.ts'
import type { StreamTaskOptions } from '../task/task-options.ts'
import type { SubTopology } from '../topology.ts'
import type { TopologyPlan } from '../worker/topology-plan.ts'
import type { DriverLog } from './driver-log.ts'
import type { ManualTimers } from './manual-timers.ts'

export const OVERLAY_BYTES_MAX = 64 * 1024 * 1024

const BOUNDS = {
  transactionRecordsMax: Number.POSITIVE_INFINITY,
  transactionBytesMax: Number.POSITIVE_INFINITY,
  recordBytesMax: 1_000_000,
}

type FromDriver =
  | 'partitionCounts'
  | 'globals'
  | 'clock'
  | 'handlers'
  | 'deadLetterDropped'
  | 'metrics'
  | 'recordCacheBudget'
  | 'maxTaskIdleMs'

export interface DriverTaskOptions extends Pick<StreamTaskOptions, FromDriver> {
  readonly plan: TopologyPlan
  readonly subTopology: SubTopology
  readonly partition: number
  readonly backend: StoreBackend
  readonly directory: string
  readonly log: DriverLog
  readonly deadLetter: DeadLetterEncoder
  readonly timers: ManualTimers
}

/** A task of production in the driver's hands, with its stores. */
export class DriverTask {
  readonly task: StreamTask
  readonly stores: TaskStores
  /** Put there by the transaction that is not committed. */
  #letters: DeadLetter[] = []
  /** Went back to its last commit since it was asked. */
  #rolledBack = false
  readonly #retries: RecordRetries

  /** Opens and restores the stores, and starts the processors where the committed offsets are. */
  static async open(options: DriverTaskOptions): Promise<DriverTask> {
    const { plan, subTopology, partition, backend, directory, log } = options
    const taskId = taskIdOf(subTopology.id, partition)
    const stores = await backend.open({
      directory,
      taskId,
      specs: subTopology.stores,
      overlayBytesMax: OVERLAY_BYTES_MAX,
      changelogTopic: plan.changelogTopic,
    })
    for (const name of stores.names) {
      restore(stores.get(name), { topic: plan.changelogTopic(name), partition }, log)
    }
    return new DriverTask(options, stores)
  }

  private constructor(options: DriverTaskOptions, stores: TaskStores) {
    const { plan, subTopology, partition, log, deadLetter } = options
    this.stores = stores
    const { timers } = options
    this.#retries = new RecordRetries(
      (delayMs, callback) => timers.after(delayMs, callback),
      () => {},
    )
    this.task = new StreamTask({
      ...options,
      applicationId: plan.applicationId,
      topologyName: plan.topology.name,
      taskId: taskIdOf(subTopology.id, partition),
      physicalTopic: plan.physicalTopic,
      changelogTopic: plan.changelogTopic,
      inputs: plan.inputsOf(subTopology.id, partition).map((input) => {
        const { offset: position = 0, metadata } = log.committed(input) ?? {}
        return { ...input, position, metadata, endOffset: log.end(input) }
      }),
      stores,
      deadLetter: (letter) => {
        this.#letters.push(letter)
        return deadLetter(letter)
      },
      retries: this.#retries,
      onRollback: () => {
        this.#letters = []
        this.#rolledBack = true
      },
      bounds: BOUNDS,
    })
    this.task.init()
  }

  /** Whether the task went back to its last commit since the last call: its inputs have other records waiting. */
  takeRollback(): boolean {
    const rolledBack = this.#rolledBack
    this.#rolledBack = false
    return rolledBack
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
    this.#retries.close()
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
