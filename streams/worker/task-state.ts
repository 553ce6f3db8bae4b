import assert from 'node:assert/strict'
import { StreamsError } from '../errors.ts'
import type { TopicPartition } from '../log/log.ts'
import type { Restoration } from '../restore/changelog-restorer.ts'
import type { ManagedStore, TaskStores } from '../store.ts'
import { parseTaskId } from '../task/task-id.ts'
import type { SubTopology } from '../topology.ts'
import { isRebuildable, REBUILT } from './damaged-state.ts'
import { noStores } from './no-stores.ts'
import type { StoreHolder } from './state-directory.ts'
import type { ThreadContext } from './thread-context.ts'

/** A task's stores while it has them: taken from the state directory, and what they lack of their changelogs. */
export class TaskState {
  readonly taskId: string
  readonly partition: number
  readonly subTopology: SubTopology
  readonly #context: ThreadContext
  readonly #holder: StoreHolder
  #stores: TaskStores | undefined
  #damaged = false

  constructor(context: ThreadContext, taskId: string, holder: StoreHolder) {
    const parts = parseTaskId(taskId)
    assert(parts !== undefined, `${taskId} is no task id`)
    const plan = context.plan.subTopologies.find(
      ({ subTopology }) => subTopology.id === parts.subTopologyId,
    )
    assert(plan !== undefined, `the topology has no sub-topology ${parts.subTopologyId}`)
    this.taskId = taskId
    this.partition = parts.partition
    this.subTopology = plan.subTopology
    this.#context = context
    this.#holder = holder
  }

  /** Undefined while the task does not have them. */
  get stores(): TaskStores | undefined {
    return this.#stores
  }

  /** Has the stores deleted before they are opened again, if the failure is damage that their changelogs make good. */
  rebuildAfter(error: unknown): boolean {
    if (!isRebuildable(error, this.subTopology.stores)) return false
    const { taskId } = this
    this.#context.logger.warn({ taskId, error: String(error) }, REBUILT)
    this.#damaged = true
    return true
  }

  /** Takes the stores unless it has them. @throws {StreamsError} STORE_LOCKED while another owner has them */
  async open(): Promise<TaskStores> {
    this.#stores ??=
      this.subTopology.stores.length === 0
        ? noStores
        : await this.#context.state.take(this.taskId, this.#holder)
    return this.#stores
  }

  /** The stores, opened. */
  async managed(): Promise<readonly ManagedStore[]> {
    const stores = await this.open()
    return stores.names.map((name) => stores.get(name))
  }

  /**
   * From where to where each logged store is to be restored. Stores beyond their changelog are wiped before.
   * @throws {StreamsError} STORE_AHEAD_OF_CHANGELOG
   */
  async restorations(): Promise<Restoration[]> {
    const { log, plan, logger, state } = this.#context
    const { taskId, partition } = this
    if (this.#damaged) {
      this.#stores = undefined
      await state.wipe(taskId)
      this.#damaged = false
    }
    const logged = (await this.managed()).filter(({ spec }) => spec.logged)
    const places = logged.map(({ spec }) => ({ topic: plan.changelogTopic(spec.name), partition }))
    const ends = await log.admin.offsets(places, 'stable')
    const written = await this.#writtenEnds(logged, places, ends)
    const restorations: Restoration[] = []
    for (const [index, store] of logged.entries()) {
      const place = places[index]
      const endOffset = ends[index]
      assert(place !== undefined && endOffset !== undefined)
      const checkpoint = store.checkpoint()
      if (checkpoint !== undefined && checkpoint > (written[index] ?? endOffset)) {
        const lost = { ...place, offset: checkpoint, taskId, store: store.spec.name }
        if (endOffset === 0) throw aheadOfChangelog(lost)
        logger.warn(
          { ...lost, endOffset },
          'the changelog lost its end: local state is rebuilt from it',
        )
        this.#stores = undefined
        await state.wipe(taskId)
        return this.restorations()
      }
      state.sawEnd(taskId, store.spec.name, endOffset)
      const from = checkpoint ?? 0
      restorations.push({ ...place, taskId, store, from, endOffset: Math.max(from, endOffset) })
    }
    return restorations
  }

  /**
   * How far the changelogs are written. Readers of committed records may not see that far yet: the log tells that a transaction is committed before
   * each partition knows.
   */
  async #writtenEnds(
    stores: readonly ManagedStore[],
    places: readonly TopicPartition[],
    ends: readonly number[],
  ): Promise<readonly number[]> {
    const isBeyond = stores.some((store, index) => (store.checkpoint() ?? 0) > (ends[index] ?? 0))
    return isBeyond ? await this.#context.log.admin.offsets(places, 'latest') : ends
  }

  /** Lets go of the stores, as of their last commit. They stay open until it is clear that nobody here takes over. */
  release(): void {
    if (this.#stores !== undefined && this.#stores !== noStores)
      this.#context.state.park(this.taskId)
    this.#stores = undefined
  }
}

function aheadOfChangelog(place: {
  readonly topic: string
  readonly partition: number
  readonly offset: number
  readonly taskId: string
  readonly store: string
}): StreamsError {
  return new StreamsError(
    'STORE_AHEAD_OF_CHANGELOG',
    'local state exists, but its changelog is empty: the topic was deleted or created anew',
    place,
    'Bring the changelog back, or reset the application, which deletes local state and reads its inputs again.',
  )
}
