import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { noMetrics, type StoreChecksum, silentLogger, systemClock } from '#streams'
import { type Log, openKafkaLog } from '#streams/log'
import type { Blow } from './blows.ts'
import type { BrokerCluster } from './broker-cluster.ts'
import { CommittedReader, readAll } from './committed-reader.ts'
import { elapsed } from './elapsed.ts'
import { Feeder } from './feeder.ts'
import { Instance } from './instance.ts'
import { INPUTS, OUTPUTS, STORES } from './payments-topology.ts'
import { foldOfChangelog, Judge, type Left, repeatable, type Verdict } from './verdict.ts'

export interface RoundOptions {
  readonly cluster: BrokerCluster
  /** Names the round's topics and groups. */
  readonly seed: number
  readonly blows: readonly Blow[]
  readonly ordersPerSecond: number
  readonly partitions: number
  /** How long the load goes on once all that were hit are back; undefined: it ends with the last blow. */
  readonly lingerMs?: number
  /** Instances keep their places in the group while they are away for less than a session. */
  readonly staticMembers?: boolean
  readonly onProgress: (message: string) => void
}

export interface RoundResult {
  readonly seed: number
  readonly kills: number
  readonly brokerKills: number
  readonly freezes: number
  readonly orders: number
  /** Outputs committed when the blows were over: processing went on between them. */
  readonly ordersDoneUnderBlows: number
  /** Without a committed output, while blows fell and there was work. */
  readonly longestSilenceMs: number
  /** From the return of the last one that was hit until the next committed output; undefined where the load ended before. */
  readonly resumedAfterMs?: number
  /** From the last blow until everything was processed. */
  readonly drainMs: number
  readonly seconds: number
  readonly verdict: Verdict
}

export const INSTANCES = 3
const SESSION_MS = 3_000
/** Of an instance: beyond its session, so that others have its tasks when it wakes. */
export const FREEZE_MS = SESSION_MS + 2_500
const DRAIN_MS_MAX = 240_000
const LOOK_EVERY_MS = 100
/** Nothing more comes after everything came. */
const QUIET_MS = 1_000

/**
 * One round: three instances under load are killed, and brokers with them; then what they left is compared with the input, with a fold of
 * the changelogs, with stores restored from nothing, and with an uninterrupted run of the same input.
 */
export async function runRound(options: RoundOptions): Promise<RoundResult> {
  const directory = mkdtempSync(join(tmpdir(), `orion-crash-round-${process.pid}-`))
  const round = new Round(options, directory)
  try {
    return await round.run()
  } finally {
    await round.close()
    if (process.env['ORION_KEEP'] === undefined) rmSync(directory, { recursive: true, force: true })
  }
}

class Round {
  readonly #options: RoundOptions
  readonly #directory: string
  readonly #name: string
  readonly #judge = new Judge()
  readonly #instances = new Set<Instance>()
  readonly #returns = new Set<Promise<void>>()
  #log: Log | undefined
  #paid: CommittedReader | undefined
  #brokersWhole: Promise<void> = Promise.resolve()

  constructor(options: RoundOptions, directory: string) {
    this.#options = options
    this.#directory = directory
    this.#name = `matrix-${options.seed}-${process.pid}`
  }

