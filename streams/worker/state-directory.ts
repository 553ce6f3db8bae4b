import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Clock } from '../clock.ts'
import { StreamsError } from '../errors.ts'
import type { Logger } from '../logger.ts'
import type { StoreBackend, TaskStores } from '../store.ts'
import { compareTaskIds, parseTaskId } from '../task/task-id.ts'
import type { Timers } from '../timers.ts'
import type { StoredPosition } from './assignment/held-tasks.ts'
import { isRebuildable, REBUILT } from './damaged-state.ts'
import { positionOf, type SeenEnds } from './stored-position.ts'
import type { TopologyPlan } from './topology-plan.ts'

/** Who has a task's stores open. */
export interface StoreHolder {
  /** Stops using the stores, which stay open for the task that takes over here. Undefined: it does not give them away. */
  readonly handOver: (() => Promise<void>) | undefined
}

export interface StateDirectoryOptions {
  /** `<state directory>/<application id>` */
  readonly path: string
  readonly plan: TopologyPlan
  readonly stores: StoreBackend
  readonly overlayBytesMax: number
  readonly clock: Clock
  readonly timers: Timers
  readonly logger: Logger
  /** How long state that nobody needs stays. */
  readonly stateCleanupDelayMs: number
}

interface Entry {
  stores: TaskStores
  /** Undefined: parked, open for whoever comes next. */
  holder: StoreHolder | undefined
  readonly ends: SeenEnds
}

/**
 * The state of all tasks in one directory, shared by the threads of a process. A task that goes from one thread to another, or from standby to
 * active and back, takes its stores with it, open. Everything the process tells the group of its state comes from here.
 */
export class StateDirectory {
  readonly #options: StateDirectoryOptions
  readonly #open = new Map<string, Entry>()
  /** Of tasks that are on disk and closed. */
  readonly #closed = new Map<string, StoredPosition>()
  #cancelCleanUp = () => {}
  readonly #removableSince = new Map<string, number>()

  constructor(options: StateDirectoryOptions) {
    this.#options = options
  }

