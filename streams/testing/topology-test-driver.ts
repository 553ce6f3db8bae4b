import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { StreamsError } from '../errors.ts'
import type { FetchedBatch, PartitionAppend } from '../log/log.ts'
import { silentLogger } from '../logger.ts'
import { noMetrics } from '../metrics.ts'
import { storesOfKind } from '../queries/local-parts.ts'
import { GlobalTables } from '../restore/global-tables.ts'
import type { Serde } from '../serde.ts'
import { prepareSerdes } from '../serde-preparation.ts'
import type {
  KeyValueStore,
  ManagedStore,
  SessionStore,
  StateStore,
  StoreSpec,
  TimestampedKeyValueStore,
  VersionedKeyValueStore,
  WindowStore,
} from '../store.ts'
import type { DeadLetter } from '../task/dead-letter.ts'
import { RecordCacheBudget } from '../task/record-cache-budget.ts'
import { defaultPartition } from '../task/record-collector.ts'
import { taskIdOf } from '../task/task-id.ts'
import type { SubTopology } from '../topology.ts'
import { externalTopics, planTopology, type TopologyPlan } from '../worker/topology-plan.ts'
import { ArrivalOrder } from './arrival-order.ts'
import { DriverLog } from './driver-log.ts'
import type { RestartOptions, TopologyTestDriverOptions } from './driver-options.ts'
import { DriverTask, OVERLAY_BYTES_MAX } from './driver-task.ts'
import { ManualClock } from './manual-clock.ts'
import { ManualTimers } from './manual-timers.ts'
import { type RawRecord, TestInputTopic, TestOutputTopic } from './test-topics.ts'

const DEAD_LETTER_TOPIC = 'dead-letters'

/**
 * Runs a whole topology in memory, without a log, synchronously: the same task code as in production, a clock that the test moves, inputs
 * piped one by one, outputs read as they were produced. Repartition topics loop back; global tables are applied at once. As in Kafka
 * Streams' driver the record that waits with the smallest timestamp comes next, whatever its task, and each is committed before the next.
 * Stream time is each task's own.
 *
 * @example
 * const driver = await TopologyTestDriver.open({ topology, stores: createStoreBackend(memoryEngine()) })
 * driver.createInputTopic('ticks', stringSerde, tickSerde).pipe('EURUSD', tick)
 * expect(driver.createOutputTopic('snapshots', stringSerde, snapshotSerde).readRecords()).toEqual([...])
 */
export class TopologyTestDriver {
  readonly clock: ManualClock
  /** Every record that was dead-lettered, in order. */
  readonly deadLetters: DeadLetter[] = []
  readonly #options: TopologyTestDriverOptions
  readonly #plan: TopologyPlan
  readonly #log = new DriverLog()
  readonly #order = new ArrivalOrder()
  readonly #timers: ManualTimers
  readonly #recordCacheBudget: RecordCacheBudget
  #tasks: DriverTask[] = []
  #globals: GlobalTables | undefined
  #directory = ''

