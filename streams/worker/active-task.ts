import assert from 'node:assert/strict'
import { Backoff } from '../backoff.ts'
import { StreamsError } from '../errors.ts'
import type { FetchedBatch, GroupConsumer, Producer, TransactionalProducer } from '../log/log.ts'
import { logTrouble } from '../log-trouble.ts'
import type { ChangelogRestorer, Restoration } from '../restore/changelog-restorer.ts'
import type { TaskStores } from '../store.ts'
import { type CommitParticipants, commitAtLeastOnce, commitExactlyOnce } from '../task/commit.ts'
import type { RecordFailure } from '../task/failed-record.ts'
import { RecordRetries } from '../task/record-retries.ts'
import { StoreMetrics } from '../task/store-metrics.ts'
import { StreamTask } from '../task/stream-task.ts'
import type { TaskInput } from '../task/task-options.ts'
import {
  nextTaskStatus,
  type TaskInput as TaskEvent,
  type TaskStatus,
} from '../task/task-status.ts'
import type { InputPosition } from '../task/transaction-schedule.ts'
import { BoundedTransactions } from './bounded-transactions.ts'
import { TaskState } from './task-state.ts'
import type { ThreadContext } from './thread-context.ts'
import type { ThreadMetrics } from './thread-metrics.ts'
import type { PlannedInput } from './topology-plan.ts'

/** What a task needs of the thread that runs it. */
export interface TaskOwner {
  readonly consumer: GroupConsumer
  readonly restorer: ChangelogRestorer
  readonly metrics: ThreadMetrics
  /** One for all tasks of the thread, under `at_least_once`. */
  readonly producer: Producer | undefined
  /** Something changed; the thread may have something to do. */
  wake(): void
  taskStatusChanged(): void
  /** Another owner has it. */
  taskLost(task: ActiveTask): void
  taskFailed(task: ActiveTask, error: unknown): void
}

/**
 * A task with its stores, producer and place in the group: begins, restores, runs, commits, closes. What can wait is awaited here; records
 * are processed by `StreamTask`, synchronously.
 */
export class ActiveTask {
  readonly taskId: string
  readonly inputs: readonly PlannedInput[]
  /** A transaction may not be committed any more: the task failed in the middle of one. */
  dirty = false
  /** How often it has begun and sought its inputs. */
  seeks = 0
  /** How often a position of the consumer was set for it: what a poll brings that began before is in doubt. */
  repositions = 0
  /** Processed or received something in this turn of the thread. */
  busy = false
  uncommittedSinceMs: number | undefined
  lastCommitEndMs = Number.NEGATIVE_INFINITY
  /** How long the last commit took. */
  lastCommitMs = 0
  readonly #context: ThreadContext
  readonly #owner: TaskOwner
  readonly #backoff: Backoff
  readonly #state: TaskState
  readonly #retries: RecordRetries
  #status: TaskStatus = 'CREATED'
  #task: StreamTask | undefined
  #storeMetrics: StoreMetrics | undefined
  #transactional: TransactionalProducer | undefined
  #opening: Promise<void> | undefined
  #committing: Promise<void> | undefined
  #closing = false

