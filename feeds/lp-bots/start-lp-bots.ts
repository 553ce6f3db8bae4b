import { isUnknownBranch } from '#avro'
import { type Clock, type Logger, type Metrics, systemTimers, type Timers } from '#streams'
import type { FetchedBatch, GroupConsumer, Log, TopicPartition } from '#streams/log'
import type { Topics } from '#topics'
import { BotMetrics } from './bot-metrics.ts'
import { Inventories } from './inventories.ts'
import { MarketFollower } from './market-follower.ts'
import { MarketKnowledge } from './market-knowledge.ts'
import { QuoteDesk } from './quote-desk.ts'
import { QuoteWriter } from './quote-writer.ts'
import { readWrittenQuotes } from './written-quotes.ts'

const POLL_MS = 200
const COMMIT_INTERVAL_MS = 1_000
const RETRY_MS = 1_000
const OPEN_RFQS_MAX = 50_000

export interface LpBotsOptions {
  readonly env: string
  readonly log: Log
  readonly topics: Topics
  /** Response times and declines follow from it. */
  readonly seed: number
  readonly clock: Clock
  readonly timers?: Timers
  readonly logger: Logger
  readonly metrics: Metrics
  readonly openRfqsMax?: number
}

export interface LpBots {
  /** Stops after the batch under way, and leaves the group. */
  close(): Promise<void>
}

/** The group whose offsets say which RFQs are over for the bots. */
export function lpBotsGroup(env: string): string {
  return `orion-${env}-lp-bots`
}

/**
 * Runs the liquidity providers' bots: they follow rfq.lifecycle and write QuoteReceived to rfq.quotes, nothing else. The group's offset of a
 * partition is that of its first open RFQ, so that a restarted process knows all open RFQs again, reads which quotes of them are on the log,
 * and goes on with the others. Resolves when the market is known; the group is joined in the background.
 */
export async function startLpBots(options: LpBotsOptions): Promise<LpBots> {
  const bots = new RunningLpBots(options)
  await bots.start()
  return bots
}

class RunningLpBots implements LpBots {
  readonly #options: LpBotsOptions
  readonly #desk: QuoteDesk
  readonly #writer: QuoteWriter
  readonly #follower: MarketFollower
  /** Next offset to read, by partition. */
  readonly #positions = new Map<number, number>()
  /** Where a partition that is being caught up with ended when it was assigned. */
  readonly #catchingUp = new Map<number, number>()
  readonly #committed = new Map<number, number>()
  #consumer: GroupConsumer | undefined
  #committedAtMs = 0
  #stopping = false
  #running: Promise<void> = Promise.resolve()

