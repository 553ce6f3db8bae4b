import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { StreamsError } from '../errors.ts'
import type { PartitionAppend } from '../log/log.ts'
import { silentLogger } from '../logger.ts'
import { type Metrics, noMetrics } from '../metrics.ts'
import { GlobalTables } from '../restore/global-tables.ts'
import type { Serde } from '../serde.ts'
import { prepareSerdes } from '../serde-preparation.ts'
import type { ManagedStore, StoreBackend, TaskStores } from '../store.ts'
import type { DeadLetter, DeadLetterEncoder } from '../task/dead-letter.ts'
import type { FailureHandlers } from '../task/handlers.ts'
import { defaultPartition } from '../task/record-collector.ts'
import { StreamTask } from '../task/stream-task.ts'
import { taskIdOf } from '../task/task-id.ts'
import type { Topology } from '../topology.ts'
import { externalTopics, planTopology, type TopologyPlan } from '../worker/topology-plan.ts'
import { ManualClock } from './manual-clock.ts'
import { type RawRecord, TestInputTopic, TestOutputTopic } from './test-topics.ts'

export interface TopologyTestDriverOptions {
  readonly topology: Topology
  /** Stores of the tasks; pass a backend on the memory engine unless the test is about another. */
  readonly stores: StoreBackend
  readonly applicationId?: string
  /** Partitions of every external topic, or by topic; 1 unless given. */
  readonly partitions?: number | Readonly<Record<string, number>>
  readonly initialWallClockMs?: number
  readonly handlers?: FailureHandlers
  /** Dead letters are kept in `deadLetters` in any case; with an encoder they are written to its topic, too. */
  readonly deadLetter?: DeadLetterEncoder
  readonly metrics?: Metrics
  readonly maxTaskIdleMs?: number
  /** Of the stores; a temporary one, removed at close, unless given. */
  readonly directory?: string
}

interface DriverTask {
  readonly task: StreamTask
  readonly stores: TaskStores
}

const DEAD_LETTER_TOPIC = 'dead-letters'
const OVERLAY_BYTES_MAX = 64 * 1024 * 1024

/**
 * Runs a whole topology in memory, without a log, synchronously: the same task code as in production, a clock that the test moves, inputs
 * piped one by one, outputs read as they were produced. Repartition topics loop back; global tables are applied at once.
 *
 * @example
 * const driver = await TopologyTestDriver.open({ topology, stores: createStoreBackend(memoryEngine) })
 * driver.createInputTopic('ticks', stringSerde, tickSerde).pipe('EURUSD', tick)
 * expect(driver.createOutputTopic('snapshots', stringSerde, snapshotSerde).readRecords()).toEqual([...])
 */
export class TopologyTestDriver {
  readonly clock: ManualClock
  /** Every record that was dead-lettered, in order. */
  readonly deadLetters: DeadLetter[] = []
  readonly #options: TopologyTestDriverOptions
  readonly #plan: TopologyPlan
  readonly #tasks: DriverTask[] = []
  readonly #outputs = new Map<string, RawRecord[]>()
  readonly #nextOffsets = new Map<string, number>()
  #globals: GlobalTables | undefined
  #directory = ''

  static async open(options: TopologyTestDriverOptions): Promise<TopologyTestDriver> {
    const driver = new TopologyTestDriver(options)
    await driver.#open()
    return driver
  }

  private constructor(options: TopologyTestDriverOptions) {
    this.#options = options
    this.clock = new ManualClock(options.initialWallClockMs ?? 0)
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
    const take = (recordsMax: number) =>
      this.#outputs.get(topic)?.splice(0, Math.min(recordsMax, Number.MAX_SAFE_INTEGER)) ?? []
    const size = () => this.#outputs.get(topic)?.length ?? 0
    return new TestOutputTopic(name, { key, value }, take, size)
  }

  /** Moves the wall clock and runs the punctuations that become due, each at most once. */
  advanceWallClock(ms: number): void {
    this.clock.advance(ms)
    for (const { task } of this.#tasks) {
      task.run(0)
      this.#route(task)
    }
    this.#runAll()
  }

  /** A store of the task on this partition, or a global store. The caller names the type that the topology gave it. */
  store<S>(name: string, partition = 0): S {
    const found = this.managedStore(name, partition)?.store ?? this.#globals?.store(name)
    if (found === undefined) {
      throw new StreamsError(
        'STREAMS_UNKNOWN_STORE',
        `no store ${name} on partition ${partition}`,
        { store: name, partition },
        'Name a store of the topology and a partition that its tasks have.',
      )
    }
    return found as S
  }

  managedStore(name: string, partition = 0): ManagedStore | undefined {
    for (const { task, stores } of this.#tasks) {
      if (task.partition === partition && stores.names.includes(name)) return stores.get(name)
    }
    return undefined
  }

