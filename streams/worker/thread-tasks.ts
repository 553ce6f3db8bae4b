import type { GroupConsumer, TopicPartition } from '../log/log.ts'
import { compareTaskIds } from '../task/task-id.ts'
import { ActiveTask, type TaskOwner } from './active-task.ts'
import type { ThreadContext } from './thread-context.ts'

/** The tasks of one stream thread: what the group gives and takes, opened and closed. */
export class ThreadTasks implements Iterable<ActiveTask> {
  readonly #context: ThreadContext
  readonly #owner: TaskOwner
  readonly #active = new Map<string, ActiveTask>()

  constructor(context: ThreadContext, owner: TaskOwner) {
    this.#context = context
    this.#owner = owner
  }

  [Symbol.iterator](): Iterator<ActiveTask> {
    return this.#active.values()
  }

  /** By task id. */
  sorted(): readonly ActiveTask[] {
    return [...this.#active.values()].sort((a, b) => compareTaskIds(a.taskId, b.taskId))
  }

  get ids(): readonly string[] {
    return [...this.#active.keys()]
  }

  /** Whether every task runs. */
  get areRunning(): boolean {
    return [...this.#active.values()].every(({ status }) => status === 'RUNNING')
  }

  of(place: TopicPartition): ActiveTask | undefined {
    const taskId = this.#context.plan.taskOf(place)
    return taskId === undefined ? undefined : this.#active.get(taskId)
  }

  /** Begins the tasks that read these partitions. @returns their ids */
  assign(partitions: readonly TopicPartition[], consumer: GroupConsumer): readonly string[] {
    const taskIds = new Set<string>()
    for (const place of partitions) {
      const taskId = this.#context.plan.taskOf(place)
      if (taskId !== undefined && !this.#active.has(taskId)) taskIds.add(taskId)
    }
    const added = [...taskIds].sort(compareTaskIds)
    for (const taskId of added) {
      const active = new ActiveTask(this.#context, this.#owner, taskId)
      this.#active.set(taskId, active)
      // Fetched again from the committed offset once the task is ready.
      consumer.pause(active.inputs)
      active.start()
    }
    return added
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

  async #close(active: ActiveTask, commit: boolean): Promise<void> {
    try {
      await active.close(commit)
    } catch (error) {
      const { taskId } = active
      this.#context.logger.error({ taskId, error: String(error) }, 'the task did not close cleanly')
    } finally {
      this.#active.delete(active.taskId)
    }
  }
}
