import assert from 'node:assert/strict'
import { Backoff } from '../backoff.ts'
import type { FetchedBatch, GroupConsumer, Producer, TopicPartition } from '../log/log.ts'
import { logTrouble } from '../log-trouble.ts'
import { ChangelogRestorer } from '../restore/changelog-restorer.ts'
import type { StandbyTask } from '../standby/standby-task.ts'
import type { ActiveTask, TaskOwner } from './active-task.ts'
import { shutdownRequested, shutdownWaitMs } from './application-shutdown.ts'
import { decodeTaskAssignment, NOTHING_ASSIGNED } from './assignment/task-assignment.ts'
import { limitBuffers } from './buffer-limits.ts'
import { idleMs, startDueCommits } from './due-work.ts'
import { heldByThread } from './held-by-thread.ts'
import { PendingPoll, type PolledBatches } from './pending-poll.ts'
import { type SchemaWait, SchemaWaits } from './schema-waits.ts'
import { SerdeReadiness } from './serde-readiness.ts'
import type { StreamThreadOptions } from './stream-thread-options.ts'
import { assignableSubTopologies, TaskAssignor } from './task-assignor.ts'
import type { ThreadContext } from './thread-context.ts'
import { ThreadMetrics } from './thread-metrics.ts'
import { nextThreadStatus, type ThreadInput, type ThreadStatus } from './thread-status.ts'
import { ThreadTasks } from './thread-tasks.ts'
import { TurnSignal } from './turn-signal.ts'