  /** Names of the topics that something was produced to, as the log would name them. */
  producedTopics(): readonly string[] {
    return [...this.#outputs.keys()].sort()
  }

  async close(): Promise<void> {
    for (const { task, stores } of this.#tasks) {
      task.close()
      await stores.close()
    }
    await this.#globals?.close()
    if (this.#options.directory === undefined) {
      await rm(this.#directory, { recursive: true, force: true })
    }
  }

  async #open(): Promise<void> {
    const { topology, directory, stores, handlers = {}, metrics = noMetrics } = this.#options
    await prepareSerdes(this.#plan)
    this.#directory = directory ?? (await mkdtemp(join(tmpdir(), 'orion-driver-')))
    if (topology.globalStores.length > 0) {
      this.#globals = await GlobalTables.open({
        applicationId: this.#plan.applicationId,
        topology,
        stores,
        directory: join(this.#directory, 'global'),
        handlers,
        logger: silentLogger,
        metrics,
        overlayBytesMax: OVERLAY_BYTES_MAX,
        partitionCount: (topic) => this.#countOf(topic),
      })
    }
    for (const { subTopology, partitionCount } of this.#plan.subTopologies) {
      for (let partition = 0; partition < partitionCount; partition++) {
        await this.#openTask(subTopology.id, partition)
      }
    }
    for (const { task } of this.#tasks) this.#route(task)
    this.#runAll()
  }

  async #openTask(subTopologyId: number, partition: number): Promise<void> {
    const { stores: backend, metrics = noMetrics, handlers = {} } = this.#options
    const plan = this.#plan
    const subTopology = plan.topology.subTopologies.find((one) => one.id === subTopologyId)
    if (subTopology === undefined) return
    const taskId = taskIdOf(subTopologyId, partition)
    const stores = await backend.open({
      directory: join(this.#directory, taskId),
      taskId,
      specs: subTopology.stores,
      overlayBytesMax: OVERLAY_BYTES_MAX,
      changelogTopic: plan.changelogTopic,
    })
    const task = new StreamTask({
      applicationId: plan.applicationId,
      topologyName: plan.topology.name,
      taskId,
      partition,
      subTopology,
      physicalTopic: plan.physicalTopic,
      changelogTopic: plan.changelogTopic,
      partitionCounts: (topic) => this.#countOf(topic),
      inputs: plan.inputsOf(subTopologyId, partition).map((input) => ({
        ...input,
        position: 0,
        metadata: undefined,
        endOffset: 0,
      })),
      stores,
      globals: this.#globals,
      clock: this.clock,
      handlers,
      deadLetter: (letter) => this.#encodeDeadLetter(letter),
      metrics,
      bounds: {
        transactionRecordsMax: Number.POSITIVE_INFINITY,
        transactionBytesMax: Number.POSITIVE_INFINITY,
        recordBytesMax: 1_000_000,
      },
      maxTaskIdleMs: this.#options.maxTaskIdleMs ?? 0,
    })
    this.#tasks.push({ task, stores })
    task.init()
  }

  #encodeDeadLetter(letter: DeadLetter) {
    this.deadLetters.push(letter)
    const { deadLetter } = this.#options
    if (deadLetter !== undefined) return deadLetter(letter)
    const { key, value, headers } = letter
    return { topic: DEAD_LETTER_TOPIC, key, value, headers }
  }

  /** One record at a time, its outputs delivered before the next, until no task has anything left. */
  #runAll(): void {
    let progressed = true
    while (progressed) {
      progressed = false
      for (const { task } of this.#tasks) {
        while (task.run(1) > 0) {
          progressed = true
          this.#route(task)
        }
      }
    }
    for (const { task, stores } of this.#tasks) {
      if (!task.hasUncommitted) continue
      const transaction = task.takeTransaction()
      stores.commit(new Map(transaction.changelogs.map(({ store }) => [store, 0])))
      task.committed(transaction)
    }
  }

  #route(task: StreamTask): void {
    for (const append of task.collector.drain()) this.#produce(append)
  }

  #produce({ topic, partition, records }: PartitionAppend): void {
    let output = this.#outputs.get(topic)
    if (output === undefined) {
      output = []
      this.#outputs.set(topic, output)
    }
    for (const { key, value, timestampMs, headers = [] } of records) {
      const record = { partition, key, value, timestampMs, headers }
      output.push(record)
      this.#deliver(topic, record)
    }
  }

  #deliver(topic: string, record: RawRecord): void {
    const { partition } = record
    const place = `${topic}-${partition}`
    const offset = this.#nextOffsets.get(place) ?? 0
    const nextOffset = offset + 1
    this.#nextOffsets.set(place, nextOffset)
    const batch = {
      topic,
      partition,
      records: [{ ...record, offset }],
      nextOffset,
      endOffset: nextOffset,
    }
    if (this.#plan.topology.globalStores.some((global) => global.topic === topic)) {
      this.#globals?.apply(batch)
    }
    const taskId = this.#plan.taskOf({ topic, partition })
    const found = this.#tasks.find(({ task }) => task.taskId === taskId)
    found?.task.enqueue(batch)
  }

  #externalCount(topic: string): number {
    const { partitions = 1 } = this.#options
    return typeof partitions === 'number' ? partitions : (partitions[topic] ?? 1)
  }

  #countOf(topic: string): number {
    return this.#plan.partitionCounts.get(topic) ?? this.#externalCount(topic)
  }
}
