import type { GroupConsumer, TopicPartition } from '../log/log.ts'
import { StandbyReader } from '../standby/standby-reader.ts'
import { StandbyTask } from '../standby/standby-task.ts'
import { compareTaskIds } from '../task/task-id.ts'
import { ActiveTask, type TaskOwner } from './active-task.ts'
import { NOTHING_ASSIGNED, type TaskAssignment } from './assignment/task-assignment.ts'
import type { ThreadContext } from './thread-context.ts'

export interface ThreadTasksOptions {
  readonly name: string
  readonly context: ThreadContext
  readonly owner: TaskOwner
  /** A standby task cannot go on. */
  readonly onFailure: (error: unknown) => void
}

/** The tasks of one stream thread, active and standby: what the group gives and takes, opened and closed. */
export class ThreadTasks implements Iterable<ActiveTask> {
  readonly #options: ThreadTasksOptions
  readonly #context: ThreadContext
  readonly #active = new Map<string, ActiveTask>()
  readonly #standbys = new Map<string, StandbyTask>()
  readonly #reader: StandbyReader
  #assignment: TaskAssignment = NOTHING_ASSIGNED
  #closed = false

  constructor(options: ThreadTasksOptions) {
    const { name, context, onFailure } = options
    this.#options = options
    this.#context = context
    this.#reader = new StandbyReader({
      log: context.log,
      clientId: `${name}-standby`,
      timers: context.timers,
      logger: context.logger,
      recordsMax: Math.max(context.limits.pollRecordsMax, 1_000),
      onFailure,
    })
  }

  [Symbol.iterator](): Iterator<ActiveTask> {
    return this.#active.values()
  }

  /** By task id. */
  sorted(): readonly ActiveTask[] {
    return [...this.#active.values()].sort((a, b) => compareTaskIds(a.taskId, b.taskId))
  }

  /** By task id. */
  standbys(): readonly StandbyTask[] {
    return [...this.#standbys.values()].sort((a, b) => compareTaskIds(a.taskId, b.taskId))
  }

  /** As of the last rebalance. */
  get assignment(): TaskAssignment {
    return this.#assignment
  }

  /** Whether every active task runs. */
  get areRunning(): boolean {
    return [...this.#active.values()].every(({ status }) => status === 'RUNNING')
  }

  of(place: TopicPartition): ActiveTask | undefined {
    const taskId = this.#context.plan.taskOf(place)
    return taskId === undefined ? undefined : this.#active.get(taskId)
  }

  /**
   * Carries an assignment out: tasks that run go on; those that read new partitions begin, out of standbys where there are some; standbys come
   * and go. @returns what is new
   */
  async assign(
    partitions: readonly TopicPartition[],
    assignment: TaskAssignment,
    consumer: GroupConsumer,
  ): Promise<{ readonly active: readonly string[]; readonly standby: readonly string[] }> {
    this.#assignment = assignment
    const added = this.#missing([...partitions, ...consumer.assignment()])
    // What another member has yet to give up is followed until then.
    const followed = new Set([...assignment.standby, ...assignment.active])
    const leaving = this.standbys().filter(
      ({ taskId }) => added.includes(taskId) || !followed.has(taskId),
    )
    await Promise.all(leaving.map((standby) => this.#closeStandby(standby)))
    for (const taskId of added) this.#begin(taskId, consumer)
    const standby = this.#closed
      ? []
      : assignment.standby.filter((taskId) => this.#mayFollow(taskId))
    for (const taskId of standby) this.#follow(taskId)
    return { active: added, standby }
  }

  /** Those that read one of these partitions. */
  reading(partitions: readonly TopicPartition[]): readonly ActiveTask[] {
    const taskIds = new Set(partitions.map((place) => this.#context.plan.taskOf(place)))
    return [...this.#active.values()].filter(({ taskId }) => taskIds.has(taskId))
  }

  /** Closes these, and forgets them. `commit`: what they processed is committed first. */
  async close(tasks: readonly ActiveTask[], commit: boolean): Promise<void> {
    await Promise.all(tasks.map((active) => this.#close(active, commit)))
  }

  /** Commits and closes what is left, ends the standbys: no more come. */
  async end(): Promise<void> {
    this.#closed = true
    await this.close(this.sorted(), true)
    await Promise.all(this.standbys().map((standby) => this.#closeStandby(standby)))
    await this.#reader.close()
  }

  /** Tasks that read these partitions and are not there: they are new, or were closed because a commit was refused. */
  #missing(partitions: readonly TopicPartition[]): readonly string[] {
    const taskIds = new Set<string>()
    for (const place of partitions) {
      const taskId = this.#context.plan.taskOf(place)
      if (taskId !== undefined && !this.#active.has(taskId)) taskIds.add(taskId)
    }
    return [...taskIds].sort(compareTaskIds)
  }

  #begin(taskId: string, consumer: GroupConsumer): void {
    const active = new ActiveTask(this.#context, this.#options.owner, taskId)
    this.#active.set(taskId, active)
    this.#options.owner.metrics.tasksCreated.add(1)
    // Fetched again from the committed offset once the task is ready.
    consumer.pause(active.inputs)
    active.start()
  }

  #mayFollow(taskId: string): boolean {
    const standby = this.#standbys.get(taskId)
    // One that was handed over to another thread here has ended.
    if (standby !== undefined && standby.status !== 'CLOSED') return false
    return !this.#active.has(taskId)
  }

  #follow(taskId: string): void {
    const { onFailure } = this.#options
    const standby = new StandbyTask(this.#context, this.#reader, taskId, onFailure)
    this.#standbys.set(taskId, standby)
    standby.start()
  }

  async #close(active: ActiveTask, commit: boolean): Promise<void> {
    this.#options.owner.metrics.tasksClosed.add(1)
    try {
      await active.close(commit)
    } catch (error) {
      const { taskId } = active
      this.#context.logger.error({ taskId, error: String(error) }, 'the task did not close cleanly')
    } finally {
      if (this.#active.get(active.taskId) === active) this.#active.delete(active.taskId)
    }
  }

  async #closeStandby(standby: StandbyTask): Promise<void> {
    const { taskId } = standby
    try {
      await standby.close()
    } catch (error) {
      const { logger } = this.#context
      logger.error({ taskId, error: String(error) }, 'the standby task did not close cleanly')
    } finally {
      if (this.#standbys.get(taskId) === standby) this.#standbys.delete(taskId)
    }
  }
}