  static async open(options: TopologyTestDriverOptions): Promise<TopologyTestDriver> {
    const driver = new TopologyTestDriver(options)
    await prepareSerdes(driver.#plan)
    driver.#directory = options.directory ?? (await mkdtemp(join(tmpdir(), 'orion-driver-')))
    await driver.#open()
    return driver
  }

  private constructor(options: TopologyTestDriverOptions) {
    this.#options = options
    this.clock = new ManualClock(options.initialWallClockMs ?? 0)
    this.#timers = new ManualTimers(this.clock)
    this.#recordCacheBudget = new RecordCacheBudget(options.recordCacheBytesMax ?? 0)
    const counts = new Map(
      externalTopics(options.topology).map((topic) => [topic, this.#externalCount(topic)]),
    )
    this.#plan = planTopology(options.topology, options.applicationId ?? 'test', counts)
  }

  createInputTopic<K, V>(name: string, key: Serde<K>, value: Serde<V>): TestInputTopic<K, V> {
    const pipe = (record: Omit<RawRecord, 'partition'>, partition: number | undefined) => {
      const place = partition ?? defaultPartition(record.key, 0, this.#countOf(name))
      this.#deliver(name, { ...record, partition: place })
      this.#runAll()
    }
    return new TestInputTopic(name, { key, value }, pipe, () => this.clock.nowMs())
  }

  createOutputTopic<K, V>(name: string, key: Serde<K>, value: Serde<V>): TestOutputTopic<K, V> {
    const topic = this.#plan.physicalTopic(name)
    const { outputs } = this.#log
    const take = (recordsMax: number) =>
      outputs.get(topic)?.splice(0, Math.min(recordsMax, Number.MAX_SAFE_INTEGER)) ?? []
    const size = () => outputs.get(topic)?.length ?? 0
    return new TestOutputTopic(name, { key, value }, take, size)
  }

  /**
   * Moves the wall clock and runs the punctuations that become due, each at most once; failed records whose delay is over are tried again, each at
   * most once.
   */
  advanceWallClock(ms: number): void {
    this.clock.advance(ms)
    this.#timers.runDue()
    for (const { task } of this.#tasks) task.run(0)
    this.#commitAfterRun(this.#tasks)
    this.#runAll()
  }

  /** Commits what was processed, and what follows from it behind repartition topics. */
  commit(): void {
    while (this.#tasks.some(({ task }) => task.hasUncommitted)) {
      for (const one of this.#tasks) if (one.task.hasUncommitted) this.#commit(one)
      this.#runAll()
    }
  }

  /**
   * Closes the tasks and opens them again, as a restart of the application would: stores from their directories and changelogs, inputs
   * from the committed offsets, time from what was kept with them. What processors held in fields is gone. Stores without a changelog come
   * back if the engine keeps them.
   */
  async restart(options: RestartOptions = {}): Promise<void> {
    if (options.crash !== true) this.commit()
    await this.#close()
    if (options.wipe === true) await this.#wipe()
    await this.#open()
  }

  /** A store of the task on this partition, or a global store. The caller names the type that the topology gave it. */
  store<S>(name: string, partition = 0): S {
    return this.#store(name, partition) as S
  }

  /** @throws {StreamsError} STREAMS_UNKNOWN_STORE, STREAMS_STORE_KIND */
  keyValueStore<K, V>(name: string, partition = 0): KeyValueStore<K, V> {
    return this.#storeOf(name, partition, 'key-value') as KeyValueStore<K, V>
  }

  /** A store of a table or aggregate, whose values carry the time of their record. @throws {StreamsError} STREAMS_UNKNOWN_STORE, STREAMS_STORE_KIND */
  timestampedKeyValueStore<K, V>(name: string, partition = 0): TimestampedKeyValueStore<K, V> {
    return this.keyValueStore(name, partition)
  }

  /** @throws {StreamsError} STREAMS_UNKNOWN_STORE, STREAMS_STORE_KIND */
  windowStore<K, V>(name: string, partition = 0): WindowStore<K, V> {
    return this.#storeOf(name, partition, 'window') as WindowStore<K, V>
  }

  /** @throws {StreamsError} STREAMS_UNKNOWN_STORE, STREAMS_STORE_KIND */
  sessionStore<K, V>(name: string, partition = 0): SessionStore<K, V> {
    return this.#storeOf(name, partition, 'session') as SessionStore<K, V>
  }

  /** @throws {StreamsError} STREAMS_UNKNOWN_STORE, STREAMS_STORE_KIND */
  versionedStore<K, V>(name: string, partition = 0): VersionedKeyValueStore<K, V> {
    return this.#storeOf(name, partition, 'versioned') as VersionedKeyValueStore<K, V>
  }

  managedStore(name: string, partition = 0): ManagedStore | undefined {
    for (const { task, stores } of this.#tasks) {
      if (task.partition === partition && stores.names.includes(name)) return stores.get(name)
    }
    return undefined
  }

  /** Names of the topics that something was produced to, as the log would name them. */
  producedTopics(): readonly string[] {
    return [...this.#log.outputs.keys()].sort()
  }

  async close(): Promise<void> {
    await this.#close()
    if (this.#options.directory === undefined) {
      await rm(this.#directory, { recursive: true, force: true })
    }
  }

  async #open(): Promise<void> {
    await this.#openGlobals()
    for (const { subTopology, partitionCount } of this.#plan.subTopologies) {
      for (let partition = 0; partition < partitionCount; partition++) {
        this.#tasks.push(await this.#openTask(subTopology, partition))
      }
    }
    for (const { task } of this.#tasks) {
      for (const queue of task.queues) {
        const batch = this.#log.from(queue, queue.position)
        if (batch !== undefined) this.#enqueue(batch)
      }
    }
    this.#commitAfterRun(this.#tasks.filter(({ task }) => task.hasUncommitted))
    this.#runAll()
  }

  async #openGlobals(): Promise<void> {
    const { topology, stores, handlers = {}, metrics = noMetrics } = this.#options
    if (topology.globalStores.length === 0) return
    this.#globals = await GlobalTables.open({
      applicationId: this.#plan.applicationId,
      topology,
      stores,
      directory: this.#globalDirectory(),
      handlers,
      logger: silentLogger,
      metrics,
      overlayBytesMax: OVERLAY_BYTES_MAX,
      partitionCount: (topic) => this.#countOf(topic),
    })
    for (const { topic } of topology.globalStores) {
      for (let partition = 0; partition < this.#countOf(topic); partition++) {
        const place = { topic, partition }
        const batch = this.#log.from(place, this.#globals.position(place) ?? 0)
        if (batch !== undefined) this.#globals.apply(batch)
      }
    }
  }

  #openTask(subTopology: SubTopology, partition: number): Promise<DriverTask> {
    const { metrics = noMetrics, handlers = {}, stores: backend } = this.#options
    const taskId = taskIdOf(subTopology.id, partition)
    return DriverTask.open({
      plan: this.#plan,
      subTopology,
      partition,
      backend,
      directory: this.#taskDirectory(taskId),
      log: this.#log,
      partitionCounts: (topic) => this.#countOf(topic),
      globals: this.#globals,
      clock: this.clock,
      timers: this.#timers,
      handlers,
      deadLetter: (letter) => this.#encodeDeadLetter(letter),
      deadLetterDropped: this.#options.deadLetterDropped ?? [],
      metrics,
      recordCacheBudget: this.#recordCacheBudget,
      maxTaskIdleMs: this.#options.maxTaskIdleMs ?? 0,
    })
  }

  #encodeDeadLetter(letter: DeadLetter) {
    const { deadLetter } = this.#options
    if (deadLetter !== undefined) return deadLetter(letter)
    const { key, value, headers } = letter
    return { topic: DEAD_LETTER_TOPIC, key, value, headers }
  }

  /** One record at a time, until no task has anything left that it may take. */
  #runAll(): void {
    for (;;) {
      const input = this.#order.take(
        ({ owner, queue }) => owner.task.mayTake(queue) && owner.task.isReady(),
      )
      if (input === undefined) {
        // A failed record waits for the commit of what comes before it.
        const asked = this.#tasks.filter(({ task }) => task.commitRequested && task.hasUncommitted)
        if (asked.length === 0) return
        this.#commitAfterRun(asked)
        continue
      }
      const { owner, queue } = input
      owner.task.runHead(queue)
      if (owner.takeRollback()) this.#offerAll(owner)
      else if (queue.head !== undefined) this.#order.offer(input)
      this.#commitAfterRun([owner])
    }
  }