  async run(): Promise<RoundResult> {
    const startedMs = systemClock.monotonicMs()
    const { cluster, seed, blows, partitions, ordersPerSecond } = this.#options
    const count = (what: RegExp) => blows.filter(({ kind }) => what.test(kind)).length
    this.#log = await openKafkaLog({ brokers: cluster.addresses, clientId: 'matrix', ...PORTS })
    const log = this.#log
    const app = `${this.#name}-killed`
    await this.#createTopics([INPUTS, this.#inputs], [OUTPUTS, `${app}-`])
    const feeder = new Feeder(log, this.#inputs, partitions, ordersPerSecond)
    await feeder.fillAccounts()
    const instances = Array.from({ length: INSTANCES }, (_, index) => this.#start(app, `i${index}`))
    await this.#all(instances, 'RUNNING')
    this.#paid = await CommittedReader.open(log, `${app}-paid`, partitions, () => {})
    const paid = this.#paid
    feeder.start()
    await this.#firstOutput(paid, instances)
    await this.#strike(instances, feeder)
    const resumedAfterMs = await this.#linger(paid)
    const ordersDoneUnderBlows = paid.count
    const { longestSilenceMs } = paid
    const struckMs = systemClock.monotonicMs()
    await feeder.stop()
    await Promise.all(this.#returns)
    await this.#brokersWhole
    await this.#drained(paid, feeder.orders, instances)
    const drainMs = systemClock.monotonicMs() - struckMs
    const left = await this.#left(app, instances)
    await Promise.all(instances.map((instance) => instance.close()))
    await this.#compare(app, left, feeder.orders)
    await this.#removeTopics()
    return {
      seed,
      kills: count(/^kill/),
      brokerKills: count(/^kill-(all-)?broker/),
      freezes: count(/^freeze/),
      orders: feeder.orders,
      ordersDoneUnderBlows,
      longestSilenceMs: Math.round(longestSilenceMs),
      ...(resumedAfterMs === undefined ? {} : { resumedAfterMs: Math.round(resumedAfterMs) }),
      drainMs: Math.round(drainMs),
      seconds: Math.round((systemClock.monotonicMs() - startedMs) / 1_000),
      verdict: this.#judge.verdict,
    }
  }

  async close(): Promise<void> {
    for (const instance of this.#instances) {
      instance.thaw()
      await instance.kill()
    }
    await Promise.allSettled(this.#returns)
    await this.#brokersWhole.catch(() => {})
    await this.#paid?.close().catch(() => {})
    await this.#log?.close()
  }

  get #inputs(): string {
    return `${this.#name}-in-`
  }

  /** The blows, one after the other; those that were hit come back beside them. */
  async #strike(instances: readonly Instance[], feeder: Feeder): Promise<void> {
    const { blows, onProgress } = this.#options
    let done = 0
    for (const blow of blows) {
      await elapsed(blow.afterMs)
      if (/broker/.test(blow.kind)) await this.#strikeBroker(blow)
      else await this.#strikeInstance(blow, instances)
      done += 1
      onProgress(
        `${done} of ${blows.length} blows: ${blow.kind} ${blow.which}; ${this.#paid?.count} of ${feeder.orders} orders done`,
      )
    }
  }

  /** Blows fall on an application that processes. */
  async #firstOutput(paid: CommittedReader, instances: readonly Instance[]): Promise<void> {
    const untilMs = systemClock.monotonicMs() + DRAIN_MS_MAX
    while (paid.count === 0) {
      const failed = instances.find(({ failure }) => failure !== undefined)
      if (failed !== undefined) throw new Error(failed.failure)
      if (systemClock.monotonicMs() > untilMs)
        throw new Error(`no output within ${DRAIN_MS_MAX} ms, before any blow`)
      await elapsed(LOOK_EVERY_MS)
    }
  }

  /** Under load until those that were hit are back and outputs come again. */
  async #linger(paid: CommittedReader): Promise<number | undefined> {
    const { lingerMs } = this.#options
    if (lingerMs === undefined) return undefined
    await Promise.all(this.#returns)
    await this.#brokersWhole
    const { count } = paid
    const backMs = systemClock.monotonicMs()
    const waitedMs = () => systemClock.monotonicMs() - backMs
    while (paid.count === count && waitedMs() < DRAIN_MS_MAX) await elapsed(LOOK_EVERY_MS)
    const resumedAfterMs = waitedMs()
    await elapsed(lingerMs)
    return resumedAfterMs
  }

  async #strikeInstance(blow: Blow, instances: readonly Instance[]): Promise<void> {
    const instance = instances[blow.which]
    if (instance === undefined) return
    // One that was hit just now comes back first.
    while (instance.state === 'AWAY') await elapsed(LOOK_EVERY_MS)
    const back = async () => {
      if (blow.kind === 'freeze-instance') instance.freeze()
      else await instance.kill()
      await elapsed(blow.awayMs)
      if (blow.kind === 'freeze-instance') instance.thaw()
      else instance.start()
    }
    await this.#beside(instance.awayWhile(back))
  }

