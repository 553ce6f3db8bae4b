import { spawn } from 'node:child_process'
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { StreamsError, systemClock } from '#streams'
import { run } from './kafka-libraries.ts'
import { type KafkaNode, type KafkaPlan, nodesOf } from './kafka-options.ts'
import { nodeSettings } from './kafka-settings.ts'

/** Any base64 of 16 bytes: all nodes of a local cluster share it. */
const CLUSTER_ID = 'MkU3OEVBNTcwNTJENDM2Qk'
const STOP_MS_MAX = 15_000

/** Formats the node's directory on first use and starts its JVM, which outlives this process. */
export async function startNode(plan: KafkaPlan, node: KafkaNode): Promise<void> {
  const logDir = join(node.dir, 'log')
  mkdirSync(logDir, { recursive: true })
  const settings = { ...nodeSettings(listenersOf(plan, node, logDir)), ...plan.settings }
  const lines = Object.entries(settings).map(([name, value]) => `${name}=${value}`)
  writeFileSync(settingsFile(node), `${lines.join('\n')}\n`)
  const classPath = join(plan.librariesDir, '*')
  if (!existsSync(join(logDir, 'meta.properties'))) await format(node, classPath)
  const output = openSync(join(node.dir, 'out.log'), 'a')
  try {
    const child = spawn(
      'java',
      [
        ['-Xms64m', `-Xmx${plan.heapMb}m`, '-XX:+UseG1GC'],
        ['-Dorg.slf4j.simpleLogger.defaultLogLevel=warn'],
        ['-Dorg.slf4j.simpleLogger.showDateTime=true'],
        ['-cp', classPath, 'kafka.Kafka', settingsFile(node)],
      ].flat(),
      { detached: true, stdio: ['ignore', output, output] },
    )
    child.on('error', () => {})
    child.unref()
    if (child.pid !== undefined) writeFileSync(pidFile(node), `${child.pid}\n`)
  } finally {
    closeSync(output)
  }
}

/** The node's process, if it runs and is this node: a recycled pid is somebody else's. */
export async function runningPid(node: KafkaNode): Promise<number | undefined> {
  if (!existsSync(pidFile(node))) return undefined
  const pid = Number(readFileSync(pidFile(node), 'utf8'))
  if (!Number.isInteger(pid) || pid <= 1) return undefined
  const commandLine = await commandLineOf(pid)
  return commandLine.includes(settingsFile(node)) ? pid : undefined
}

export async function stopNode(node: KafkaNode): Promise<boolean> {
  const pid = await runningPid(node)
  if (pid !== undefined) {
    signal(pid, 'SIGTERM')
    const deadlineMs = systemClock.monotonicMs() + STOP_MS_MAX
    while ((await runningPid(node)) !== undefined) {
      if (systemClock.monotonicMs() > deadlineMs) signal(pid, 'SIGKILL')
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  }
  rmSync(pidFile(node), { force: true })
  return pid !== undefined
}

/** The last lines that the node wrote, for an error message. */
export function lastOutput(node: KafkaNode): string {
  const file = join(node.dir, 'out.log')
  if (!existsSync(file)) return ''
  return readFileSync(file, 'utf8').trimEnd().split('\n').slice(-5).join(' | ')
}

async function format(node: KafkaNode, classPath: string): Promise<void> {
  const tool = ['-cp', classPath, 'kafka.tools.StorageTool', 'format']
  const { status, output } = await run('java', [
    ...['-Xmx128m', '-XX:TieredStopAtLevel=1'],
    ...[...tool, '-t', CLUSTER_ID, '-c', settingsFile(node)],
  ])
  if (status === 0) return
  throw new StreamsError(
    'KAFKA_START_FAILED',
    `the data directory could not be formatted: ${output.trim().split('\n').slice(-3).join(' | ')}`,
    { path: node.dir },
    'Check that the directory can be written, or wipe it with: orion kafka wipe.',
  )
}

function listenersOf(plan: KafkaPlan, node: KafkaNode, logDir: string) {
  const voters = nodesOf(plan).map(({ id, port }) => `${id}@127.0.0.1:${port + 1}`)
  const broker = `127.0.0.1:${node.port}`
  return {
    id: node.id,
    broker,
    advertised: broker,
    controller: `127.0.0.1:${node.port + 1}`,
    voters,
    logDir,
  }
}

async function commandLineOf(pid: number): Promise<string> {
  if (process.platform !== 'linux') return (await run('ps', ['-p', `${pid}`, '-o', 'args='])).output
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8')
  } catch {
    return ''
  }
}

function signal(pid: number, name: 'SIGTERM' | 'SIGKILL'): void {
  try {
    process.kill(pid, name)
  } catch {
    // It ended by itself meanwhile.
  }
}

function settingsFile(node: KafkaNode): string {
  return join(node.dir, 'server.properties')
}

function pidFile(node: KafkaNode): string {
  return join(node.dir, 'pid')
}