  #offerAll(owner: DriverTask): void {
    this.#order.forget(owner)
    for (const queue of owner.task.queues) {
      if (queue.head !== undefined) this.#order.offer({ owner, queue })
    }
  }

  #commitAfterRun(tasks: readonly DriverTask[]): void {
    const each = (this.#options.commit ?? 'each-record') === 'each-record'
    for (const one of tasks) {
      if ((each && one.task.hasUncommitted) || one.task.commitRequested) this.#commit(one)
    }
  }

  #commit(one: DriverTask): void {
    const { outputs, letters } = one.commit(this.#log)
    this.deadLetters.push(...letters)
    for (const append of outputs) this.#produce(append)
  }

  #produce({ topic, partition, records }: PartitionAppend): void {
    for (const { key, value, timestampMs, headers = [] } of records) {
      const record = { partition, key, value, timestampMs, headers }
      this.#log.produced(topic, record)
      this.#deliver(topic, record)
    }
  }

  #deliver(topic: string, record: RawRecord): void {
    const isGlobal = this.#plan.topology.globalStores.some((global) => global.topic === topic)
    const taskId = this.#plan.taskOf({ topic, partition: record.partition })
    if (!isGlobal && taskId === undefined) return
    const batch = this.#log.append(topic, record)
    if (isGlobal) this.#globals?.apply(batch)
    else this.#enqueue(batch)
  }

  #enqueue(batch: FetchedBatch): void {
    const taskId = this.#plan.taskOf(batch)
    const owner = this.#tasks.find(({ task }) => task.taskId === taskId)
    const queue = owner?.task.queueOf(batch.topic, batch.partition)
    if (owner === undefined || queue === undefined) return
    const wasEmpty = queue.head === undefined
    queue.add(batch)
    if (wasEmpty && queue.head !== undefined) this.#order.offer({ owner, queue })
  }

  #storeOf(name: string, partition: number, kind: StoreSpec['kind']): unknown {
    const part = { partition, taskId: '', store: this.#store(name, partition) }
    return storesOfKind(() => [part], kind)[0]
  }

  #store(name: string, partition: number): StateStore {
    const found = this.managedStore(name, partition)?.store ?? this.#globals?.store(name)
    if (found !== undefined) return found
    throw new StreamsError(
      'STREAMS_UNKNOWN_STORE',
      `no store ${name} on partition ${partition}`,
      { store: name, partition },
      'Name a store of the topology and a partition that its tasks have.',
    )
  }

  async #close(): Promise<void> {
    const tasks = this.#tasks
    this.#tasks = []
    this.#order.clear()
    for (const one of tasks) await one.close()
    await this.#globals?.close()
    this.#globals = undefined
  }

  async #wipe(): Promise<void> {
    const { stores, topology } = this.#options
    for (const { subTopology, partitionCount } of this.#plan.subTopologies) {
      for (let partition = 0; partition < partitionCount; partition++) {
        await stores.wipe(this.#taskDirectory(taskIdOf(subTopology.id, partition)))
      }
    }
    if (topology.globalStores.length > 0) await stores.wipe(this.#globalDirectory())
  }

  #taskDirectory(taskId: string): string {
    return join(this.#directory, taskId)
  }

  #globalDirectory(): string {
    return join(this.#directory, 'global')
  }

  #externalCount(topic: string): number {
    const { partitions = 1 } = this.#options
    return typeof partitions === 'number' ? partitions : (partitions[topic] ?? 1)
  }

  #countOf(topic: string): number {
    return this.#plan.partitionCounts.get(topic) ?? this.#externalCount(topic)
  }
}
