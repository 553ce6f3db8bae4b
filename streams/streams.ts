import assert from 'node:assert/strict'
import { join } from 'node:path'
import { StreamsError } from './errors.ts'
import { LocalKeyValueStore } from './queries/local-key-value-store.ts'
import type { LocalStoreOptions, LocalStorePart } from './queries/local-parts.ts'
import { LocalSessionStore } from './queries/local-session-store.ts'
import { LocalVersionedStore } from './queries/local-versioned-store.ts'
import { LocalWindowStore } from './queries/local-window-store.ts'
import {
  clientsWithStore,
  hostsOfPartition,
  type KeyQueryMetadata,
  partitionOfKey,
  type StoreLayout,
  storeLayouts,
} from './queries/store-layout.ts'
import { RegistryWait } from './registry-wait.ts'
import { GlobalStores } from './restore/global-stores.ts'
import { prepareSerdesPatiently } from './serde-preparation.ts'
import type {
  ReadOnlyKeyValueStore,
  ReadOnlySessionStore,
  ReadOnlyVersionedKeyValueStore,
  ReadOnlyWindowStore,
} from './store.ts'
import type { StreamsClientMetadata } from './streams-client-metadata.ts'
import { threadContext } from './streams-context.ts'
import { LocalInstance } from './streams-local.ts'
import {
  describeThread,
  type PartitionLag,
  type StoreChecksum,
  type StreamsMetadata,
} from './streams-metadata.ts'
import { limitsOf, type StreamsLimits, type StreamsOptions } from './streams-options.ts'
import { purgedTopics, scheduleRetention } from './streams-schedule.ts'
import { type StateListener, StreamsState } from './streams-state.ts'
import type { StreamsStatus } from './streams-status.ts'
import { RecordCacheBudget } from './task/record-cache-budget.ts'
import { RecordLog } from './task/record-log.ts'
import { systemTimers, type Timers } from './timers.ts'
import { GroupView } from './worker/group-view.ts'
import { processIdOf } from './worker/process-id.ts'
import { RepartitionPurge } from './worker/repartition-purge.ts'
import { StateDirectory, storedTasks } from './worker/state-directory.ts'
import { StreamThreads } from './worker/stream-threads.ts'
import type { ThreadContext } from './worker/thread-context.ts'
import { planOnLog, type TopologyPlan } from './worker/topology-plan.ts'

const CLOSE_DEADLINE_MS = 10_000
const DEAD_LETTERED = 'records were put on the dead-letter topic; this is the latest'
const DROPPED = 'records were left out; this is the latest'

