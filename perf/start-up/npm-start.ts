import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { descendants } from '../measuring/cpu.ts'
import { pause } from '../measuring/read-topic.ts'

const START_MS_MAX = 300_000
const CLOSE_MS_MAX = 20_000
const LOOK_MS = 10

/** `npm start` as a user types it, from the moment of the key. */
export class NpmStart {
  readonly pid: number
  readonly #startMs = performance.now()
  readonly #child: ChildProcess
  readonly #ready: Promise<URL>

  constructor(
    directory: string,
    flags: readonly string[],
    { password, signal }: { readonly password: string; readonly signal: AbortSignal },
  ) {
    const child = spawn('npm', ['start', '--', ...flags], {
      cwd: directory,
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, ORION_DEMO_PASSWORD: password },
      signal,
    })
    // What stopped it is told by its exit code.
    child.on('error', () => undefined)
    this.#child = child
    this.pid = child.pid ?? 0
    this.#ready = new Promise((resolve, reject) => {
      createInterface({ input: child.stdout }).on('line', (line) => {
        if (line.startsWith('ready ')) resolve(new URL(line.slice('ready '.length)))
      })
      child.once('exit', (code) => reject(new Error(`npm start ended with ${code} too early`)))
      setTimeout(() => reject(new Error('npm start was not ready in time')), START_MS_MAX).unref()
    })
    this.#ready.catch(() => undefined)
  }

  /** Seconds since it was started. */
  seconds(): number {
    return (performance.now() - this.#startMs) / 1_000
  }

  /** The line `ready URL` has come. */
  ready(): Promise<URL> {
    return this.#ready
  }

  /** `/readyz` says that all is well. */
  async healthy(): Promise<void> {
    const url = new URL('/readyz', await this.#ready)
    while (this.seconds() * 1_000 < START_MS_MAX) {
      const status = await fetch(url).then(
        async (response) => {
          await response.arrayBuffer()
          return response.status
        },
        () => undefined,
      )
      if (status === 200) return
      await pause(LOOK_MS)
    }
    throw new Error('/readyz did not become 200 in time')
  }

  /** SIGTERM, as a user's Ctrl-C ends it. @returns what was left of it and had to be killed */
  async close(): Promise<readonly number[]> {
    const all = [this.pid, ...descendants(this.pid)]
    const { exitCode, signalCode } = this.#child
    if (exitCode === null && signalCode === null) {
      const ended = once(this.#child, 'exit')
      this.#child.kill('SIGTERM')
      await Promise.race([ended, pause(CLOSE_MS_MAX)])
    }
    const endMs = performance.now() + CLOSE_MS_MAX
    while (all.some(isAlive) && performance.now() < endMs) await pause(LOOK_MS)
    const left = all.filter(isAlive)
    for (const pid of left) process.kill(pid, 'SIGKILL')
    return left
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