  constructor(context: ThreadContext, owner: TaskOwner, taskId: string) {
    this.taskId = taskId
    this.#context = context
    this.#owner = owner
    this.#backoff = new Backoff({ firstMs: 50, longestMs: 2_000, timers: context.timers })
    this.#retries = new RecordRetries(
      (delayMs, callback) => context.timers.after(delayMs, callback),
      () => owner.wake(),
    )
    this.#state = new TaskState(context, taskId, { handOver: undefined })
    const { subTopology, partition } = this.#state
    this.inputs = context.plan.inputsOf(subTopology.id, partition)
  }

  get status(): TaskStatus {
    return this.#status
  }

  /** Undefined until every store is restored. */
  get task(): StreamTask | undefined {
    return this.#status === 'RUNNING' ? this.#task : undefined
  }

  get stores(): TaskStores | undefined {
    return this.#status === 'RUNNING' ? this.#state.stores : undefined
  }

  get #labels() {
    return { application: this.#context.plan.applicationId, task: this.taskId }
  }

  get isCommitting(): boolean {
    return this.#committing !== undefined
  }

  get isClosing(): boolean {
    return this.#closing
  }

  /** Begins in the background: fences predecessors, reads offsets, restores, seeks. Repeats while the log is away. */
  start(): void {
    this.#opening = this.#open().finally(() => {
      this.#opening = undefined
      this.#owner.wake()
    })
  }

  enqueue(batch: FetchedBatch): void {
    this.task?.enqueue(batch)
  }

  /**
   * A batch that may have been fetched before the task began anew: unless it is the very next one, taking it would skip or repeat records. What
   * follows is sought in any case.
   */
  enqueueInDoubt(batch: FetchedBatch): void {
    const queue = this.task?.queueOf(batch.topic, batch.partition)
    if (queue === undefined) return
    if (batch.records[0]?.offset === queue.fetchedTo) queue.add(batch)
    // A poll that is under way may bring the same records once more: it is in doubt, too.
    this.repositions++
    this.#owner.consumer.seek(queue, queue.fetchedTo)
  }

  /** Processes up to `recordsMax` records, and due punctuations. @throws {StreamsError} what stops the task */
  run(recordsMax: number): number {
    const task = this.task
    if (task === undefined || this.isCommitting || this.#closing || task.commitRequested) return 0
    const done = task.run(recordsMax)
    const isNew = this.uncommittedSinceMs === undefined && (done > 0 || task.commitRequested)
    if (isNew && task.hasUncommitted) {
      this.uncommittedSinceMs = this.#context.clock.monotonicMs()
    }
    return done
  }

  /** Starts to commit what is uncommitted; the task takes no record until it ends. */
  startCommit(): void {
    if (this.#committing !== undefined || this.#closing || this.task === undefined) return
    this.#committing = this.#commit().finally(() => {
      this.#committing = undefined
      this.#owner.wake()
    })
  }

  /** Commits what is left if it may, and lets go of everything. State stays on disk as of the last commit. */
  async close(commit: boolean): Promise<void> {
    if (this.#closing) return
    this.#closing = true
    this.#backoff.end()
    this.#retries.close()
    this.#owner.restorer.cancel(this.taskId)
    await this.#opening
    await this.#committing
    if (commit && !this.dirty && this.task?.hasUncommitted === true) await this.#commit()
    this.#move('suspend')
    const failure = this.#task?.close()
    if (failure !== undefined) this.#warn(failure, 'a processor failed to close')
    await this.#transactional
      ?.close()
      .catch((error) => this.#warn(error, 'a producer did not close'))
    // Also those of a task that was never made. A store that is closed cannot be asked for its size.
    this.#context.metrics.remove(this.#labels)
    this.#state.release()
    this.#move('close')
  }

  async #open(): Promise<void> {
    while (!this.#closing) {
      try {
        await this.#openOnce()
        this.#backoff.reset()
        return
      } catch (error) {
        if (this.#closing) return
        // Another thread or process may still be closing what it has lost to this one.
        const isLocked = error instanceof StreamsError && error.code === 'STORE_LOCKED'
        const isMended = isLocked || this.#state.rebuildAfter(error)
        const trouble = isMended ? 'begin-again' : logTrouble(error)
        if (trouble === 'fenced') this.#owner.taskLost(this)
        if (trouble === 'fatal') this.#owner.taskFailed(this, error)
        if (trouble !== 'begin-again') return
        this.#warn(error, 'the task cannot begin yet')
        if (this.#status !== 'CREATED') this.#move('revive')
        await this.#backoff.wait()
      }
    }
  }

  /** The producer first: it fences and completes what a predecessor left, so that offsets and changelog ends are final. */
  async #openOnce(): Promise<void> {
    await this.#initProducer()
    const inputs = await this.#readInputs()
    const restorations = await this.#state.restorations()
    if (this.#closing) return
    this.#move('opened')
    await this.#restore(restorations)
    if (this.#closing) return
    this.#task = this.#makeTask(inputs, await this.#state.open())
    this.#task.init()
    this.#move('restored')
    const { consumer } = this.#owner
    for (const { topic, partition, position } of inputs)
      consumer.seek({ topic, partition }, position)
    this.seeks++
    this.repositions++
    consumer.resume(this.inputs)
  }

  async #initProducer(): Promise<void> {
    const { log, plan, guarantee, clock, timers } = this.#context
    if (guarantee === 'at_least_once') return
    const { transactionTimeoutMs } = this.#context.limits
    const transactionalId = `${plan.applicationId}-${this.taskId}`
    this.#transactional ??= new BoundedTransactions({
      transactionalId,
      open: () =>
        log.createTransactionalProducer({
          clientId: transactionalId,
          transactionalId,
          transactionTimeoutMs,
        }),
      transactionTimeoutMs,
      clock,
      timers,
    })
    await this.#transactional.init()
  }

  async #readInputs(): Promise<TaskInput[]> {
    const { admin } = this.#context.log
    const committed = await this.#owner.consumer.committed(this.inputs)
    const ends = await admin.offsets(this.inputs, 'stable')
    const starts = await admin.offsets(this.inputs, 'earliest')
    return this.inputs.map((input, index) => {
      const endOffset = ends[index] ?? 0
      const start = this.#resetTo(input) === 'latest' ? endOffset : (starts[index] ?? 0)
      const commit = committed[index]
      if (commit === undefined) return { ...input, position: start, endOffset, metadata: undefined }
      if (commit.offset <= endOffset) {
        return { ...input, position: commit.offset, endOffset, metadata: commit.metadata }
      }
      const { topic, partition } = input
      const place = { topic, partition, offset: commit.offset, endOffset, taskId: this.taskId }
      this.#context.logger.warn(
        place,
        `the input lost its end or was made anew: going on at ${start}`,
      )
      return { ...input, position: start, endOffset, metadata: undefined }
    })
  }

  #resetTo({ logicalTopic }: PlannedInput): 'earliest' | 'latest' {
    for (const node of this.#state.subTopology.nodes) {
      if (node.kind === 'source' && node.topics.includes(logicalTopic)) return node.onMissingOffset
    }
    return 'earliest'
  }

  async #restore(restorations: readonly Restoration[]): Promise<void> {
    const managed = await this.#state.managed()
    this.#storeMetrics = new StoreMetrics(this.#context.metrics, this.#labels, managed)
    await this.#owner.restorer.restore(restorations, this.#storeMetrics)
  }

  #makeTask(inputs: readonly TaskInput[], stores: TaskStores): StreamTask {
    const { plan, globals, clock, handlers, metrics, limits } = this.#context
    const { deadLetter, deadLetterLog, deadLetterDropped, dropLog, recordCacheBudget } =
      this.#context
    return new StreamTask({
      applicationId: plan.applicationId,
      topologyName: plan.topology.name,
      taskId: this.taskId,
      partition: this.#state.partition,
      subTopology: this.#state.subTopology,
      physicalTopic: plan.physicalTopic,
      changelogTopic: plan.changelogTopic,
      partitionCounts: (topic) => plan.partitionCounts.get(topic),
      inputs,
      stores,
      globals,
      clock,
      handlers,
      deadLetter,
      deadLetterLog,
      deadLetterDropped,
      dropLog,
      retries: this.#retries,
      onRetry: (failure, at) => this.#retrying(failure, at),
      metrics,
      recordCacheBudget,
      bounds: limits,
      maxTaskIdleMs: limits.maxTaskIdleMs,
      schedule: this.#context.schedule,
    })
  }

  async #commit(): Promise<void> {
    const { clock, log, probe } = this.#context
    const task = this.#task
    const { stores } = this.#state
    assert(task !== undefined && stores !== undefined)
    const startMs = clock.monotonicMs()
    const { consumer, producer } = this.#owner
    const participants: CommitParticipants = { task, stores, consumer, admin: log.admin, probe }
    try {
      if (this.#transactional !== undefined) {
        await commitExactlyOnce(participants, this.#transactional)
      } else {
        assert(producer !== undefined)
        await commitAtLeastOnce(participants, producer)
      }
      this.uncommittedSinceMs = undefined
      this.lastCommitEndMs = clock.monotonicMs()
      this.lastCommitMs = this.lastCommitEndMs - startMs
      this.#storeMetrics?.report()
      task.metrics.commits.add(1)
      task.metrics.commitLatencyMs.observe(this.lastCommitMs)
      this.#owner.metrics.spent('commit', this.lastCommitMs)
    } catch (error) {
      this.#commitFailed(error)
    }
  }

  #commitFailed(error: unknown): void {
    this.dirty = true
    switch (logTrouble(error)) {
      case 'fenced':
        this.#owner.taskLost(this)
        break
      case 'begin-again':
        this.#revive(error)
        break
      case 'fatal':
        if (!this.rebuild(error)) this.#owner.taskFailed(this, error)
        break
    }
  }

  /** Begins anew with stores from their changelogs, if the failure is damage that these make good. @returns whether it is */
  rebuild(error: unknown): boolean {
    if (this.#closing || !this.#state.rebuildAfter(error)) return false
    this.#beginAgain()
    return true
  }

  /** Drops what is uncommitted and begins as after an assignment: the log says what came of the transaction. */
  #revive(error: unknown): void {
    if (this.#closing) {
      this.#warn(error, 'the last commit of a closing task has an unknown outcome')
      return
    }
    this.#warn(error, 'the outcome of a commit is unknown: the task begins again')
    this.#beginAgain()
  }

  #beginAgain(): void {
    this.#owner.consumer.pause(this.inputs)
    this.#task?.close()
    this.#task = undefined
    this.#state.stores?.discard()
    this.uncommittedSinceMs = undefined
    this.dirty = false
    this.#move('revive')
    this.start()
  }

  #move(input: TaskEvent): void {
    const next = nextTaskStatus(this.#status, input)
    assert(next !== undefined, `task ${this.taskId} is ${this.#status} and cannot ${input}`)
    this.#status = next
    this.#owner.taskStatusChanged()
  }

  #retrying({ node, cause, delayMs }: RecordFailure, at: InputPosition): void {
    const { topic, partition, offset } = at
    const place = { topic, partition, offset, taskId: this.taskId, node }
    const { code, what } = cause
    this.#context.logger.warn(
      { ...place, code, error: what, attempts: this.#retries.attemptsAt(at), delayMs },
      'a record failed and is tried again; its task waits',
    )
  }

  #warn(error: unknown, message: string): void {
    this.#context.logger.warn({ taskId: this.taskId, error: String(error) }, message)
  }
}
