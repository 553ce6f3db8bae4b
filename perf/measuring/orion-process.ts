import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Bench } from '../scenario.ts'

/** As `bin/orion.js` does. */
export const NODE_FLAGS = ['--disable-warning=ExperimentalWarning', '--max-semi-space-size=48']
const MAIN = join(import.meta.dirname, '..', '..', 'cli', 'main.ts')
const READY_MS_MAX = 120_000
const CLOSE_MS_MAX = 15_000

export interface OrionProcess {
  readonly url: URL
  readonly pid: number
  close(): Promise<void>
  /** kill -9; resolves when it is gone. */
  kill(): Promise<void>
}

/** What a started process needs of its benchmark. */
export type ProcessOwner = Pick<Bench, 'nodeArguments' | 'signal'> & {
  /** What `signal` sends; SIGTERM unless given. */
  readonly killSignal?: 'SIGKILL'
}

/** `orion start` with these flags, ready. Ends with `close`, and with the benchmark. */
export async function startOrion(
  bench: ProcessOwner,
  flags: readonly string[],
  environment: Readonly<Record<string, string>>,
): Promise<OrionProcess> {
  const child = spawn(
    process.execPath,
    [...NODE_FLAGS, ...bench.nodeArguments, MAIN, 'start', ...flags],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, ...environment },
      signal: bench.signal,
      killSignal: bench.killSignal ?? 'SIGTERM',
    },
  )
  child.on('error', () => undefined)
  const ready = new Promise<string>((resolve, reject) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      if (line.startsWith('ready ')) resolve(line.slice('ready '.length))
    })
    child.once('exit', (code) => reject(new Error(`orion ended with ${code} before it was ready`)))
    setTimeout(() => reject(new Error('orion was not ready in time')), READY_MS_MAX).unref()
  })
  try {
    const url = new URL(await ready)
    return { url, pid: child.pid ?? 0, close: () => close(child), kill: () => kill(child) }
  } catch (error) {
    await close(child)
    throw error
  }
}

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = once(child, 'exit')
  child.kill('SIGKILL')
  await ended
}

async function close(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = once(child, 'exit')
  child.kill('SIGTERM')
  const timer = setTimeout(() => child.kill('SIGKILL'), CLOSE_MS_MAX)
  await ended
  clearTimeout(timer)
}