  pathOf(taskId: string): string {
    return join(this.#options.path, taskId)
  }

  /** Opens what earlier runs have left, so that the group learns how near it is. What cannot be opened counts as not there. */
  async openStored(): Promise<void> {
    for (const taskId of storedTasks(this.#options.path, this.#options.stores)) {
      if (this.#specsOf(taskId).length === 0 || this.#open.has(taskId)) continue
      try {
        const stores = await this.#openStores(taskId)
        this.#open.set(taskId, { stores, holder: undefined, ends: new Map() })
      } catch (error) {
        const place = { taskId, error: String(error) }
        this.#options.logger.warn(place, 'stored state of a task cannot be looked at')
      }
    }
  }

  /** @throws {StreamsError} STORE_LOCKED while another task, here or in another process, has them */
  async take(taskId: string, holder: StoreHolder): Promise<TaskStores> {
    const held = this.#open.get(taskId)
    if (held?.holder !== undefined) {
      if (held.holder.handOver === undefined) throw stillHeld(taskId, this.pathOf(taskId))
      await held.holder.handOver()
      return this.take(taskId, holder)
    }
    if (held !== undefined) {
      held.holder = holder
      return held.stores
    }
    const stores = await this.#openStores(taskId)
    this.#closed.delete(taskId)
    this.#open.set(taskId, { stores, holder, ends: new Map() })
    return stores
  }

  /** The holder is through with the stores; they wait, open, for the next one. */
  park(taskId: string): void {
    const entry = this.#open.get(taskId)
    if (entry === undefined) return
    entry.stores.discard()
    entry.holder = undefined
  }

  async close(taskId: string): Promise<void> {
    const entry = this.#open.get(taskId)
    if (entry === undefined) return
    this.#open.delete(taskId)
    entry.stores.discard()
    this.#closed.set(taskId, positionOf(entry.stores, entry.ends))
    try {
      await entry.stores.close()
    } catch (error) {
      // On a full disk, say. What is committed is there; the others are to be closed, and the failure that led here is to be told.
      this.#options.logger.warn({ taskId, error: String(error) }, 'stores did not close cleanly')
    }
  }

  /** Closes the stores, and deletes them. */
  async wipe(taskId: string): Promise<void> {
    await this.close(taskId)
    this.#closed.delete(taskId)
    await this.#options.stores.wipe(this.pathOf(taskId))
  }

  /** Tells how far a changelog goes, as far as was seen. */
  sawEnd(taskId: string, store: string, end: number): void {
    this.#open.get(taskId)?.ends.set(store, end)
  }

  /** Closes parked stores of tasks that are not to run or be followed here. */
  async closeAllBut(taskIds: ReadonlySet<string>): Promise<void> {
    for (const [taskId, { holder }] of this.#open) {
      if (holder === undefined && !taskIds.has(taskId)) await this.close(taskId)
    }
  }

  /** Ends the use of the directory. */
  async closeAll(): Promise<void> {
    this.#cancelCleanUp()
    for (const taskId of [...this.#open.keys()]) await this.close(taskId)
  }

  /** How far the stores of every task are. */
  positions(): ReadonlyMap<string, StoredPosition> {
    const positions = new Map(this.#closed)
    for (const [taskId, { stores, ends }] of this.#open) {
      positions.set(taskId, positionOf(stores, ends))
    }
    return positions
  }

  /** Deletes what the group has called dispensable, in every assignment, for as long as the delay. */
  cleanUp(removable: ReadonlySet<string>): void {
    const { clock, timers, stateCleanupDelayMs } = this.#options
    const nowMs = clock.monotonicMs()
    for (const taskId of this.#removableSince.keys()) {
      if (!removable.has(taskId)) this.#removableSince.delete(taskId)
    }
    for (const taskId of removable) {
      if (!this.#removableSince.has(taskId)) this.#removableSince.set(taskId, nowMs)
    }
    this.#cancelCleanUp()
    if (removable.size === 0) return
    this.#cancelCleanUp = timers.after(stateCleanupDelayMs, () => {
      void this.#removeDue()
    })
  }

  async #removeDue(): Promise<void> {
    const { clock, logger, stateCleanupDelayMs } = this.#options
    const dueMs = clock.monotonicMs() - stateCleanupDelayMs
    for (const [taskId, sinceMs] of this.#removableSince) {
      if (sinceMs > dueMs || this.#open.has(taskId) || !this.#closed.has(taskId)) continue
      this.#removableSince.delete(taskId)
      const place = { taskId, path: this.pathOf(taskId) }
      try {
        await this.wipe(taskId)
        logger.info(place, 'state that other instances have is removed')
      } catch (error) {
        logger.warn({ ...place, error: String(error) }, 'state was not removed')
      }
    }
  }

  #specsOf(taskId: string) {
    const id = parseTaskId(taskId)?.subTopologyId
    const plan = this.#options.plan.subTopologies.find(({ subTopology }) => subTopology.id === id)
    return plan?.subTopology.stores ?? []
  }

  async #openStores(taskId: string): Promise<TaskStores> {
    const { stores, overlayBytesMax, plan, logger } = this.#options
    const specs = this.#specsOf(taskId)
    const directory = this.pathOf(taskId)
    const { changelogTopic } = plan
    const open = () => stores.open({ directory, taskId, specs, overlayBytesMax, changelogTopic })
    try {
      return await open()
    } catch (error) {
      if (!isRebuildable(error, specs)) throw error
      logger.warn({ taskId, path: directory, error: String(error) }, REBUILT)
      await stores.wipe(directory)
      return open()
    }
  }
}

/** Tasks whose state lies in an application's directory. */
export function storedTasks(path: string, stores?: Pick<StoreBackend, 'list'>): readonly string[] {
  const names = stores?.list?.(path) ?? (existsSync(path) ? readdirSync(path) : [])
  return names.filter((name) => parseTaskId(name) !== undefined).sort(compareTaskIds)
}

function stillHeld(taskId: string, path: string): StreamsError {
  return new StreamsError(
    'STORE_LOCKED',
    'another thread of this instance still has the stores of the task open',
    { taskId, path },
    'It is tried again: the other thread closes them when the group takes the task away.',
  )
}
