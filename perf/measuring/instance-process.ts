import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Bench } from '../scenario.ts'

/** A step that tells lines of JSON as long as it runs, and ends at SIGTERM. */
export class InstanceProcess<Line> {
  /** The latest. */
  line: Line | undefined
  readonly #name: string
  readonly #child: ChildProcess

  constructor(bench: Bench, name: string, argument: object) {
    this.#name = name
    const script = join(import.meta.dirname, '..', 'steps', `${name}-main.ts`)
    this.#child = spawn(
      process.execPath,
      ['--disable-warning=ExperimentalWarning', script, JSON.stringify(argument)],
      { stdio: ['ignore', 'pipe', 'inherit'], signal: bench.signal, killSignal: 'SIGKILL' },
    )
    // What stopped it is told by its exit code.
    this.#child.on('error', () => undefined)
    if (this.#child.stdout === null) return
    createInterface({ input: this.#child.stdout }).on('line', (text) => {
      this.line = JSON.parse(text) as Line
    })
  }

  get hasEnded(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null
  }

  kill(): void {
    this.#child.kill('SIGKILL')
  }

  /** Asks it to end, and waits. @returns its last line */
  async end(): Promise<Line> {
    const closed = once(this.#child, 'close')
    this.#child.kill('SIGTERM')
    const [code, signal] = (await closed) as [number | null, string | null]
    if (code !== 0 || this.line === undefined) {
      throw new Error(`the step ${this.#name} ended with ${signal ?? code}`)
    }
    return this.line
  }
}
