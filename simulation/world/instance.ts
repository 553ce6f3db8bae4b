import { createStoreBackend } from '#state-stores'
import {
  type Logger,
  noMetrics,
  type StoreBackend,
  Streams,
  StreamsError,
  type StreamsOptions,
} from '#streams'
import { type Bug, type Nuisance, withBug } from '../bugs/bugs.ts'
import { Disk } from '../disk.ts'
import type { Broker } from '../log/broker.ts'
import { LogHandle } from '../log/log-handle.ts'
import { type Hazards, Machine, SAFE } from '../machine.ts'
import type { SeededRandom } from '../random.ts'
import type { Scheduler } from '../scheduler.ts'
import type { Trace } from '../trace.ts'
import { COMMIT_HAZARD } from './fault-plan.ts'

export interface InstanceOptions {
  readonly name: string
  readonly scheduler: Scheduler
  readonly random: SeededRandom
  readonly trace: Trace
  readonly broker: Broker
  readonly bug: Bug | Nuisance | undefined
  readonly hazards: () => Hazards
  /** A static member of its group. */
  readonly isStatic: boolean
  readonly streams: Pick<StreamsOptions, 'topology' | 'applicationId'> & Partial<StreamsOptions>
  /** It stopped, and nobody asked it to. */
  readonly onFailure: (instance: Instance, error: unknown) => void
  readonly onDeath: (instance: Instance) => void
}

/** Started anew after this by what watches processes. */
const RESTART_MS = 200

/** A place where one process after the other runs the application, on the same disk. */
export class Instance {
  readonly name: string
  readonly #options: InstanceOptions
  readonly #disk: Disk
  #lives = 0
  #machine: Machine | undefined
  #streams: Streams | undefined
  #isStarting = false
  #isRemovingThread = false

  constructor(options: InstanceOptions) {
    this.name = options.name
    this.#options = options
    this.#disk = new Disk(options.random.branch(`${options.name}/disk`), {
      tornBatches: options.bug === 'torn-batches',
    })
  }

  get isAlive(): boolean {
    return this.#machine?.isAlive === true
  }

  get isPaused(): boolean {
    return this.isAlive && this.#machine?.isPaused === true
  }

  /** Undefined while no process runs. */
  get streams(): Streams | undefined {
    return this.isAlive ? this.#streams : undefined
  }

  start(): void {
    if (this.isAlive) return
    const { scheduler, random, trace, broker, bug, isStatic, streams: given } = this.#options
    const name = `${this.name}.${++this.#lives}`
    const machine = new Machine(name, scheduler, random.branch(name), (what) =>
      trace.add(`${name} ${what}`),
    )
    this.#machine = machine
    machine.hazards = this.#options.hazards()
    trace.add(`${name} starts`)
    machine.onDeath(() => this.#options.onDeath(this))
    const { log, stores } = withBug(
      bug,
      { log: new LogHandle(broker, machine), stores: this.#stores(machine) },
      { applicationId: given.applicationId, broker, machine },
    )
    const streams = new Streams({
      ...given,
      clientId: this.name,
      processId: this.name,
      ...(isStatic ? { groupInstanceId: this.name } : {}),
      log,
      stores,
      directory: `/simulated/${this.name}`,
      clock: machine.clock,
      timers: machine.timers,
      logger: this.#logger(machine),
      metrics: noMetrics,
      probe: (point) => {
        if (!machine.endanger(COMMIT_HAZARD)) return
        trace.add(`${name} died ${point}`)
        throw new Error('the process is dead')
      },
    })
    this.#streams = streams
    streams.onStateChange((state) => {
      if (!machine.isAlive) return
      trace.add(`${name} is ${state}`)
      if (state === 'ERROR' && !this.#isStarting) this.#failed(machine, streams.error())
    })
    this.#isStarting = true
    this.#isRemovingThread = false
    streams
      .start()
      .catch((error: unknown) => this.#startFailed(machine, error))
      .finally(() => {
        this.#isStarting = false
      })
  }

  kill(): void {
    this.#machine?.kill()
  }

  pause(): void {
    if (this.isAlive) this.#machine?.pause()
  }

  wake(): void {
    if (this.isAlive) this.#machine?.wake()
  }

  jump(ms: number): void {
    if (this.isAlive) this.#machine?.jump(ms)
  }

  addThread(): void {
    this.streams?.addStreamThread()
  }

  /** All but the last. */
  async removeThread(): Promise<void> {
    const { streams } = this
    const threads = streams?.metadata().threads.length ?? 0
    if (streams === undefined || this.#isRemovingThread || threads < 2) return
    this.#isRemovingThread = true
    await streams.removeStreamThread()
    this.#isRemovingThread = false
  }

  loseDisk(): void {
    if (!this.isAlive) this.#disk.lose()
  }

  /** Nothing happens to what it writes from now on. */
  heal(): void {
    if (this.#machine !== undefined) this.#machine.hazards = SAFE
  }

  /** Resolves when it has closed; never, when it died before. */
  async close(): Promise<void> {
    const machine = this.#machine
    if (machine === undefined || !machine.isAlive) return
    this.#options.trace.add(`${machine.name} closes`)
    await this.#streams?.close({ deadlineMs: 5_000 })
    machine.kill()
  }

  #stores(machine: Machine): StoreBackend {
    const backend = createStoreBackend(this.#disk.engineOf(machine))
    return { ...backend, list: (directory) => this.#disk.list(directory) }
  }

  /** A start that finds the log away fails, and is tried again by what started it. */
  #startFailed(machine: Machine, error: unknown): void {
    if (!machine.isAlive) return
    const isAway = error instanceof StreamsError && error.code === 'LOG_UNAVAILABLE'
    if (!isAway) {
      this.#failed(machine, error)
      return
    }
    this.#startAgain(machine, error)
  }

  /**
   * A dead process's last request to join may reach the log after its successor's and take its place. Two living members of one instance id are the
   * operator's fault, so the runtime stops; what watches processes starts it anew.
   */
  #failed(machine: Machine, error: unknown): void {
    if (!machine.isAlive) return
    if (this.#lives > 1 && error instanceof StreamsError && error.code === 'LOG_INSTANCE_FENCED') {
      this.#startAgain(machine, error)
    } else {
      this.#options.onFailure(this, error)
    }
  }

  #startAgain(machine: Machine, error: StreamsError): void {
    this.#options.trace.add(`${machine.name} is started anew: ${error.message}`)
    machine.kill()
    this.#options.scheduler.after(RESTART_MS, () => this.start())
  }

  #logger(machine: Machine): Logger {
    const tell =
      (level: string) =>
      (fields: object, message: string): void => {
        if (machine.isAlive) {
          this.#options.trace.add(`${machine.name} ${level}: ${message} ${describe(fields)}`)
        }
      }
    const logger: Logger = {
      debug: () => {},
      info: tell('info'),
      warn: tell('warn'),
      error: tell('error'),
      child: () => logger,
    }
    return logger
  }
}

function describe(fields: object): string {
  return Object.entries(fields)
    .map(([name, value]) => `${name}=${value instanceof Error ? value.message : String(value)}`)
    .join(' ')
}
