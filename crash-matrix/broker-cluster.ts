import { mkdtempSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type KafkaOptions, kafkaStart, kafkaStatus, kafkaWipe, sweepBrokers } from '#cli/kafka'
import { systemClock } from '#streams'
import { elapsed } from './elapsed.ts'
import { partitionsOutOfSync } from './replica-probe.ts'

const DIRECTORY_PREFIX = 'orion-crash-matrix-'
const PORTS = { first: 30_100, step: 6, count: 300 }
/** A broker that was killed is given up after 4 s, not 9: more can be done to the others in the same time. */
const SETTINGS = { 'broker.session.timeout.ms': '4000', 'broker.heartbeat.interval.ms': '500' }
const HEALTHY_MS_MAX = 120_000
const PROBE_MS = 2_000
const LOOK_EVERY_MS = 50

/**
 * Three brokers of this machine, each a controller too, to be killed and started again. Every topic has three replicas, two of which must
 * have a record before it is acknowledged; those of the groups and of the transactions as well.
 */
export class BrokerCluster {
  readonly addresses: readonly string[]
  readonly #options: KafkaOptions & { readonly port: number }
  readonly #pids: number[]
  #starting: Promise<void> = Promise.resolve()
  #closed = false

  /** Nothing is left of it after `close`; what a killed run left is swept by the next one. */
  static async start(onProgress: (message: string) => void = () => {}): Promise<BrokerCluster> {
    await sweepBrokers(DIRECTORY_PREFIX)
    const dataDir = mkdtempSync(join(tmpdir(), `${DIRECTORY_PREFIX}${process.pid}-`))
    const options = {
      brokers: 3,
      settings: SETTINGS,
      port: await freePorts(),
      dataDir,
      heapMb: 384,
      onProgress,
    } as const
    try {
      const addresses = await kafkaStart(options)
      const cluster = new BrokerCluster(options, addresses)
      await cluster.#learnPids()
      return cluster
    } catch (error) {
      await kafkaWipe(options)
      throw error
    }
  }

  private constructor(
    options: KafkaOptions & { readonly port: number },
    addresses: readonly string[],
  ) {
    this.#options = options
    this.addresses = addresses
    this.#pids = []
  }

  get count(): number {
    return this.addresses.length
  }

  kill(index: number): void {
    this.#signal(index, 'SIGKILL')
  }

  freeze(index: number): void {
    this.#signal(index, 'SIGSTOP')
  }

  thaw(index: number): void {
    this.#signal(index, 'SIGCONT')
  }

  /** Starts those that do not run, on their data and ports, and resolves when all answer. */
  startAgain(): Promise<void> {
    this.#starting = this.#starting
      .catch(() => {})
      .then(async () => {
        if (this.#closed) return
        await kafkaStart(this.#options)
        await this.#learnPids()
      })
    return this.#starting
  }

  /** Resolves when every replica of every partition is in sync: then one broker may go. */
  async healthy(): Promise<void> {
    const deadlineMs = systemClock.monotonicMs() + HEALTHY_MS_MAX
    for (;;) {
      const found = await Promise.all(
        this.addresses.map((_, index) => partitionsOutOfSync(this.#port(index), PROBE_MS)),
      )
      if (found.every((behind) => behind === 0)) return
      if (systemClock.monotonicMs() > deadlineMs)
        throw new Error(
          `the brokers are not in sync after ${HEALTHY_MS_MAX} ms: ${found.join(', ')}`,
        )
      await elapsed(LOOK_EVERY_MS)
    }
  }

  async close(): Promise<void> {
    this.#closed = true
    // A frozen process takes no other signal before it goes on.
    for (const [index] of this.#pids.entries()) this.#signal(index, 'SIGCONT')
    await this.#starting.catch(() => {})
    await kafkaWipe(this.#options)
  }

  #port(index: number): number {
    return this.#options.port + 2 * index
  }

  async #learnPids(): Promise<void> {
    const nodes = await kafkaStatus(this.#options)
    for (const [index, { pid }] of nodes.entries()) this.#pids[index] = pid ?? 0
  }

  #signal(index: number, signal: NodeJS.Signals): void {
    const pid = this.#pids[index] ?? 0
    if (pid <= 1) return
    try {
      process.kill(pid, signal)
    } catch {
      // It ended by itself.
    }
  }
}

/** The first of six ports in a row that are free now; below those of outgoing connections. */
async function freePorts(): Promise<number> {
  for (let attempt = 0; attempt < PORTS.count; attempt += 1) {
    const first = PORTS.first + PORTS.step * ((process.pid + attempt) % PORTS.count)
    const ports = Array.from({ length: PORTS.step }, (_, index) => first + index)
    const free = await Promise.all(ports.map(isFree))
    if (free.every((each) => each)) return first
  }
  throw new Error('no six neighbouring ports are free')
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.on('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
  })
}
