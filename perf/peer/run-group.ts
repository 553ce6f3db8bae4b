import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'

export interface GroupOptions {
  readonly cwd?: string
  readonly env: NodeJS.ProcessEnv
  /** Ends the program and all that it started. */
  readonly signal: AbortSignal
  readonly onOutput: (line: string) => void
  readonly onError: (line: string) => void
}

/**
 * Runs a program in a process group of its own, which Ctrl-C does not reach and `signal` ends as a whole. Resolves when it has ended.
 * @throws {Error} when it ends in any other way than with status 0
 */
export async function runGroup(
  program: string,
  args: readonly string[],
  { cwd, env, signal, onOutput, onError }: GroupOptions,
): Promise<void> {
  signal.throwIfAborted()
  const child = spawn(program, args, {
    cwd,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  })
  createInterface({ input: child.stdout }).on('line', onOutput)
  createInterface({ input: child.stderr }).on('line', onError)
  const kill = (): void => {
    // Without a pid it never started, and `close` says why.
    if (child.pid !== undefined) killGroup(child.pid)
  }
  signal.addEventListener('abort', kill, { once: true })
  try {
    const [code, killed] = (await once(child, 'close')) as [number | null, string | null]
    signal.throwIfAborted()
    if (code !== 0) throw new Error(`${program} ended with ${killed ?? code}`)
  } finally {
    signal.removeEventListener('abort', kill)
  }
}

function killGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL')
  } catch {
    // All of it has ended by itself.
  }
}
