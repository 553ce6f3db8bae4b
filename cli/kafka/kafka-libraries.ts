import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { StreamsError } from '#streams'
import type { KafkaPlan } from './kafka-options.ts'

const POM = fileURLToPath(new URL('../../compose/kafka/pom.xml', import.meta.url))
const JAVA_MAJOR_MIN = 17

/** What is missing on this machine to run a broker, as a sentence; undefined when nothing is. */
export async function missingForKafka(plan: KafkaPlan): Promise<string | undefined> {
  const java = await javaMajor()
  if (java === undefined) return 'java is not installed (a Java runtime, version 17 or later)'
  if (java < JAVA_MAJOR_MIN) return `java is version ${java}; Kafka needs 17 or later`
  if (!existsSync(plan.librariesDir) && (await run('mvn', ['--version'])).status !== 0) {
    return 'mvn (Apache Maven) is not installed; it fetches Kafka on first use'
  }
  return undefined
}

/** Fetches Kafka's jars on first use. Downloads aside and moves them into place whole. @throws {StreamsError} KAFKA_TOOL_MISSING, KAFKA_FETCH_FAILED */
export async function ensureLibraries(plan: KafkaPlan): Promise<void> {
  const missing = await missingForKafka(plan)
  if (missing !== undefined) {
    throw new StreamsError(
      'KAFKA_TOOL_MISSING',
      missing,
      {},
      'Install it (Debian: apt-get install openjdk-17-jre-headless maven; macOS: brew install openjdk maven), or use --brokers of a cluster that runs.',
    )
  }
  if (existsSync(plan.librariesDir)) return
  const partial = `${plan.librariesDir}.part-${process.pid}`
  mkdirSync(dirname(partial), { recursive: true })
  plan.onProgress(`fetching Kafka ${plan.version} (about 45 MB, once)`)
  let files = 0
  const goals = ['dependency:copy-dependencies', '-DincludeScope=runtime']
  const settings = [`-Dkafka.version=${plan.version}`, `-DoutputDirectory=${partial}`]
  const { status, output } = await run('mvn', ['-B', '-f', POM, ...goals, ...settings], (line) => {
    if (!line.includes('Downloaded from') || !line.includes('.jar')) return
    files += 1
    if (files % 10 === 0) plan.onProgress(`fetching Kafka ${plan.version}: ${files} files`)
  })
  if (status !== 0 || !existsSync(partial)) {
    rmSync(partial, { recursive: true, force: true })
    const cause =
      output.split('\n').find((line) => line.startsWith('[ERROR]')) ?? `status ${status}`
    throw new StreamsError(
      'KAFKA_FETCH_FAILED',
      `Maven did not fetch Kafka ${plan.version}: ${cause}`,
      {},
      'Check the network and the mirror in ~/.m2/settings.xml, then try again.',
    )
  }
  // Someone else may have finished first.
  if (existsSync(plan.librariesDir)) rmSync(partial, { recursive: true, force: true })
  else renameSync(partial, plan.librariesDir)
}

async function javaMajor(): Promise<number | undefined> {
  const { status, output } = await run('java', ['-version'])
  const version = /version "(\d+)(?:\.(\d+))?/.exec(output)
  if (status !== 0 || version === null) return undefined
  const major = Number(version[1])
  return major === 1 ? Number(version[2]) : major
}

const OUTPUT_CHARACTERS_MAX = 200_000

/** Runs a program to its end; its output, both streams, is kept up to a limit. Status -1 when it cannot be started. */
export function run(
  program: string,
  args: readonly string[],
  onLine: (line: string) => void = () => {},
): Promise<{ readonly status: number; readonly output: string }> {
  return new Promise((resolve) => {
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] })
    let output = ''
    let rest = ''
    const take = (chunk: string) => {
      output = (output + chunk).slice(-OUTPUT_CHARACTERS_MAX)
      const lines = (rest + chunk).split('\n')
      rest = lines.pop() ?? ''
      for (const line of lines) onLine(line)
    }
    child.stdout.setEncoding('utf8').on('data', take)
    child.stderr.setEncoding('utf8').on('data', take)
    child.on('error', () => resolve({ status: -1, output }))
    child.on('close', (status) => resolve({ status: status ?? -1, output }))
  })
}
