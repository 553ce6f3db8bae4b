import assert from 'node:assert/strict'
import { join } from 'node:path'
import { StreamsError } from './errors.ts'
import { logTrouble } from './log-trouble.ts'
import { LocalKeyValueStore } from './queries/local-key-value-store.ts'
import type { LocalStorePart } from './queries/local-parts.ts'
import { LocalSessionStore } from './queries/local-session-store.ts'
import { LocalVersionedStore } from './queries/local-versioned-store.ts'
import { LocalWindowStore } from './queries/local-window-store.ts'
import { Position } from './queries/position.ts'
import { GlobalReader } from './restore/global-reader.ts'
import { GlobalTables } from './restore/global-tables.ts'
import { prepareSerdes } from './serde-preparation.ts'
import type {
  ReadOnlyKeyValueStore,
  ReadOnlySessionStore,
  ReadOnlyVersionedKeyValueStore,
  ReadOnlyWindowStore,
} from './store.ts'
import {
  describeTask,
  type PartitionLag,
  type StoreChecksum,
  type StreamsMetadata,
} from './streams-metadata.ts'
import { limitsOf, type StreamsLimits, type StreamsOptions } from './streams-options.ts'
import { nextStreamsStatus, type StreamsInput, type StreamsStatus } from './streams-status.ts'
import { RecordCacheBudget } from './task/record-cache-budget.ts'
import { RecordLog } from './task/record-log.ts'
import { systemTimers, type Timers } from './timers.ts'
import type { ActiveTask } from './worker/active-task.ts'
import { StreamThread } from './worker/stream-thread.ts'
import type { ThreadContext } from './worker/thread-context.ts'
import { planOnLog, type TopologyPlan } from './worker/topology-plan.ts'

export type StateListener = (state: StreamsStatus, before: StreamsStatus) => void

// Over 400 lines with its documentation: what an application offers is one class.

const PURGE_INTERVAL_MS = 30_000
const REPLACEMENT_MEMORY_MS = 60_000
const CLOSE_DEADLINE_MS = 10_000
const DEAD_LETTERED = 'records were put on the dead-letter topic; this is the latest'
const DROPPED = 'records were left out; this is the latest'

/**
 * One instance of a stream-processing application: the threads that run a topology's tasks here.
 *
 * @example
 * const streams = new Streams({ topology, applicationId: 'totals', log, stores, directory, clock, logger, metrics })
 * await streams.start()
 * await streams.reached('RUNNING')
 * streams.store<string, number>('totals').get('EURUSD')
 * await streams.close({ deadlineMs: 10_000 })
 */
export class Streams {
  readonly #options: StreamsOptions
  readonly #limits: StreamsLimits
  readonly #timers: Timers
  readonly #listeners = new Set<StateListener>()
  readonly #deadLetterLog: RecordLog
  readonly #dropLog: RecordLog
  readonly #recordCacheBudget: RecordCacheBudget
  #state: StreamsStatus = 'CREATED'
  #context: ThreadContext | undefined
  #threads: StreamThread[] = []
  #globals: GlobalTables | undefined
  #globalReader: GlobalReader | undefined
  #purging: (() => void) | undefined
  #paused = false
  #error: unknown
  #failing: Promise<void> | undefined
  #closing: Promise<void> | undefined
  #replacements: number[] = []
  #threadCount = 0

  /** @throws {StreamsError} STREAMS_INVALID_OPTION */
  constructor(options: StreamsOptions) {
    this.#options = options
    this.#timers = options.timers ?? systemTimers
    this.#limits = limitsOf(options)
    const { logger, clock } = options
    this.#deadLetterLog = new RecordLog(logger, clock, DEAD_LETTERED)
    this.#dropLog = new RecordLog(logger, clock, DROPPED)
    this.#recordCacheBudget = new RecordCacheBudget(this.#limits.recordCacheBytesMax)
  }

