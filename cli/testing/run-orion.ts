import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'

const ROOT = join(import.meta.dirname, '..', '..')
const MAIN = join(ROOT, 'cli', 'main.ts')

export interface OrionProcess {
  readonly child: ChildProcess
  /** Lines of stderr so far. */
  readonly logs: readonly string[]
  /** stdout so far. */
  output(): string
  /** Address on the ready line. @throws what stderr said, when the process ends before */
  ready(): Promise<string>
  /** Exit status, or the name of the signal. */
  ended(): Promise<number | string>
  kill(signal: NodeJS.Signals): void
}

const NODE: readonly string[] = [process.execPath, '--disable-warning=ExperimentalWarning', MAIN]

/** The real `orion` as a process of its own. `launcher` is what stands before its arguments, e.g. `npm start --`. */
export function runOrion(
  args: readonly string[],
  environment: NodeJS.ProcessEnv = {},
  launcher: readonly string[] = NODE,
): OrionProcess {
  const [file = process.execPath, ...before] = launcher
  const child = spawn(file, [...before, ...args], {
    cwd: ROOT,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...environment },
  })
  const logs: string[] = []
  let out = ''
  let rest = ''
  let wake: () => void = () => undefined
  child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
    out += chunk
    wake()
  })
  child.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
    const lines = (rest + chunk).split('\n')
    rest = lines.pop() ?? ''
    logs.push(...lines)
  })
  const exit = once(child, 'close').then(([code, signal]) => {
    if (rest !== '') logs.push(rest)
    wake()
    return (signal ?? code) as number | string
  })
  return {
    child,
    logs,
    output: () => out,
    ready: async () => {
      for (;;) {
        const url = /^ready (\S.*)$/m.exec(out)?.[1]
        if (url !== undefined) return url
        if (child.exitCode !== null || child.signalCode !== null)
          throw new Error(`orion ended before it was ready: ${logs.slice(-5).join('\n')}`)
        await new Promise<void>((resolve) => {
          wake = resolve
        })
      }
    },
    ended: () => exit,
    kill: (signal) => child.kill(signal),
  }
}

/** Runs a command of `orion` to its end. */
export async function orion(
  ...args: readonly string[]
): Promise<{ readonly status: number; readonly stdout: string; readonly stderr: string }> {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', MAIN, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let stdout = ''
  let stderr = ''
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    stdout += chunk
  })
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    stderr += chunk
  })
  const [status] = (await once(child, 'close')) as [number]
  return { status, stdout, stderr }
}
