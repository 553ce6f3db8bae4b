import assert from 'node:assert/strict'
import { join } from 'node:path'
import { StreamsError } from '../errors.ts'
import type { Restoration } from '../restore/changelog-restorer.ts'
import type { ManagedStore, TaskStores } from '../store.ts'
import { parseTaskId } from '../task/task-id.ts'
import type { SubTopology } from '../topology.ts'
import { noStores } from './no-stores.ts'
import type { ThreadContext } from './thread-context.ts'

/** What a task keeps on disk: its stores, opened once, and what they lack of their changelogs. */
export class TaskState {
  readonly taskId: string
  readonly partition: number
  readonly subTopology: SubTopology
  readonly #context: ThreadContext
  #stores: TaskStores | undefined

  constructor(context: ThreadContext, taskId: string) {
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
  }

  /** Undefined while they are closed. */
  get stores(): TaskStores | undefined {
    return this.#stores
  }

  /** Opens the stores unless they are. @throws {StreamsError} STORE_LOCKED while another owner has them */
  async open(): Promise<TaskStores> {
    if (this.#stores !== undefined) return this.#stores
    const { stores, directory, limits, plan } = this.#context
    const specs = this.subTopology.stores
    this.#stores =
      specs.length === 0
        ? noStores
        : await stores.open({
            directory: join(directory, this.taskId),
            taskId: this.taskId,
            specs,
            overlayBytesMax: limits.overlayBytesMax,
            changelogTopic: plan.changelogTopic,
          })
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
    const { log, plan, logger } = this.#context
    const { taskId, partition } = this
    const logged = (await this.managed()).filter(({ spec }) => spec.logged)
    const places = logged.map(({ spec }) => ({ topic: plan.changelogTopic(spec.name), partition }))
    const ends = await log.admin.offsets(places, 'stable')
    const restorations: Restoration[] = []
    for (const [index, store] of logged.entries()) {
      const place = places[index]
      const endOffset = ends[index]
      assert(place !== undefined && endOffset !== undefined)
      const checkpoint = store.checkpoint()
      if (checkpoint !== undefined && checkpoint > endOffset) {
        const lost = { ...place, offset: checkpoint, taskId, store: store.spec.name }
        if (endOffset === 0) throw aheadOfChangelog(lost)
        logger.warn(
          { ...lost, endOffset },
          'the changelog lost its end: local state is rebuilt from it',
        )
        await this.#wipe()
        return this.restorations()
      }
      restorations.push({ ...place, taskId, store, from: checkpoint ?? 0, endOffset })
    }
    return restorations
  }

  /** Lets go of the stores, as of their last commit. */
  async close(): Promise<void> {
    this.#stores?.discard()
    await this.#stores?.close()
  }

  async #wipe(): Promise<void> {
    const { stores, directory } = this.#context
    await this.#stores?.close()
    this.#stores = undefined
    await stores.wipe(join(directory, this.taskId))
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