export interface CloseOptions {
  readonly deadlineMs?: number
  readonly leaveGroup?: boolean
}

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
  readonly #status: StreamsState
  readonly #registry: RegistryWait
  readonly #globals: GlobalStores
  readonly #local: LocalInstance
  readonly #deadLetterLog: RecordLog
  readonly #dropLog: RecordLog
  readonly #recordCacheBudget: RecordCacheBudget
  #threads: StreamThreads | undefined
  #layouts: ReadonlyMap<string, StoreLayout> = new Map()
  #paused = false
  #state: StateDirectory | undefined
  #group: GroupView | undefined
  #purge: RepartitionPurge | undefined
  #failing: Promise<void> | undefined
  #closing: Promise<void> | undefined

  /** @throws {StreamsError} STREAMS_INVALID_OPTION */
  constructor(options: StreamsOptions) {
    this.#options = options
    this.#timers = options.timers ?? systemTimers
    this.#limits = limitsOf(options)
    const { logger, clock } = options
    this.#deadLetterLog = new RecordLog(logger, clock, DEAD_LETTERED)
    this.#dropLog = new RecordLog(logger, clock, DROPPED)
    this.#recordCacheBudget = new RecordCacheBudget(this.#limits.recordCacheBytesMax)
    this.#status = new StreamsState(logger)
    const place = { applicationId: options.applicationId }
    this.#registry = new RegistryWait({ place, logger, timers: this.#timers })
    this.#globals = new GlobalStores({
      streams: options,
      overlayBytesMax: this.#limits.overlayBytesMax,
      directory: this.#directory(),
      timers: this.#timers,
      onFailure: (error) => this.#globalFailed(error),
    })
    this.#local = new LocalInstance({
      globals: this.#globals,
      threads: () => this.#threads,
      state: () => this.state(),
      log: options.log,
    })
  }

  /**
   * Registers schemas, creates internal topics, fills global stores, starts the threads. Resolves when they are started; `reached` tells
   * when they run. A registry that does not answer is asked again for two minutes.
   * @throws {StreamsError} STREAMS_MISSING_TOPIC, LOG_TOPIC_DIFFERS, REGISTRY_UNAVAILABLE, and what serdes throw of incompatible schemas
   */
  async start(): Promise<void> {
    this.#status.move('start')
    try {
      const { topology, applicationId, log } = this.#options
      const plan = await planOnLog(
        topology,
        applicationId,
        log.admin,
        scheduleRetention(this.#options),
      )
      if (!(await prepareSerdesPatiently(plan, this.#registry, this.#options.clock))) return
      this.#layouts = storeLayouts(plan)
      if (plan.internalTopics.length > 0) await log.admin.createTopics(plan.internalTopics)
      await this.#globals.start(plan)
      await this.#openState(plan)
      if (this.#closing !== undefined) {
        await this.#release()
        return
      }
      const threads = this.#makeThreads(plan)
      this.#threads = threads
      for (let index = 0; index < this.#limits.threads; index++) threads.add()
      this.#purge = new RepartitionPurge({
        topics: purgedTopics(this.#options, plan),
        keptRecords: this.#limits.repartitionKeptRecords,
        log,
        logger: this.#options.logger,
        timers: this.#timers,
        tasks: () => threads.tasks(),
      })
      this.#purge.start()
    } catch (error) {
      this.#status.error = error
      await this.#fail(error)
      throw error
    }
  }

  state(): StreamsStatus {
    return this.#status.status
  }

  /** What put the application into ERROR. */
  error(): unknown {
    return this.#status.error
  }

  /** @returns a function that removes the listener */
  onStateChange(listener: StateListener): () => void {
    return this.#status.listen(listener)
  }

  /** Resolves when the application is in this state. @throws what stopped it, when it ends in another one */
  reached(wanted: StreamsStatus): Promise<void> {
    return this.#status.reached(wanted)
  }

  /** Nothing is processed until `resume`; tasks keep their partitions, what was processed is committed. */
  pause(): void {
    this.#paused = true
    this.#threads?.setPaused(true)
  }

  resume(): void {
    this.#paused = false
    this.#threads?.setPaused(false)
  }

  get isPaused(): boolean {
    return this.#paused
  }

  /**
   * Commits what was processed and ends; state stays on disk. At the deadline what is left is abandoned: it is taken again at the next start.
   * `leaveGroup`: other instances take the tasks over at once; the default, but for a static member (`groupInstanceId`), whose tasks wait for
   * it until its session ends.
   */
  close(options: CloseOptions = {}): Promise<void> {
    this.#closing ??= this.#close(options)
    return this.#closing
  }

  /** One more stream thread, which the group gives its share of tasks. @returns its name, undefined unless the application runs */
  addStreamThread(): string | undefined {
    return this.#status.isLive ? this.#threads?.add().name : undefined
  }

  /**
   * One stream thread less: it commits, and its tasks go to others, in this instance with their stores open. @returns its name once it has ended,
   * undefined when there is none
   */
  async removeStreamThread(): Promise<string | undefined> {
    return this.#status.isLive ? await this.#threads?.remove() : undefined
  }

  /**
   * Deletes the local state of the application; it comes back from changelogs and topics. Only before `start` and after `close`.
   * @throws {StreamsError} STREAMS_INVALID_STATE, STORE_LOCKED while another process uses it
   */
  async cleanUp(): Promise<void> {
    const state = this.state()
    if (!['CREATED', 'NOT_RUNNING', 'ERROR'].includes(state)) {
      throw new StreamsError(
        'STREAMS_INVALID_STATE',
        `the application is ${state}: its local state is in use`,
        {},
        'Close it first, or clean up before the start.',
      )
    }
    const { stores } = this.#options
    const path = this.#directory()
    for (const taskId of storedTasks(path)) await stores.wipe(join(path, taskId))
    await stores.wipe(join(path, 'global'))
  }

  /** What every instance of the application runs and follows, this one among them, as of the last rebalance. Empty before the first. */
  metadataForAllStreamsClients(): readonly StreamsClientMetadata[] {
    return this.#group?.clients() ?? []
  }

  /**
   * Who has a key of a store: by the default partitioner of its serialised key, or by the one given. Undefined for a store that the topology does
   * not have, and before the start; its `activeHost` is undefined while nobody who answers queries has it.
   */
  queryMetadataForKey<K>(
    store: string,
    key: K,
    partitioner?: (key: K, value: undefined, partitionCount: number) => number,
  ): KeyQueryMetadata | undefined {
    const layout = this.#layouts.get(store)
    if (layout === undefined) return undefined
    const partition = partitionOfKey(layout, key, partitioner)
    return hostsOfPartition(layout, partition, this.metadataForAllStreamsClients())
  }

  /** The instances that have a part of a store, as active or standby task; all of them for a global store. */
  streamsMetadataForStore(store: string): readonly StreamsClientMetadata[] {
    const layout = this.#layouts.get(store)
    return layout === undefined ? [] : clientsWithStore(layout, this.metadataForAllStreamsClients())
  }

  metadata(): StreamsMetadata {
    const { applicationId, topology } = this.#options
    const threads = (this.#threads?.all ?? []).map(describeThread)
    const globalStoreBytes = this.#globals.tables?.storeBytes() ?? {}
    return {
      applicationId,
      topology: topology.name,
      state: this.state(),
      threads,
      globalStoreBytes,
    }
  }

  /**
   * Committed entries of a key-value store, over all local tasks, or of a global one. Reads never see a transaction that is not committed.
   * @throws {StreamsError} STREAMS_STORE_NOT_AVAILABLE at a read, while no local task runs with it
   */
  store<K, V>(name: string): ReadOnlyKeyValueStore<K, V> {
    return new LocalKeyValueStore<K, V>(name, () => this.localStores(name))
  }

  /** As `store`, of windows. @throws {StreamsError} STREAMS_STORE_NOT_AVAILABLE, STREAMS_STORE_KIND at a read */
  windowStore<K, V>(name: string): ReadOnlyWindowStore<K, V> {
    return new LocalWindowStore<K, V>(name, () => this.localStores(name))
  }

  /** As `store`, of sessions. @throws {StreamsError} STREAMS_STORE_NOT_AVAILABLE, STREAMS_STORE_KIND at a read */
  sessionStore<K, V>(name: string): ReadOnlySessionStore<K, V> {
    return new LocalSessionStore<K, V>(name, () => this.localStores(name))
  }

  /** As `store`, of versions. @throws {StreamsError} STREAMS_STORE_NOT_AVAILABLE, STREAMS_STORE_KIND at a read */
  versionedStore<K, V>(name: string): ReadOnlyVersionedKeyValueStore<K, V> {
    return new LocalVersionedStore<K, V>(name, () => this.localStores(name))
  }

  get applicationId(): string {
    return this.#options.applicationId
  }

  /** How every store is spread over partitions, by name; empty before the start. */
  storeLayouts(): ReadonlyMap<string, StoreLayout> {
    return this.#layouts
  }

  /**
   * The parts of a store of any kind by partition, as of the last commits; of a global store its one part. With `standbys` also those that
   * follow another instance's task, and are behind it.
   * @throws {StreamsError} STREAMS_STORE_NOT_AVAILABLE
   */
  localStores(name: string, options: LocalStoreOptions = {}): readonly LocalStorePart[] {
    return this.#local.stores(name, options)
  }

  /** Digest of the committed contents of every local part of a store, or of a global one as partition 0 without an offset. Scans it. */
  checksum(storeName: string): readonly StoreChecksum[] {
    return this.#local.checksum(storeName)
  }

  /** Whether every local task has committed all that it has processed. */
  isCommitted(): boolean {
    return this.#local.isCommitted()
  }

  /**
   * Of every input partition that runs here, against the log's present end: that of committed records, or with `latest` also what open
   * transactions have written.
   */
  lag(end: 'stable' | 'latest' = 'stable'): Promise<readonly PartitionLag[]> {
    return this.#local.lag(end)
  }

  async #openState(plan: TopologyPlan): Promise<void> {
    const { stores, clock, logger, processId, applicationServer = '' } = this.#options
    const path = this.#directory()
    const { overlayBytesMax, stateCleanupDelayMs } = this.#limits
    this.#group = new GroupView(processId ?? processIdOf(path), applicationServer)
    this.#state = new StateDirectory({
      path,
      plan,
      stores,
      overlayBytesMax,
      clock,
      timers: this.#timers,
      logger,
      stateCleanupDelayMs,
    })
    await this.#state.openStored()
  }

  #makeContext(plan: TopologyPlan): ThreadContext {
    assert(this.#state !== undefined && this.#group !== undefined)
    return threadContext(this.#options, {
      plan,
      state: this.#state,
      group: this.#group,
      globals: this.#globals.tables,
      timers: this.#timers,
      limits: this.#limits,
      deadLetterLog: this.#deadLetterLog,
      dropLog: this.#dropLog,
      recordCacheBudget: this.#recordCacheBudget,
    })
  }

  #directory(): string {
    return join(this.#options.directory, this.#options.applicationId)
  }

  #makeThreads(plan: TopologyPlan): StreamThreads {
    const { onUncaughtError = 'shutdown-client' } = this.#options
    const threads = new StreamThreads({
      context: this.#makeContext(plan),
      groupInstanceId: this.#options.groupInstanceId,
      replacementsMax: this.#limits.threadReplacementsMax,
      decide: (error) => {
        if (!this.#status.isLive) return 'shutdown-client'
        return typeof onUncaughtError === 'function' ? onUncaughtError(error) : onUncaughtError
      },
      onChange: () => this.#threadsChanged(threads),
      onFailure: (error) => {
        if (this.#status.isLive) this.#failing = this.#fail(error)
      },
    })
    threads.setPaused(this.#paused)
    return threads
  }

  #threadsChanged(threads: StreamThreads): void {
    const state = this.state()
    if (threads.areRunning && state === 'REBALANCING') this.#status.move('all-running')
    else if (!threads.areRunning && state === 'RUNNING') this.#status.move('rebalance')
  }

  #globalFailed(error: unknown): void {
    this.#options.logger.error({ error }, 'the global stores cannot go on')
    this.#failing = this.#fail(error)
  }

  async #fail(error: unknown): Promise<void> {
    if (!this.#status.may('fail')) return
    this.#status.error = error
    this.#status.move('fail')
    await this.#release()
    this.#status.move('stopped')
  }

  async #close(options: CloseOptions): Promise<void> {
    const { deadlineMs = CLOSE_DEADLINE_MS } = options
    const { leaveGroup = this.#options.groupInstanceId === undefined } = options
    await this.#failing
    if (!this.#status.may('shutdown')) return
    this.#status.move('shutdown')
    let cancel = () => {}
    const deadline = new Promise<'late'>((resolve) => {
      cancel = this.#timers.after(deadlineMs, () => resolve('late'))
    })
    const released = this.#release(leaveGroup).then(() => 'released' as const)
    if ((await Promise.race([released, deadline])) === 'late') {
      this.#options.logger.warn({ deadlineMs }, 'closing took too long: what is left is abandoned')
    }
    cancel()
    this.#status.move('stopped')
  }

  async #release(leaveGroup = true): Promise<void> {
    this.#registry.end()
    this.#purge?.stop()
    await this.#threads?.shutdown(leaveGroup)
    this.#deadLetterLog.close()
    this.#dropLog.close()
    await this.#state?.closeAll()
    await this.#globals.close()
  }
}