  constructor(options: LpBotsOptions) {
    this.#options = options
    const { log, topics, clock, logger, seed, timers = systemTimers } = options
    const market = new MarketKnowledge()
    const inventories = new Inventories()
    const metrics: BotMetrics = new BotMetrics(options.metrics, () => this.#desk.openRfqs)
    this.#follower = new MarketFollower({ log, topics, market, inventories, clock, logger })
    this.#desk = new QuoteDesk({
      seed,
      market,
      inventories,
      openMax: options.openRfqsMax ?? OPEN_RFQS_MAX,
      onDecline: (lpId, reason) => metrics.declined(lpId, reason),
    })
    this.#writer = new QuoteWriter({
      log,
      topics,
      desk: this.#desk,
      clock,
      timers,
      logger,
      metrics,
    })
  }

  async start(): Promise<void> {
    const { log, topics, env, logger, seed } = this.#options
    await this.#follower.start()
    await this.#writer.start()
    this.#consumer = await log.createGroupConsumer({
      clientId: 'orion-lp-bots',
      groupId: lpBotsGroup(env),
      topics: [topics.rfq.lifecycle.name],
      isolation: 'read_committed',
      onMissingOffset: 'earliest',
      onAssigned: (partitions) => this.#assigned(partitions),
      onRevoked: (partitions) => this.#revoked(partitions),
    })
    this.#running = this.#run(this.#consumer)
    logger.info({ seed, topic: topics.rfq.quotes.name }, 'bots quote for liquidity providers')
  }

  async close(): Promise<void> {
    this.#stopping = true
    await this.#running
    await this.#writer.close()
    await this.#consumer?.close()
    await this.#follower.close()
  }

  async #run(consumer: GroupConsumer): Promise<void> {
    const { logger, clock } = this.#options
    while (!this.#stopping) {
      try {
        for (const batch of await consumer.poll({ maxWaitMs: POLL_MS })) await this.#take(batch)
        await this.#catchUp()
        this.#writer.wake()
        if (clock.monotonicMs() - this.#committedAtMs >= COMMIT_INTERVAL_MS)
          await this.#commit(consumer)
      } catch (cause) {
        if (this.#stopping) return
        logger.warn({ error: String(cause) }, 'bots cannot reach the log; trying again')
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS))
      }
    }
    await this.#commit(consumer).catch(() => undefined)
  }

  async #assigned(partitions: readonly TopicPartition[]): Promise<void> {
    const { log } = this.#options
    const [committed, starts, ends] = await Promise.all([
      log.admin.groupOffsets(lpBotsGroup(this.#options.env), partitions),
      log.admin.offsets(partitions, 'earliest'),
      log.admin.offsets(partitions, 'stable'),
    ])
    for (const [at, { partition }] of partitions.entries()) {
      this.#desk.hold(partition)
      const position = Math.max(committed[at]?.offset ?? 0, starts[at] ?? 0)
      this.#positions.set(partition, position)
      this.#committed.set(partition, position)
      this.#catchingUp.set(partition, ends[at] ?? 0)
    }
  }

  async #revoked(partitions: readonly TopicPartition[]): Promise<void> {
    for (const { partition } of partitions) {
      this.#desk.forget(partition)
      for (const known of [this.#positions, this.#committed, this.#catchingUp])
        known.delete(partition)
    }
  }

  async #take({ topic, partition, records, nextOffset }: FetchedBatch): Promise<void> {
    const { clock, logger, topics } = this.#options
    const { valueSerde } = topics.rfq.lifecycle
    for (const { offset, value } of records) {
      if (value === null) continue
      try {
        await valueSerde.pending?.(value)
        const event = valueSerde.deserialize(topic, value)
        this.#desk.onLifecycle(partition, offset, event, clock.nowMs())
      } catch (cause) {
        if (isUnknownBranch(cause)) continue
        logger.warn(
          { topic, partition, offset, error: String(cause) },
          'a record that bots cannot read is passed over',
        )
      }
    }
    this.#positions.set(partition, nextOffset)
  }

  /** Partitions whose past is read: what a predecessor has quoted for open RFQs is asked of the log, then quoting begins. */
  async #catchUp(): Promise<void> {
    for (const [partition, end] of this.#catchingUp) {
      if ((this.#positions.get(partition) ?? 0) < end) continue
      const sinceMs = this.#desk.firstOpenSentAtMs(partition)
      if (sinceMs !== undefined) {
        const { log, topics } = this.#options
        await readWrittenQuotes(log, topics.rfq.quotes, { partition, sinceMs }, (quote) =>
          this.#desk.onWritten(partition, quote),
        )
      }
      this.#catchingUp.delete(partition)
      this.#desk.ready(partition)
    }
  }

  async #commit(consumer: GroupConsumer): Promise<void> {
    this.#committedAtMs = this.#options.clock.monotonicMs()
    const topic = this.#options.topics.rfq.lifecycle.name
    const commits = [...this.#positions].flatMap(([partition, position]) => {
      const offset = this.#desk.firstOpenOffset(partition) ?? position
      return offset > (this.#committed.get(partition) ?? 0) ? [{ topic, partition, offset }] : []
    })
    if (commits.length === 0) return
    await consumer.commit(commits)
    for (const { partition, offset } of commits) this.#committed.set(partition, offset)
  }
}