/** Whatever there is to do wakes the thread; this bounds only how late it sees that the wall clock was set. */
const IDLE_WAIT_MS = 500

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
  readonly #poll: PendingPoll
  readonly metrics: ThreadMetrics
  #consumer: GroupConsumer | undefined
  #producer: Producer | undefined
  #status: ThreadStatus = 'CREATED'
  #running: Promise<void> | undefined
  #stopping = false
  #leaveGroup = true
  #joins = 0
  #cancelLater = () => {}
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
    this.#poll = new PendingPoll(clock, (elapsedMs) => {
      this.metrics.spent('fetch', elapsedMs)
      this.wake()
    })
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

  /** Ends after the current turn, with everything committed. Without `leaveGroup` a static member's place is kept until its session ends. */
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
    this.#askGroup()
  }

  taskFailed(task: ActiveTask, error: unknown): void {
    task.dirty = true
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
      assignor: new TaskAssignor(assignableSubTopologies(plan), limits),
      rebalance: 'cooperative',
      ...(groupInstanceId === undefined ? {} : { groupInstanceId }),
      userData: () =>
        heldByThread(this.#context, {
          tasks: this.tasks(),
          standbys: this.standbys(),
          joins: ++this.#joins,
          announcesShutdown: this.#options.announcesShutdown === true,
        }),
      isolation: 'read_committed',
      onMissingOffset: 'earliest',
      positions: 'sought',
      sessionTimeoutMs: limits.sessionTimeoutMs,
      onAssigned: (partitions, userData) => this.#assigned(partitions, userData),
      onRevoked: (partitions, lost) => this.#revoked(partitions, lost),
    })
  }

  async #turn(): Promise<void> {
    await this.#fetch(this.#waitMs())
    if (this.#rejoin) await this.#rejoinGroup()
    if (this.#stopping) return
    this.#runTasks()
    const { clock, limits } = this.#context
    startDueCommits(this.#tasks, clock.monotonicMs(), limits)
    limitBuffers(this.#tasks, limits.bufferedRecordsMax, {
      pause: (queue) => this.consumer.pause([queue]),
      resume: (queue) => {
        if (!this.#schemas.holds(queue)) this.consumer.resume([queue])
      },
    })
    await this.#giveWay()
  }

  /** Waits until a fetch ends, something changes, or `waitMs` are over; hands what was fetched to the tasks. */
  async #fetch(waitMs: number): Promise<void> {
    if (this.#poll.isIdle) this.#startPoll(waitMs)
    await this.#signal.wait(waitMs)
    const polled = this.#poll.take()
    if (polled.failure !== undefined) await this.#pollFailed(polled.failure.error)
    let records = 0
    this.#schemas.deliver()
    for (const batch of polled.batches) {
      records += batch.records.length
      this.#deliver(batch, polled)
    }
    if (records > 0) this.metrics.batchRecords.observe(records)
  }

  #startPoll(waitMs: number): void {
    this.metrics.polls.add(1)
    this.#poll.start(this.consumer, this.#tasks, {
      maxWaitMs: Math.min(waitMs, IDLE_WAIT_MS),
      recordsMax: this.#context.limits.pollRecordsMax,
    })
  }

  async #pollFailed(error: unknown): Promise<void> {
    if (logTrouble(error) === 'fatal') throw error
    this.#context.logger.warn(
      { thread: this.name, error: String(error) },
      'fetching waits for the log',
    )
    await this.#backoff.wait()
  }

  #deliver(batch: FetchedBatch, polled: PolledBatches): void {
    this.#backoff.reset()
    const active = this.#tasks.of(batch)
    if (active === undefined) return
    active.busy = true
    if (!polled.soughtSince(active)) this.#schemas.take(active, batch)
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

  #waitMs(): number {
    if (this.#paused) return IDLE_WAIT_MS
    const { clock, limits } = this.#context
    const now = { monotonicMs: clock.monotonicMs(), wallClockMs: clock.nowMs() }
    return idleMs(this.#tasks, now, limits, IDLE_WAIT_MS)
  }

  async #giveWay(): Promise<void> {
    const { clock, timers } = this.#context
    if (clock.monotonicMs() - this.#yieldedMs < STRETCH_MS) return
    await timers.turn()
    this.#yieldedMs = clock.monotonicMs()
  }

  async #assigned(partitions: readonly TopicPartition[], userData: Uint8Array): Promise<void> {
    const { group, state, logger, limits } = this.#context
    const assignment = decodeTaskAssignment(userData) ?? NOTHING_ASSIGNED
    group.assigned(assignment)
    if (assignment.shutdown === true) {
      // Nothing is taken any more; what was processed is committed at the end.
      this.consumer.pause(partitions)
      const waitMs = shutdownWaitMs(this.#context, assignment, this.#options.announcesShutdown)
      if (waitMs > 0) this.#later(waitMs, () => this.#fail(shutdownRequested()))
      else this.#fail(shutdownRequested())
      return
    }
    const added = await this.#tasks.assign(partitions, assignment, this.consumer)
    if (added.active.length > 0 || this.#status !== 'RUNNING') {
      if (!this.#stopping) this.#move('assigned')
      logger.info({ thread: this.name, ...added }, 'tasks are assigned')
    }
    await state.closeAllBut(new Set([...group.ownTasks(), ...assignment.active]))
    state.cleanUp(new Set(assignment.removable))
    this.#cancelLater()
    // While tasks wait for a warm-up, the group is asked from time to time whether they may move.
    if (assignment.probing) this.#later(limits.probingRebalanceIntervalMs, () => this.#askGroup())
    this.taskStatusChanged()
  }

  /** One thing at a time is waited for: that the group may be asked again, or that the instance may end. */
  #later(waitMs: number, act: () => void): void {
    this.#cancelLater()
    if (!this.#stopping) this.#cancelLater = this.#context.timers.after(waitMs, act)
  }

  async #revoked(partitions: readonly TopicPartition[], lost: boolean): Promise<void> {
    const revoked = this.#tasks.reading(partitions)
    if (revoked.length === 0) return
    const tasks = revoked.map(({ taskId }) => taskId)
    this.#context.logger.info({ thread: this.name, tasks, lost }, 'tasks are revoked')
    if (!this.#stopping) this.#move('revoked')
    await this.#tasks.close(revoked, !lost)
  }

  #askGroup(): void {
    this.#rejoin = true
    this.wake()
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
    this.#cancelLater()
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