  /**
   * Registers schemas, creates internal topics, fills global stores, starts the threads. Resolves when they are started; `reached` tells
   * when they run.
   * @throws {StreamsError} STREAMS_MISSING_TOPIC, LOG_TOPIC_DIFFERS, and what serdes throw of incompatible schemas
   */
  async start(): Promise<void> {
    this.#move('start')
    try {
      const { topology, applicationId, log } = this.#options
      const plan = await planOnLog(topology, applicationId, log.admin)
      await prepareSerdes(plan)
      if (plan.internalTopics.length > 0) await log.admin.createTopics(plan.internalTopics)
      await this.#startGlobals(plan)
      if (this.#closing !== undefined) {
        await this.#release()
        return
      }
      this.#context = this.#makeContext(plan)
      for (let index = 0; index < this.#limits.threads; index++) this.#startThread()
      this.#startPurging(plan)
    } catch (error) {
      this.#error = error
      await this.#fail(error)
      throw error
    }
  }

  state(): StreamsStatus {
    return this.#state
  }

  /** What put the application into ERROR. */
  error(): unknown {
    return this.#error
  }

  /** @returns a function that removes the listener */
  onStateChange(listener: StateListener): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Resolves when the application is in this state. @throws what stopped it, when it ends in another one */
  async reached(wanted: StreamsStatus): Promise<void> {
    if (this.#state === wanted) return
    await new Promise<void>((resolve, reject) => {
      const remove = this.onStateChange((state) => {
        const ended = state === 'ERROR' || state === 'NOT_RUNNING'
        if (state !== wanted && !ended) return
        remove()
        if (state === wanted) resolve()
        else reject(this.#error ?? new Error(`the application is ${state}`))
      })
    })
  }

  /** Nothing is processed until `resume`; tasks keep their partitions, what was processed is committed. */
  pause(): void {
    this.#paused = true
    for (const thread of this.#threads) thread.setPaused(true)
  }

  resume(): void {
    this.#paused = false
    for (const thread of this.#threads) thread.setPaused(false)
  }

  get isPaused(): boolean {
    return this.#paused
  }

  /** Commits what was processed and ends. At the deadline what is left is abandoned: it is taken again at the next start. */
  close(options: { readonly deadlineMs?: number } = {}): Promise<void> {
    this.#closing ??= this.#close(options.deadlineMs ?? CLOSE_DEADLINE_MS)
    return this.#closing
  }

  metadata(): StreamsMetadata {
    const { applicationId, topology } = this.#options
    const threads = this.#threads.map((thread) => ({
      name: thread.name,
      state: thread.status,
      tasks: thread.tasks().map(describeTask),
    }))
    return { applicationId, topology: topology.name, state: this.#state, threads }
  }

  /**
   * Committed entries of a key-value store, over all local tasks, or of a global one. Reads never see a transaction that is not committed.
   * @throws {StreamsError} STREAMS_STORE_NOT_AVAILABLE at a read, while no local task runs with it
   */
  store<K, V>(name: string): ReadOnlyKeyValueStore<K, V> {
    return new LocalKeyValueStore<K, V>(name, () => this.#parts(name))
  }

  /** As `store`, of windows. @throws {StreamsError} STREAMS_STORE_NOT_AVAILABLE, STREAMS_STORE_KIND at a read */
  windowStore<K, V>(name: string): ReadOnlyWindowStore<K, V> {
    return new LocalWindowStore<K, V>(name, () => this.#parts(name))
  }

  /** As `store`, of sessions. @throws {StreamsError} STREAMS_STORE_NOT_AVAILABLE, STREAMS_STORE_KIND at a read */
  sessionStore<K, V>(name: string): ReadOnlySessionStore<K, V> {
    return new LocalSessionStore<K, V>(name, () => this.#parts(name))
  }

  /** As `store`, of versions. @throws {StreamsError} STREAMS_STORE_NOT_AVAILABLE, STREAMS_STORE_KIND at a read */
  versionedStore<K, V>(name: string): ReadOnlyVersionedKeyValueStore<K, V> {
    return new LocalVersionedStore<K, V>(name, () => this.#parts(name))
  }

  /** The parts of a store of any kind by partition, as of the last commits. @throws {StreamsError} STREAMS_STORE_NOT_AVAILABLE */
  localStores(name: string): readonly LocalStorePart[] {
    const parts: LocalStorePart[] = []
    for (const { taskId, task, stores } of this.#tasks()) {
      if (task === undefined || stores === undefined || !stores.names.includes(name)) continue
      const { committed } = stores.get(name)
      if (committed === undefined) continue
      const position = () => Position.of(task.committedPositions())
      parts.push({ partition: task.partition, taskId, store: committed, role: 'active', position })
    }
    if (parts.length === 0) {
      throw new StreamsError(
        'STREAMS_STORE_NOT_AVAILABLE',
        `no local task runs with this store (the application is ${this.#state})`,
        { store: name },
        'Wait until the application is RUNNING, or ask the instance that has the tasks.',
      )
    }
    return parts.sort((a, b) => a.partition - b.partition)
  }

  /** Digest of the committed contents of every local part of a store. Scans it. */
  checksum(storeName: string): readonly StoreChecksum[] {
    const checksums: StoreChecksum[] = []
    for (const { task, stores } of this.#tasks()) {
      if (task === undefined || stores === undefined || !stores.names.includes(storeName)) continue
      const managed = stores.get(storeName)
      const { entries, digest } = managed.digest()
      const { partition } = task
      checksums.push({ store: storeName, partition, entries, digest, offset: managed.checkpoint() })
    }
    return checksums.sort((a, b) => a.partition - b.partition)
  }

  /** Whether every local task has committed all that it has processed. */
  isCommitted(): boolean {
    return this.#tasks().every(
      (active) => active.task !== undefined && !active.isCommitting && !active.task.hasUncommitted,
    )
  }

  /**
   * Of every input partition that runs here, against the log's present end: that of committed records, or with `latest` also what open
   * transactions have written.
   */
  async lag(end: 'stable' | 'latest' = 'stable'): Promise<readonly PartitionLag[]> {
    const queues = this.#tasks().flatMap(({ task }) => task?.queues ?? [])
    const places = queues.map(({ topic, partition }) => ({ topic, partition }))
    const ends = await this.#options.log.admin.offsets(places, end)
    return queues.map(({ topic, partition, position }, index) => {
      const endOffset = ends[index] ?? position
      return { topic, partition, position, endOffset, lag: Math.max(0, endOffset - position) }
    })
  }

  #parts(name: string): readonly LocalStorePart[] {
    const global = this.#globals?.store(name)
    if (global !== undefined) {
      const position = () => Position.of(this.#globals?.positions() ?? [])
      return [{ partition: 0, taskId: 'global', store: global, role: 'active', position }]
    }
    return this.localStores(name)
  }

  #tasks(): ActiveTask[] {
    return this.#threads.flatMap((thread) => [...thread.tasks()])
  }

  async #startGlobals(plan: TopologyPlan): Promise<void> {
    if (plan.topology.globalStores.length === 0) return
    let reader = await this.#openGlobals(plan)
    if (await reader.isAheadOfLog()) {
      // The topic is the truth about a global store.
      const directory = this.#globalDirectory()
      this.#options.logger.warn(
        { path: directory },
        'global stores are ahead of their topics: rebuilt',
      )
      await this.#globals?.close()
      await this.#options.stores.wipe(directory)
      reader = await this.#openGlobals(plan)
    }
    this.#globalReader = reader
    await reader.bootstrap()
    reader.follow()
  }

  async #openGlobals(plan: TopologyPlan): Promise<GlobalReader> {
    const { topology, stores, log, logger, metrics, handlers = {} } = this.#options
    const tables = await GlobalTables.open({
      applicationId: plan.applicationId,
      topology,
      stores,
      directory: this.#globalDirectory(),
      handlers,
      logger,
      metrics,
      overlayBytesMax: this.#limits.overlayBytesMax,
      partitionCount: (topic) => plan.partitionCounts.get(topic) ?? 0,
    })
    this.#globals = tables
    return new GlobalReader({
      log,
      clientId: `${plan.applicationId}-global`,
      topology,
      tables,
      partitionCounts: plan.partitionCounts,
      logger,
      timers: this.#timers,
      onFailure: (error) => this.#globalFailed(error),
    })
  }

  #globalDirectory(): string {
    return join(this.#directory(), 'global')
  }

  #makeContext(plan: TopologyPlan): ThreadContext {
    const { log, stores, clock, logger, metrics, guarantee, handlers = {} } = this.#options
    return {
      plan,
      log,
      stores,
      directory: this.#directory(),
      globals: this.#globals,
      clock,
      timers: this.#timers,
      logger,
      metrics,
      guarantee: guarantee === 'at_least_once' ? 'at_least_once' : 'exactly_once',
      limits: this.#limits,
      handlers,
      deadLetter: this.#options.deadLetter,
      deadLetterLog: this.#deadLetterLog,
      deadLetterDropped: this.#options.deadLetterDropped ?? [],
      dropLog: this.#dropLog,
      recordCacheBudget: this.#recordCacheBudget,
      restoreListener: this.#options.restoreListener,
      probe: this.#options.probe,
    }
  }

  #directory(): string {
    return join(this.#options.directory, this.#options.applicationId)
  }

  #startThread(): void {
    assert(this.#context !== undefined)
    const thread = new StreamThread({
      name: `${this.#options.applicationId}-thread-${++this.#threadCount}`,
      context: this.#context,
      onStatus: () => this.#threadMoved(),
      onFailure: (failed, error) => this.#threadFailed(failed, error),
    })
    this.#threads.push(thread)
    thread.setPaused(this.#paused)
    thread.start()
  }

  #threadMoved(): void {
    if (this.#state !== 'REBALANCING' && this.#state !== 'RUNNING') return
    const all =
      this.#threads.length > 0 && this.#threads.every(({ status }) => status === 'RUNNING')
    if (all && this.#state === 'REBALANCING') this.#move('all-running')
    else if (!all && this.#state === 'RUNNING') this.#move('rebalance')
  }

  #threadFailed(thread: StreamThread, error: unknown): void {
    const { logger, onUncaughtError = 'shutdown-client' } = this.#options
    const place = error instanceof StreamsError ? error.place : {}
    logger.error({ ...place, thread: thread.name, error }, 'a stream thread has failed')
    this.#threads = this.#threads.filter((one) => one !== thread)
    if (this.#state !== 'REBALANCING' && this.#state !== 'RUNNING') return
    const decision =
      typeof onUncaughtError === 'function' ? onUncaughtError(error) : onUncaughtError
    if (decision === 'replace-thread' && this.#mayReplace()) this.#startThread()
    else this.#failing = this.#fail(error)
    this.#threadMoved()
  }

  #mayReplace(): boolean {
    const nowMs = this.#options.clock.monotonicMs()
    this.#replacements = this.#replacements.filter((at) => nowMs - at < REPLACEMENT_MEMORY_MS)
    this.#replacements.push(nowMs)
    return this.#replacements.length <= this.#limits.threadReplacementsMax
  }

  #globalFailed(error: unknown): void {
    this.#options.logger.error({ error }, 'the global stores cannot go on')
    this.#failing = this.#fail(error)
  }

  async #fail(error: unknown): Promise<void> {
    if (nextStreamsStatus(this.#state, 'fail') === undefined) return
    this.#error = error
    this.#move('fail')
    await this.#release()
    this.#move('stopped')
  }

  async #close(deadlineMs: number): Promise<void> {
    await this.#failing
    if (nextStreamsStatus(this.#state, 'shutdown') === undefined) return
    this.#move('shutdown')
    let cancel = () => {}
    const deadline = new Promise<'late'>((resolve) => {
      cancel = this.#timers.after(deadlineMs, () => resolve('late'))
    })
    const released = this.#release().then(() => 'released' as const)
    if ((await Promise.race([released, deadline])) === 'late') {
      this.#options.logger.warn({ deadlineMs }, 'closing took too long: what is left is abandoned')
    }
    cancel()
    this.#move('stopped')
  }

  async #release(): Promise<void> {
    this.#purging?.()
    await Promise.all(this.#threads.map((thread) => thread.shutdown(true)))
    this.#deadLetterLog.close()
    this.#dropLog.close()
    await this.#globalReader?.close()
    await this.#globals?.close()
    this.#globals = undefined
  }

  /** Repartition topics have no retention: what every reader has passed is deleted, but for a horizon. */
  #startPurging(plan: TopologyPlan): void {
    if (plan.repartitionTopics.length === 0) return
    const topics = new Set(plan.repartitionTopics)
    const purge = () => {
      this.#purging = this.#timers.after(PURGE_INTERVAL_MS, purge)
      void this.#purge(topics)
    }
    this.#purging = this.#timers.after(PURGE_INTERVAL_MS, purge)
  }

  async #purge(topics: ReadonlySet<string>): Promise<void> {
    const { log, logger } = this.#options
    const positions = this.#tasks()
      .flatMap(({ task }) => task?.committedPositions() ?? [])
      .filter(
        ({ topic, offset }) => topics.has(topic) && offset > this.#limits.repartitionKeptRecords,
      )
      .map((at) => ({ ...at, offset: at.offset - this.#limits.repartitionKeptRecords }))
    if (positions.length === 0) return
    try {
      await log.admin.truncate(positions)
    } catch (error) {
      const level = logTrouble(error) === 'begin-again' ? 'info' : 'warn'
      logger[level](
        { error: String(error) },
        'repartition topics were not truncated; tried again later',
      )
    }
  }

  #move(input: StreamsInput): void {
    const before = this.#state
    const next = nextStreamsStatus(before, input)
    if (next === undefined) {
      throw new StreamsError(
        'STREAMS_INVALID_STATE',
        `the application is ${before} and cannot ${input}`,
        {},
        'Start it once; make a new one to start again.',
      )
    }
    this.#state = next
    if (next === before) return
    this.#options.logger.info({ state: next, before }, 'the application changed its state')
    for (const listener of [...this.#listeners]) listener(next, before)
  }
}
