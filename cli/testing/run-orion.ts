import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'

const MAIN = join(import.meta.dirname, '..', 'main.ts')

export interface OrionProcess {
  readonly child: ChildProcess
  /** Lines of stderr so far. */
  readonly logs: readonly string[]
  /** Address on the ready line. @throws what stderr said, when the process ends before */
  ready(): Promise<string>
  /** Exit status, or the name of the signal. */
  ended(): Promise<number | string>
  kill(signal: NodeJS.Signals): void
}

/** The real `orion` as a process of its own, with free ports. */
export function runOrion(
  args: readonly string[],
  environment: NodeJS.ProcessEnv = {},
): OrionProcess {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', MAIN, ...args], {
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
  const exit = once(child, 'exit').then(([code, signal]) => {
    wake()
    return (signal ?? code) as number | string
  })
  return {
    child,
    logs,
    ready: async () => {
      for (;;) {
        const url = /^ready (\S.*)$/m.exec(out)?.[1]
        if (url !== undefined) return url
        if (child.exitCode !== null || child.signalCode !== null)
          throw new Error(`orion ended before it was ready: ${logs.slice(-5).join('\n')} ${rest}`)
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