  async #strikeBroker(blow: Blow): Promise<void> {
    const { cluster } = this.#options
    await this.#brokersWhole
    const hit = cluster.addresses.flatMap((_, index) =>
      blow.kind === 'kill-all-brokers' || index === blow.which ? [index] : [],
    )
    for (const index of hit) {
      if (blow.kind === 'freeze-broker') cluster.freeze(index)
      else cluster.kill(index)
    }
    this.#brokersWhole = elapsed(blow.awayMs)
      .then(() => {
        for (const index of hit) cluster.thaw(index)
        return cluster.startAgain()
      })
      .then(() => cluster.healthy())
    await this.#beside(this.#brokersWhole)
  }

  async #beside(returning: Promise<void>): Promise<void> {
    const kept = returning.finally(() => this.#returns.delete(kept))
    kept.catch(() => {})
    this.#returns.add(kept)
  }

  #start(app: string, name: string): Instance {
    const instance = new Instance({
      name,
      applicationId: app,
      brokers: this.#options.cluster.addresses,
      inputs: this.#inputs,
      outputs: `${app}-`,
      directory: join(this.#directory, app, name),
      sessionTimeoutMs: SESSION_MS,
      isStatic: this.#options.staticMembers === true,
    })
    this.#instances.add(instance)
    instance.start()
    return instance
  }

  async #drained(
    reader: CommittedReader,
    orders: number,
    instances: readonly Instance[],
  ): Promise<void> {
    const untilMs = systemClock.monotonicMs() + DRAIN_MS_MAX
    while (reader.count < orders || reader.silentForMs < QUIET_MS) {
      if (systemClock.monotonicMs() > untilMs) {
        this.#judge.fault(
          `${reader.topic}: ${reader.count} of ${orders} orders after ${DRAIN_MS_MAX} ms`,
        )
        return
      }
      // One that ended by itself has its say in the verdict.
      if (instances.every(({ state }) => state === 'ENDED')) return
      await elapsed(LOOK_EVERY_MS)
    }
  }

  async #left(app: string, instances: readonly Instance[]): Promise<Left> {
    const { partitions } = this.#options
    const log = this.#log as Log
    const untilMs = systemClock.monotonicMs() + DRAIN_MS_MAX
    let stores: StoreChecksum[] = []
    // Whole when every part is there: a rebalance may be under way.
    while (stores.length < STORES.length * partitions && systemClock.monotonicMs() < untilMs) {
      if (instances.every(({ state }) => state === 'ENDED')) break
      await elapsed(LOOK_EVERY_MS)
      const reports = await Promise.all(instances.map((instance) => instance.report()))
      stores = reports.flatMap((report) => report.stores)
    }
    for (const { failure } of instances) if (failure !== undefined) this.#judge.fault(failure)
    return {
      paid: await readAll(log, `${app}-paid`, partitions),
      totals: await readAll(log, `${app}-totals`, partitions),
      stores,
    }
  }

  async #compare(app: string, left: Left, orders: number): Promise<void> {
    const judge = this.#judge
    const { partitions } = this.#options
    const log = this.#log as Log
    for (const name of ['orders', 'payments']) {
      judge.inputs(name, (await readAll(log, `${this.#inputs}${name}`, partitions)).flat(), orders)
    }
    judge.outputs('killed run', left, orders)
    const folds: StoreChecksum[] = []
    for (const store of STORES) {
      const changelog = await readAll(log, `${app}-${store}-changelog`, partitions)
      folds.push(...changelog.map((records, index) => foldOfChangelog(store, index, records)))
    }
    judge.stores('stores and the fold of their changelogs', left.stores, folds)
    judge.stores('stores restored from nothing', (await this.#restored(app)).stores, left.stores)
    const calm = await this.#calm(orders)
    judge.outputs('calm run', calm, orders)
    judge.stores('stores of the calm run', repeatable(left.stores), repeatable(calm.stores))
  }

  /** The same application on an empty disk: everything it has comes from the changelogs. */
  async #restored(app: string): Promise<Left> {
    const instance = this.#start(app, 'restored')
    const left = await this.#left(app, [instance])
    await instance.close()
    return left
  }

  async #calm(orders: number): Promise<Left> {
    const app = `${this.#name}-calm`
    const log = this.#log as Log
    await this.#createTopics([OUTPUTS, `${app}-`])
    const instance = this.#start(app, 'calm')
    const reader = await CommittedReader.open(
      log,
      `${app}-paid`,
      this.#options.partitions,
      () => {},
    )
    await this.#drained(reader, orders, [instance])
    await reader.close()
    const left = await this.#left(app, [instance])
    await instance.close()
    return left
  }

  async #all(instances: readonly Instance[], state: string): Promise<void> {
    while (instances.some((instance) => instance.state !== state)) {
      const failed = instances.find(({ failure }) => failure !== undefined)
      if (failed !== undefined) throw new Error(failed.failure)
      await elapsed(LOOK_EVERY_MS)
    }
  }

  async #createTopics(...groups: readonly (readonly [readonly string[], string])[]): Promise<void> {
    const { partitions } = this.#options
    await this.#log?.admin.createTopics(
      groups.flatMap(([names, prefix]) =>
        names.map((name) => ({
          topic: `${prefix}${name}`,
          partitions,
          cleanup: 'delete' as const,
          retentionMs: -1,
          retentionBytes: -1,
        })),
      ),
    )
  }

  async #removeTopics(): Promise<void> {
    const { admin } = this.#log as Log
    const own = (await admin.listTopics()).filter((topic) => topic.startsWith(this.#name))
    await admin.deleteTopics(own)
  }
}

const PORTS = { clock: systemClock, logger: silentLogger, metrics: noMetrics }
