import assert from 'node:assert/strict'
import { Backoff } from '../backoff.ts'
import type { FetchedBatch, GroupConsumer, Producer, TopicPartition } from '../log/log.ts'
import { logTrouble } from '../log-trouble.ts'
import { ChangelogRestorer } from '../restore/changelog-restorer.ts'
import type { StandbyTask } from '../standby/standby-task.ts'
import type { ActiveTask, TaskOwner } from './active-task.ts'
import { shutdownRequested } from './application-shutdown.ts'
import { encodeHeldTasks } from './assignment/held-tasks.ts'
import {
  decodeTaskAssignment,
  NOTHING_ASSIGNED,
  type TaskAssignment,
} from './assignment/task-assignment.ts'
import { type SchemaWait, SchemaWaits } from './schema-waits.ts'
import { SerdeReadiness } from './serde-readiness.ts'
import { type AssignableSubTopology, TaskAssignor } from './task-assignor.ts'
import type { ThreadContext } from './thread-context.ts'
import { ThreadMetrics } from './thread-metrics.ts'
import { nextThreadStatus, type ThreadInput, type ThreadStatus } from './thread-status.ts'
import { ThreadTasks } from './thread-tasks.ts'
import type { TopologyPlan } from './topology-plan.ts'
import { TurnSignal } from './turn-signal.ts'

export interface StreamThreadOptions {
  readonly name: string
  readonly context: ThreadContext
  /** Static membership: a thread that comes back with it has its place again. */
  readonly groupInstanceId: string | undefined
  /** Joins only to tell all instances of the application to stop; takes no tasks, and fails when they have gone. */
  readonly announcesShutdown?: boolean
  readonly onStatus: (thread: StreamThread) => void
  /** The thread has ended because of this; what it held is closed. */
  readonly onFailure: (thread: StreamThread, error: unknown) => void
}

const IDLE_WAIT_MS = 100

/** Longest stretch without giving the event loop a turn. */
const STRETCH_MS = 8

/**
 * One member of the group and the tasks assigned to it. A turn of its loop takes what was fetched, runs each task for a batch, and starts
 * the commits that are due; fetching, restoring and committing go on beside it.
 */
export class StreamThread implements TaskOwner {
  readonly name: string
  readonly restorer: ChangelogRestorer
  readonly #options: StreamThreadOptions
  readonly #context: ThreadContext
  readonly #tasks: ThreadTasks
  readonly #signal: TurnSignal
  readonly #schemas: SchemaWaits<ActiveTask>
  readonly #backoff: Backoff
  readonly metrics: ThreadMetrics
  #consumer: GroupConsumer | undefined
  #producer: Producer | undefined
  #status: ThreadStatus = 'CREATED'
  #polling = false
  #polled: readonly FetchedBatch[] = []
  /** How often each task had sought when the poll began whose records wait here. */
  #polledAfter: ReadonlyMap<ActiveTask, number> = new Map()
  #pollFailure: unknown
  #running: Promise<void> | undefined
  #stopping = false
  #leaveGroup = true
  #joins = 0
  #cancelProbe = () => {}
  #paused = false
  #rejoin = false
  #failure: { readonly error: unknown } | undefined
  #yieldedMs = 0

