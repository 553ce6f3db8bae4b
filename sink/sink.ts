import { type Clock, type Logger, type Metrics, noMetrics, StreamsError } from '#streams'
import type { GroupConsumer, GroupMetadata, Log, OffsetCommit, TopicPartition } from '#streams/log'
import type { Topics } from '#topics'
import type { ClickHouse } from './clickhouse.ts'
import { DeadLetters, deadLetterOf } from './dead-letters.ts'
import { type Delivery, deliverRange } from './deliver-range.ts'
import { LagGauges } from './lag-gauges.ts'
import { migrate } from './migrate.ts'
import { PartitionBuffer } from './partition-buffer.ts'
import { planCommit, plannedRange, type RangePlan } from './range-plan.ts'
import { RefusalLog } from './refusal-log.ts'
import { RefusalTally } from './refusal-tally.ts'
import { startRetention } from './retention.ts'
import { SinkMetrics } from './sink-metrics.ts'
import { type SinkSource, sinkSources } from './sources.ts'

export interface SinkOptions {
  readonly log: Log
  readonly topics: Topics
  /** Environment: names the group `orion-<env>-sink`. */
  readonly env: string
  readonly clickhouse: ClickHouse
  readonly logger: Logger
  readonly clock: Clock
  readonly metrics?: Metrics
  /** Records of a range at most. Default 20,000. */
  readonly batchRowsMax?: number
  /** How long the first record of a range waits for more, in ms; twice as long in tables of trading. Default 500. */
  readonly lingerMs?: number
  /** Bytes on disk of each database's tables together; the oldest partitions are dropped above. Default 2 GB. */
  readonly bytesMax?: number
}

export interface Sink {
  /** Rows written and records dead-lettered since the start. */
  progress(): { readonly rows: number; readonly deadLetters: number }
  /** Ends the range under way, or leaves it to the successor after 5 s. */
  close(): Promise<void>
}

interface Work {
  readonly buffers: readonly { readonly buffer: PartitionBuffer; readonly plan: RangePlan }[]
  settled: boolean
  /** The table does not take them now. */
  readonly setAside: Set<RangePlan>
  /** The sink closes while ClickHouse does not answer: the ranges are the successor's. */
  abandoned: boolean
}

const BACKOFF_MS_MIN = 100
const BACKOFF_MS_MAX = 2_000
const CLOSE_MS_MAX = 5_000
/** Ranges inserted at the same time. */
const RANGES_MAX = 4

/** `orion-<env>-sink` */
export function sinkGroupId(env: string): string {
  return `orion-${env}-sink`
}

/**
 * Brings market data, trading and dead letters into ClickHouse, each record once. A range of offsets is remembered in the group's
 * offset before it is inserted; after a crash, or with a new owner of the partition, exactly that range is read and inserted again
 * under the same token, which ClickHouse then drops if it had it.
 *
 * Resolves when the schema is there and the group is joined in the background. While ClickHouse is down it keeps trying, holds at most
 * two ranges a partition in memory, and nobody else waits for it.
 */
export async function startSink(options: SinkOptions): Promise<Sink> {
  const sink = new RunningSink(options)
  await sink.start()
  return sink
}

class RunningSink implements Sink {
  readonly #options: SinkOptions
  readonly #sources: ReadonlyMap<string, SinkSource>
  readonly #buffers = new Map<string, PartitionBuffer>()
  readonly #deadLetters: DeadLetters
  readonly #metrics: SinkMetrics
  readonly #lag: LagGauges
  readonly #refusals: RefusalLog
  readonly #mismatches: RefusalLog
  readonly #tallies = new Map<string, RefusalTally>()
  readonly #rowsMax: number
  readonly #lingerMs: number
  #consumer: GroupConsumer | undefined
  #work: Work | undefined
  #stopping = false
  #running: Promise<void> = Promise.resolve()
  #stopRetention: () => void = () => {}
  /** Wakes whoever waits for a backoff. */
  #wake: () => void = () => {}

