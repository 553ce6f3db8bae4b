import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { arch, cpus, loadavg, platform, totalmem } from 'node:os'
import { join } from 'node:path'
import type { Measurement } from '../scenario.ts'

const ROOT = join(import.meta.dirname, '..', '..')
export const RESULTS = join(ROOT, 'perf', 'results')
const LIBRARIES = ['@nxtedition/rocksdb', 'avsc', 'kafkajs', 'chdb', 'uWebSockets.js']

/** What a figure depends on besides the code; taken before the measurement, so that the load is that of others. */
export interface Surroundings {
  readonly commit: string
  /** The tree differed from the commit. */
  readonly modified: boolean
  readonly date: string
  readonly node: string
  readonly versions: Readonly<Record<string, string>>
  readonly machine: {
    readonly cpu: string
    readonly cpus: number
    readonly memoryGiB: number
    readonly platform: string
    /** Of 1, 5 and 15 minutes, before the scenario. */
    readonly loadAverageBefore: readonly number[]
  }
}

export interface Result extends Surroundings, Measurement {
  readonly scenario: string
}

export function surroundings(): Surroundings {
  return {
    commit: git('rev-parse', 'HEAD') ?? 'unknown',
    modified: git('status', '--porcelain', '--untracked-files=no') !== '',
    date: new Date().toISOString(),
    node: process.version,
    versions: Object.fromEntries(LIBRARIES.map((name) => [name, versionOf(name)])),
    machine: {
      cpu: cpus()[0]?.model.trim() ?? 'unknown',
      cpus: cpus().length,
      memoryGiB: Math.round(totalmem() / 2 ** 30),
      platform: `${platform()}-${arch()}`,
      loadAverageBefore: loadavg().map((load) => Math.round(load * 100) / 100),
    },
  }
}

/** @returns the path of the file */
export function writeResults(
  scenario: string,
  results: readonly Result[],
  directory: string,
): string {
  mkdirSync(directory, { recursive: true })
  const date = (results[0]?.date ?? new Date().toISOString()).replace(/\.\d+Z$/, 'Z')
  const path = join(directory, `${scenario}-${date.replaceAll(':', '')}.json`)
  writeFileSync(path, `[\n${results.map((result) => JSON.stringify(result)).join(',\n')}\n]\n`)
  return path
}

function versionOf(name: string): string {
  try {
    const text = readFileSync(join(ROOT, 'node_modules', name, 'package.json'), 'utf8')
    return String((JSON.parse(text) as { version?: unknown }).version)
  } catch {
    return 'not installed'
  }
}

function git(...args: readonly string[]): string | undefined {
  try {
    return execFileSync('git', args, {
      cwd: ROOT,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim()
  } catch {
    return undefined
  }
}