  constructor(options: StreamThreadOptions) {
    const { name, context } = options
    const { log, clock, logger, limits, metrics, plan } = context
    this.name = name
    this.#options = options
    this.#context = context
    this.#tasks = new ThreadTasks({
      name,
      context,
      owner: this,
      onFailure: (error) => this.#fail(error),
    })
    this.#signal = new TurnSignal(context.timers)
    this.#backoff = new Backoff({ firstMs: 100, longestMs: 2_000, timers: context.timers })
    this.restorer = new ChangelogRestorer({
      log,
      clientId: `${name}-restore`,
      clock,
      timers: context.timers,
      logger,
      listener: context.restoreListener,
      recordsMax: Math.max(limits.pollRecordsMax, 1_000),
    })
    const labels = { application: plan.applicationId, thread: name }
    this.#schemas = new SchemaWaits<ActiveTask>({
      thread: name,
      labels,
      readiness: new SerdeReadiness(plan),
      taskOf: (place) => this.#tasks.of(place),
      pause: (place) => this.consumer.pause([place]),
      resume: (place) => this.#resume(place),
      onReady: () => this.wake(),
      timers: context.timers,
      logger,
      metrics,
    })
    this.metrics = new ThreadMetrics(metrics, plan.applicationId, name, {
      status: () => this.#status,
      activeTasks: () => [...this.#tasks].length,
      standbyTasks: () => this.#tasks.standbys().length,
    })
  }

  get status(): ThreadStatus {
    return this.#status
  }

  get consumer(): GroupConsumer {
    assert(this.#consumer !== undefined, 'tasks exist only after the thread has joined')
    return this.#consumer
  }

  get producer(): Producer | undefined {
    return this.#producer
  }

  /** By task id. */
  tasks(): readonly ActiveTask[] {
    return this.#tasks.sorted()
  }

  /** Inputs of a task that wait because the schema registry does not answer. */
  schemaWaits(task: ActiveTask): readonly SchemaWait[] {
    return this.#schemas.waits(task)
  }

  start(): void {
    this.#move('start')
    this.#running = this.#run()
  }

  /** Paused, nothing is processed; what is fetched waits, and fetching stops when the queues are full. */
  setPaused(paused: boolean): void {
    this.#paused = paused
    this.wake()
  }

  /** By task id. */
  standbys(): readonly StandbyTask[] {
    return this.#tasks.standbys()
  }

  /**
   * Ends after the current turn; what was processed is committed first. Without `leaveGroup` a static member's place is kept until its session
   * ends.
   */
  async shutdown(leaveGroup: boolean): Promise<void> {
    this.#leaveGroup = leaveGroup
    this.#stop()
    await this.#running
    if (this.#status === 'CREATED') this.#move('shutdown')
    if (this.#status === 'PENDING_SHUTDOWN') this.#move('stopped')
  }

  wake(): void {
    this.#signal.raise()
  }

  taskStatusChanged(): void {
    if (this.#stopping) return
    const settled = this.#tasks.areRunning
    if (settled && this.#status === 'PARTITIONS_ASSIGNED') this.#move('tasks-running')
    else if (!settled && this.#status === 'RUNNING') this.#move('assigned')
  }

  taskLost(task: ActiveTask): void {
    this.#context.logger.warn(
      { taskId: task.taskId },
      'the task has another owner: it is closed here',
    )
    task.dirty = true
    this.#rejoin = true
    this.wake()
  }

  taskFailed(task: ActiveTask, error: unknown): void {
    task.dirty = true
    this.#fail(error)
  }

  /** For failures that are no task's: a global store that cannot go on, say. */
  fail(error: unknown): void {
    this.#fail(error)
  }

  async #run(): Promise<void> {
    try {
      await this.#join()
      while (!this.#stopping) await this.#turn()
    } catch (error) {
      this.#fail(error)
    }
    await this.#end()
  }

  async #join(): Promise<void> {
    const { log, plan, guarantee, limits } = this.#context
    const { groupInstanceId } = this.#options
    if (guarantee === 'at_least_once') {
      this.#producer = await log.createProducer({ clientId: `${this.name}-producer` })
    }
    this.#consumer = await log.createGroupConsumer({
      clientId: this.name,
      groupId: plan.applicationId,
      topics: plan.inputTopics,
      assignor: new TaskAssignor(assignableOf(plan), limits),
      rebalance: 'cooperative',
      ...(groupInstanceId === undefined ? {} : { groupInstanceId }),
      userData: () => this.#userData(),
      isolation: 'read_committed',
      onMissingOffset: 'earliest',
      positions: 'sought',
      sessionTimeoutMs: limits.sessionTimeoutMs,
      onAssigned: (partitions, userData) => this.#assigned(partitions, userData),
      onRevoked: (partitions, lost) => this.#revoked(partitions, lost),
    })
  }

  async #turn(): Promise<void> {
    const waitMs = this.#waitMs()
    await this.#fetch(waitMs)
    if (this.#rejoin) await this.#rejoinGroup()
    if (this.#stopping) return
    this.#runTasks()
    this.#startCommits()
    this.#limitBuffers()
    await this.#giveWay()
  }

  /** Waits until a fetch ends, something changes, or `waitMs` are over; hands what was fetched to the tasks. */
  async #fetch(waitMs: number): Promise<void> {
    if (!this.#polling) this.#poll(waitMs)
    await this.#signal.wait(waitMs)
    const batches = this.#polled
    this.#polled = []
    if (this.#pollFailure !== undefined) await this.#pollFailed()
    let records = 0
    this.#schemas.deliver()
    for (const batch of batches) {
      records += batch.records.length
      this.#deliver(batch)
    }
    if (records > 0) this.metrics.batchRecords.observe(records)
  }

  #poll(waitMs: number): void {
    const { clock, limits } = this.#context
    this.#polling = true
    this.metrics.polls.add(1)
    const startMs = clock.monotonicMs()
    const after = new Map([...this.#tasks].map((active) => [active, active.seeks]))
    const { pollRecordsMax: recordsMax } = limits
    this.consumer
      .poll({ maxWaitMs: Math.min(waitMs, IDLE_WAIT_MS), recordsMax })
      .then((batches) => {
        this.#polled = batches
        this.#polledAfter = after
      })
      .catch((error: unknown) => {
        this.#pollFailure = error
      })
      .finally(() => {
        this.metrics.spent('fetch', clock.monotonicMs() - startMs)
        this.#polling = false
        this.wake()
      })
  }

  async #pollFailed(): Promise<void> {
    const error = this.#pollFailure
    this.#pollFailure = undefined
    if (logTrouble(error) === 'fatal') throw error
    this.#context.logger.warn(
      { thread: this.name, error: String(error) },
      'fetching waits for the log',
    )
    await this.#backoff.wait()
  }

  #deliver(batch: FetchedBatch): void {
    this.#backoff.reset()
    const active = this.#tasks.of(batch)
    if (active === undefined) return
    active.busy = true
    if (this.#polledAfter.get(active) === active.seeks) this.#schemas.take(active, batch)
    else active.enqueueInDoubt(this.#schemas.isReadable(batch) ? batch : { ...batch, records: [] })
  }

  /** Unless its queue is full, or its task on the way out. */
  #resume(place: TopicPartition): void {
    const active = this.#tasks.of(place)
    const queue = active?.task?.queueOf(place.topic, place.partition)
    if (queue?.paused === false && active?.isClosing === false) this.consumer.resume([place])
  }

  #runTasks(): void {
    if (this.#paused) return
    const { clock, limits } = this.#context
    const { batchRecordsMax } = limits
    const startMs = clock.monotonicMs()
    for (const active of this.#tasks) {
      try {
        if (active.run(batchRecordsMax) > 0) active.busy = true
      } catch (error) {
        if (active.rebuild(error)) continue
        this.taskFailed(active, error)
        return
      }
    }
    this.metrics.spent('process', clock.monotonicMs() - startMs)
  }

  /** Due: a bound is reached or a commit was asked for; the interval is over; nothing more is at hand. */
  #startCommits(): void {
    const nowMs = this.#context.clock.monotonicMs()
    const { commitIntervalMs, drainedCommitSpacingMs } = this.#context.limits
    for (const active of this.#tasks) {
      const wasBusy = active.busy
      active.busy = false
      const { task, uncommittedSinceMs } = active
      if (task === undefined || active.isCommitting || active.dirty) continue
      if (uncommittedSinceMs === undefined) {
        // Asked for, or at a bound, with nothing to write.
        if (task.commitRequested && !task.hasUncommitted) task.commitRequested = false
        continue
      }
      const isOver = nowMs - uncommittedSinceMs >= commitIntervalMs
      const isDrained = !wasBusy && nowMs - active.lastCommitEndMs >= drainedCommitSpacingMs
      if (task.commitRequested || isOver || isDrained) active.startCommit()
    }
  }

  /** Partitions whose queue is full are not fetched until it is half empty. */
  #limitBuffers(): void {
    const { bufferedRecordsMax } = this.#context.limits
    for (const { task } of this.#tasks) {
      if (task === undefined) continue
      for (const queue of task.queues) {
        if (!queue.paused && queue.buffered >= bufferedRecordsMax) {
          queue.paused = true
          this.consumer.pause([queue])
        } else if (queue.paused && queue.buffered <= bufferedRecordsMax / 2) {
          queue.paused = false
          if (!this.#schemas.holds(queue)) this.consumer.resume([queue])
        }
      }
    }
  }

  /** How long nothing has to be done, unless something happens. */
  #waitMs(): number {
    const { clock, limits } = this.#context
    const nowMs = clock.monotonicMs()
    let waitMs = IDLE_WAIT_MS
    for (const active of this.#tasks) {
      const { task } = active
      if (task === undefined || active.isCommitting || active.isClosing || this.#paused) continue
      if (task.isReady()) return 0
      if (active.uncommittedSinceMs !== undefined) {
        const spacedMs = active.lastCommitEndMs + limits.drainedCommitSpacingMs - nowMs
        waitMs = Math.min(waitMs, Math.max(0, spacedMs))
      }
      if (task.hasBuffered && limits.maxTaskIdleMs > 0)
        waitMs = Math.min(waitMs, limits.maxTaskIdleMs)
      waitMs = Math.min(waitMs, Math.max(0, task.nextWallClockDueMs - clock.nowMs()))
    }
    return waitMs
  }

  async #giveWay(): Promise<void> {
    const { clock, timers } = this.#context
    if (clock.monotonicMs() - this.#yieldedMs < STRETCH_MS) return
    await timers.turn()
    this.#yieldedMs = clock.monotonicMs()
  }

  #userData(): Uint8Array {
    const { group, state } = this.#context
    const tasks = this.tasks()
    const ids = (some: readonly { readonly taskId: string }[]) => some.map(({ taskId }) => taskId)
    return encodeHeldTasks({
      processId: group.processId,
      applicationServer: group.applicationServer,
      active: ids(tasks),
      restoring: ids(tasks.filter(({ status }) => status !== 'RUNNING')),
      standby: ids(this.standbys()),
      stored: state.positions(),
      joins: ++this.#joins,
      ...(this.#options.announcesShutdown === true ? { shutdown: true } : {}),
    })
  }

  async #assigned(partitions: readonly TopicPartition[], userData: Uint8Array): Promise<void> {
    const { group, state, logger } = this.#context
    const assignment = decodeTaskAssignment(userData) ?? NOTHING_ASSIGNED
    group.assigned(assignment)
    if (assignment.shutdown === true) {
      this.#shutdownAsked(partitions, assignment)
      return
    }
    const added = await this.#tasks.assign(partitions, assignment, this.consumer)
    if (added.active.length > 0 || this.#status !== 'RUNNING') {
      if (!this.#stopping) this.#move('assigned')
      logger.info({ thread: this.name, ...added }, 'tasks are assigned')
    }
    await state.closeAllBut(new Set([...group.ownTasks(), ...assignment.active]))
    state.cleanUp(new Set(assignment.removable))
    this.#probeLater(assignment.probing)
    this.taskStatusChanged()
  }

  /** Who announced it stays until all others have heard: an assignment that comes too late for one of them is made anew. */
  #shutdownAsked(partitions: readonly TopicPartition[], { processes }: TaskAssignment): void {
    const { group, timers, limits } = this.#context
    // Nothing is taken any more; what was processed is committed at the end.
    this.consumer.pause(partitions)
    this.#cancelProbe()
    const isAlone = processes.every(({ processId }) => processId === group.processId)
    if (this.#options.announcesShutdown !== true || isAlone) this.#fail(shutdownRequested())
    else
      this.#cancelProbe = timers.after(2 * limits.sessionTimeoutMs, () =>
        this.#fail(shutdownRequested()),
      )
  }

  /** While tasks wait for a warm-up, the group is asked from time to time whether they may move. */
  #probeLater(probing: boolean): void {
    this.#cancelProbe()
    if (!probing || this.#stopping) return
    const { timers, limits } = this.#context
    this.#cancelProbe = timers.after(limits.probingRebalanceIntervalMs, () => {
      this.#rejoin = true
      this.wake()
    })
  }

  async #revoked(partitions: readonly TopicPartition[], lost: boolean): Promise<void> {
    const revoked = this.#tasks.reading(partitions)
    if (revoked.length === 0) return
    const tasks = revoked.map(({ taskId }) => taskId)
    this.#context.logger.info({ thread: this.name, tasks, lost }, 'tasks are revoked')
    if (!this.#stopping) this.#move('revoked')
    await this.#tasks.close(revoked, !lost)
  }

  /** Closes what was lost and asks the group who owns what. */
  async #rejoinGroup(): Promise<void> {
    this.#rejoin = false
    const lost = [...this.#tasks].filter(({ dirty }) => dirty)
    for (const active of lost) this.consumer.pause(active.inputs)
    await this.#tasks.close(lost, false)
    await this.consumer.rejoin()
  }

  #fail(error: unknown): void {
    this.#failure ??= { error }
    this.#stop()
  }

  #stop(): void {
    if (this.#stopping) return
    this.#stopping = true
    this.#schemas.end()
    this.#cancelProbe()
    this.#backoff.end()
    if (this.#status !== 'CREATED') this.#move('shutdown')
    this.wake()
  }

  async #end(): Promise<void> {
    const { logger } = this.#context
    const warn = (error: unknown) =>
      logger.warn({ thread: this.name, error: String(error) }, 'the thread did not close cleanly')
    // Revokes, and so commits and closes the tasks; those that the group already took away are left over.
    await this.#consumer?.close({ leaveGroup: this.#leaveGroup }).catch(warn)
    await this.#tasks.end()
    await this.restorer.close().catch(warn)
    await this.#producer?.close().catch(warn)
    this.metrics.remove()
    if (this.#failure === undefined) return
    this.#move('stopped')
    this.#options.onFailure(this, this.#failure.error)
  }

  #move(input: ThreadInput): void {
    const next = nextThreadStatus(this.#status, input)
    assert(next !== undefined, `thread ${this.name} is ${this.#status} and cannot ${input}`)
    this.#status = next
    this.#options.onStatus(this)
  }
}

function assignableOf({ subTopologies }: TopologyPlan): readonly AssignableSubTopology[] {
  return subTopologies.map(({ subTopology, inputs }) => ({
    id: subTopology.id,
    topics: inputs.map(({ topic }) => topic),
    stateful: subTopology.stores.some(({ logged }) => logged),
  }))
}