  constructor(options: SinkOptions) {
    this.#options = options
    this.#sources = new Map(sinkSources(options.topics).map((source) => [source.topic, source]))
    this.#deadLetters = new DeadLetters({
      log: options.log,
      topic: options.topics.dlq.sink,
      groupId: sinkGroupId(options.env),
    })
    const metrics = options.metrics ?? noMetrics
    this.#metrics = new SinkMetrics(metrics)
    this.#lag = new LagGauges(metrics, options.log.admin, [...this.#sources.keys()])
    for (const topic of this.#sources.keys()) this.#tallies.set(topic, new RefusalTally())
    this.#refusals = new RefusalLog((fields, refused) =>
      options.logger.warn({ ...fields, refused }, 'records cannot be rows: dead-lettered'),
    )
    this.#mismatches = new RefusalLog((fields, attempts) =>
      options.logger.error(
        { ...fields, attempts },
        'the table refuses the rows: the partition waits',
      ),
    )
    this.#rowsMax = options.batchRowsMax ?? 20_000
    this.#lingerMs = options.lingerMs ?? 500
  }

  async start(): Promise<void> {
    const { log, clickhouse, logger, env, bytesMax } = this.#options
    await migrate(clickhouse, logger)
    this.#consumer = await log.createGroupConsumer({
      clientId: 'orion-sink',
      groupId: sinkGroupId(env),
      topics: [...this.#sources.keys()],
      isolation: 'read_committed',
      onMissingOffset: 'earliest',
      onAssigned: (partitions) => this.#assigned(partitions),
      onRevoked: (partitions) => this.#revoked(partitions),
    })
    this.#stopRetention = startRetention({
      clickhouse,
      logger,
      bytesMax: bytesMax ?? 2_000_000_000,
    })
    this.#running = this.#run(this.#consumer)
  }

  progress() {
    return this.#metrics.progress()
  }

  async close(): Promise<void> {
    this.#stopping = true
    this.#stopRetention()
    this.#wake()
    await this.#running
    this.#refusals.flush(Number.POSITIVE_INFINITY)
    this.#mismatches.flush(Number.POSITIVE_INFINITY)
    await this.#consumer?.close()
    await this.#deadLetters.close()
  }

  async #run(consumer: GroupConsumer): Promise<void> {
    const { clock, logger } = this.#options
    let stopAtMs: number | undefined
    let backoffMs = BACKOFF_MS_MIN
    while (true) {
      if (this.#stopping) {
        stopAtMs ??= clock.monotonicMs() + CLOSE_MS_MAX
        if (this.#work === undefined || this.#work.abandoned || clock.monotonicMs() >= stopAtMs)
          return
      }
      try {
        await this.#turn(consumer)
        backoffMs = BACKOFF_MS_MIN
      } catch (cause) {
        if (this.#stopping) return
        logger.error({ cause: String(cause), backoffMs }, 'sink cannot reach the log; trying again')
        await this.#pause(backoffMs)
        backoffMs = Math.min(backoffMs * 2, BACKOFF_MS_MAX)
      }
    }
  }

  /** One poll, and the end and the start of ranges. Commits are made here alone, never beside a poll. */
  async #turn(consumer: GroupConsumer): Promise<void> {
    const { clock } = this.#options
    const busy = this.#work !== undefined
    const batches = await consumer.poll({
      maxWaitMs: busy ? 10 : Math.min(this.#lingerMs, 100),
      recordsMax: this.#rowsMax,
    })
    const nowMs = clock.monotonicMs()
    for (const batch of batches) this.#buffers.get(placeOf(batch))?.append(batch, nowMs)
    this.#balance(consumer)
    this.#refusals.flush(nowMs)
    this.#mismatches.flush(nowMs)
    this.#lag.look(() => [...this.#buffers.values()], nowMs)
    const finished = this.#work?.settled === true ? this.#work : undefined
    if (this.#work !== undefined && finished === undefined) return
    await this.#advance(consumer, finished)
  }

  async #advance(consumer: GroupConsumer, finished: Work | undefined): Promise<void> {
    const { clock } = this.#options
    const nowMs = clock.monotonicMs()
    const commits = new Map<string, OffsetCommit>()
    for (const { buffer, plan } of finished?.buffers ?? []) {
      if (!buffer.assigned) continue
      if (finished?.setAside.has(plan)) {
        const cut: RangePlan = { ...plan, cut: true }
        buffer.setAside(cut, nowMs)
        if (plan.cut !== true) commits.set(placeOf(plan), planCommit(cut))
        continue
      }
      // Repeated after a failed commit, it changes nothing.
      if (buffer.plan === plan) buffer.done(plan, nowMs)
      commits.set(placeOf(plan), { topic: plan.topic, partition: plan.partition, offset: plan.to })
    }
    const next: { buffer: PartitionBuffer; plan: RangePlan }[] = []
    for (const buffer of this.#stopping ? [] : this.#buffers.values()) {
      if (next.length >= RANGES_MAX) break
      const plan = buffer.nextPlan({
        rowsMax: this.#rowsMax,
        lingerMs: this.#lingerMs * buffer.source.lingerTimes,
        nowMs,
        plannedAtMs: clock.nowMs(),
      })
      if (plan === undefined) continue
      if (buffer.plan === undefined) commits.set(placeOf(plan), planCommit(plan))
      next.push({ buffer, plan })
    }
    this.#toTheBack(next)
    if (commits.size > 0) await consumer.commit([...commits.values()])
    this.#work = undefined
    if (next.length === 0) return
    for (const { buffer, plan } of next) buffer.plan = plan
    const work: Work = { buffers: next, settled: false, setAside: new Set(), abandoned: false }
    this.#work = work
    const group = consumer.groupMetadata()
    void Promise.all(next.map(({ buffer, plan }) => this.#deliver(buffer, plan, group, work))).then(
      () => {
        if (!work.abandoned) work.settled = true
      },
    )
  }

  /** Partitions take turns: a few that are always full would else keep the others waiting for ever. */
  #toTheBack(taken: readonly { readonly buffer: PartitionBuffer }[]): void {
    for (const { buffer } of taken) {
      this.#buffers.delete(placeOf(buffer.at))
      this.#buffers.set(placeOf(buffer.at), buffer)
    }
  }

  /** Never rejects: tries until the range is in, or is another member's, or the sink closes (then the work is abandoned). */
  async #deliver(
    buffer: PartitionBuffer,
    plan: RangePlan,
    group: GroupMetadata,
    work: Work,
  ): Promise<void> {
    const { clickhouse, clock, logger } = this.#options
    const records = buffer.recordsOf(plan)
    let backoffMs = BACKOFF_MS_MIN
    while (buffer.assigned) {
      try {
        const tally = this.#tallies.get(plan.topic)
        const delivery = await deliverRange(clickhouse, buffer.source, plan, records, clock, tally)
        // Its own dead letters that cannot be rows would come back for ever.
        const refusals = plan.topic === this.#options.topics.dlq.sink.name ? [] : delivery.refusals
        if (refusals.length > 0) await this.#deadLetters.write(plan, refusals, group)
        this.#sayRefused(plan, delivery)
        this.#metrics.delivered(buffer.source.encoder.table, delivery)
        return
      } catch (cause) {
        this.#metrics.retried()
        if (cause instanceof StreamsError && cause.code === 'SINK_SCHEMA_MISMATCH') {
          const { topic, partition } = plan
          const fields = { topic, partition, offset: cause.place.offset ?? plan.from }
          this.#mismatches.note(
            { ...fields, code: cause.code, cause: cause.message },
            1,
            clock.monotonicMs(),
          )
          work.setAside.add(plan)
          return
        }
        logger.warn(
          {
            topic: plan.topic,
            partition: plan.partition,
            offset: plan.from,
            cause: String(cause),
            backoffMs,
          },
          'range not inserted; trying again',
        )
        if (this.#stopping) {
          work.abandoned = true
          return
        }
        await this.#pause(backoffMs)
        backoffMs = Math.min(backoffMs * 2, BACKOFF_MS_MAX)
      }
    }
  }

  /** A line a code; the first record of it stands for the others. */
  #sayRefused(plan: RangePlan, { refusals }: Delivery): void {
    for (const code of new Set(refusals.map((refusal) => refusal.code))) {
      const alike = refusals.filter((refusal) => refusal.code === code)
      const [first] = alike
      if (first === undefined) continue
      const { tenantId, correlationId } = deadLetterOf(plan, first)
      const { topic, partition } = plan
      const { cause, record } = first
      this.#refusals.note(
        { topic, partition, offset: record.offset, tenantId, correlationId, code, cause },
        alike.length,
        this.#options.clock.monotonicMs(),
      )
    }
  }

  /** Stops fetching where two ranges are waiting, and goes on below one. */
  #balance(consumer: GroupConsumer): void {
    const pause: TopicPartition[] = []
    const resume: TopicPartition[] = []
    for (const buffer of this.#buffers.values()) {
      const planned = buffer.plan === undefined ? 0 : buffer.plan.to - buffer.plan.from
      const full = buffer.length >= Math.max(2 * this.#rowsMax, planned + 1)
      if (full && !buffer.paused) pause.push(buffer.at)
      if (buffer.paused && buffer.length < this.#rowsMax) resume.push(buffer.at)
      if (full) buffer.paused = true
      else if (buffer.length < this.#rowsMax) buffer.paused = false
    }
    if (pause.length > 0) consumer.pause(pause)
    if (resume.length > 0) consumer.resume(resume)
  }

  async #assigned(partitions: readonly TopicPartition[]): Promise<void> {
    const committed = (await this.#consumer?.committed(partitions)) ?? []
    for (const [index, { topic, partition }] of partitions.entries()) {
      const source = this.#sources.get(topic)
      if (source === undefined) continue
      const commit = committed[index]
      const plan = commit === undefined ? undefined : plannedRange(commit)
      const at = { topic, partition }
      this.#buffers.set(placeOf(at), new PartitionBuffer(source, at, commit?.offset, plan))
    }
  }

  async #revoked(partitions: readonly TopicPartition[]): Promise<void> {
    for (const at of partitions) {
      const buffer = this.#buffers.get(placeOf(at))
      if (buffer !== undefined) buffer.assigned = false
      this.#buffers.delete(placeOf(at))
    }
    this.#wake()
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms)
      const before = this.#wake
      this.#wake = () => {
        clearTimeout(timer)
        before()
        resolve()
        this.#wake = () => {}
      }
    })
  }
}

function placeOf({ topic, partition }: TopicPartition): string {
  return `${topic}-${partition}`
}
