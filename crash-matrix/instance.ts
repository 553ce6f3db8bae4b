import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { StoreChecksum } from '#streams'

export interface InstanceOptions {
  readonly name: string
  readonly applicationId: string
  readonly brokers: readonly string[]
  readonly inputs: string
  readonly outputs: string
  /** Of the instance alone; it outlives the process. */
  readonly directory: string
  readonly sessionTimeoutMs: number
  /** A static member of its group, under its name. */
  readonly isStatic: boolean
}

export interface InstanceReport {
  readonly stores: readonly StoreChecksum[]
}

interface Told {
  readonly state?: string
  readonly error?: string
  readonly stores?: readonly StoreChecksum[]
}

const MAIN = fileURLToPath(new URL('instance-main.ts', import.meta.url))

/** An instance in a process of its own, which is started again on the same directory after it was killed. */
export class Instance {
  readonly options: InstanceOptions
  #child: ChildProcess | undefined
  #state = 'NOT_STARTED'
  #error: string | undefined
  #answer: ((report: InstanceReport) => void) | undefined
  #expected = false
  #away = false

  constructor(options: InstanceOptions) {
    this.options = options
    mkdirSync(options.directory, { recursive: true })
  }

  get state(): string {
    return this.#away ? 'AWAY' : this.#state
  }

  /** Why it ended though nobody ended it. */
  get failure(): string | undefined {
    return this.#error
  }

  start(): void {
    const child = spawn(process.execPath, [MAIN, JSON.stringify(this.options)], {
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    this.#child = child
    this.#expected = false
    this.#state = 'STARTING'
    child.stdin.on('error', () => {})
    createInterface({ input: child.stdout }).on('line', (line) => this.#told(JSON.parse(line)))
    child.on('exit', (code, signal) => {
      if (this.#child !== child) return
      this.#state = 'ENDED'
      this.#answer?.({ stores: [] })
      if (!this.#expected)
        this.#error ??= `${this.options.name} ended by itself (${signal ?? code})`
    })
  }

  async kill(): Promise<void> {
    this.#expected = true
    await this.#end(() => this.#child?.kill('SIGKILL'))
  }

  /** Its state is AWAY until it is back: who strikes it waits. */
  async awayWhile(action: () => Promise<void>): Promise<void> {
    this.#away = true
    try {
      await action()
    } finally {
      this.#away = false
    }
  }

  freeze(): void {
    this.#child?.kill('SIGSTOP')
  }

  thaw(): void {
    this.#child?.kill('SIGCONT')
  }

  /** Commits and ends. */
  async close(): Promise<void> {
    this.#expected = true
    await this.#end(() => this.#child?.stdin?.write('close\n'))
  }

  /** What it holds; nothing while it has no answer. */
  report(): Promise<InstanceReport> {
    if (this.#state !== 'RUNNING') return Promise.resolve({ stores: [] })
    return new Promise((resolve) => {
      this.#answer = resolve
      this.#child?.stdin?.write('report\n')
    })
  }

  async #end(how: () => void): Promise<void> {
    const child = this.#child
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
    const ended = once(child, 'exit')
    how()
    await ended
  }

  #told({ state, error, stores }: Told): void {
    if (state !== undefined) this.#state = state
    if (error !== undefined) this.#error = error
    if (stores !== undefined) this.#answer?.({ stores })
  }
}
