import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach } from 'vitest'
import { type OrionProcess, runOrion } from './run-orion.ts'

export const FREE_PORTS = ['--port', '0', '--sql-port', '0', '--registry-port', '0']

export interface OrionForTests {
  /** Of this test; gone with it. */
  directory(name: string): string
  /** Started with free ports; killed with the test if it has not ended. */
  start(
    args: readonly string[],
    environment?: NodeJS.ProcessEnv,
    launcher?: readonly string[],
  ): OrionProcess
}

/** Processes and directories of a test file's tests. */
export function useOrion(): OrionForTests {
  let directory = ''
  let processes: OrionProcess[] = []
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'orion-cli-'))
  })
  afterEach(async () => {
    for (const process of processes) {
      if (process.child.exitCode !== null || process.child.signalCode !== null) continue
      process.kill('SIGTERM')
      await process.ended()
    }
    processes = []
    rmSync(directory, { recursive: true, force: true })
  })
  return {
    directory: (name) => join(directory, name),
    start: (args, environment, launcher) => {
      const process = runOrion(
        ['start', ...FREE_PORTS, ...args].slice(launcher === undefined ? 0 : 1),
        environment,
        launcher,
      )
      processes.push(process)
      return process
    },
  }
}

/** Of the first log line with this message. @throws when there is none */
export function logLine(
  { logs }: OrionProcess,
  message: string,
): Readonly<Record<string, unknown>> {
  const line = logs.find((one) => one.includes(`"msg":"${message}"`))
  if (line === undefined) throw new Error(`no log line "${message}" in\n${logs.join('\n')}`)
  return JSON.parse(line) as Record<string, unknown>
}

/** False for what has ended, waited for or not. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
  } catch {
    return false
  }
  try {
    return !/^\d+ \(.*\) [ZX]/s.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
  } catch {
    return process.platform !== 'linux'
  }
}
