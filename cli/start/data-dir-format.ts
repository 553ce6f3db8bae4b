import { existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { type Logger, StreamsError } from '#streams'
import { streamsDirectory } from './open-topology.ts'

/** Raised with a step below whenever what is in a data directory is laid out differently. */
export const DATA_DIR_FORMAT = 1

const FORMAT_FILE = 'format'

interface UpgradeStep {
  /** The format that it makes. */
  readonly to: number
  readonly does: string
  /** Can be run again: the format is written after it. */
  upgrade(dataDir: string): void
}

const STEPS: readonly UpgradeStep[] = [
  {
    to: 1,
    does: 'global stores are rebuilt from their topics: their values carry times now',
    upgrade: (dataDir) => {
      for (const global of globalStores(dataDir)) rmSync(global, { recursive: true, force: true })
    },
  },
]

/** Of a directory that is there. Those from before there were formats have 0, those with nothing in them none. @throws {StreamsError} DATA_DIR_FORMAT_UNREADABLE */
export function dataDirFormat(dataDir: string): number | undefined {
  const path = join(dataDir, FORMAT_FILE)
  if (!existsSync(path)) {
    const kept = existsSync(dataDir) ? readdirSync(dataDir) : []
    return ['log', 'streams', 'registry'].some((name) => kept.includes(name)) ? 0 : undefined
  }
  const text = readFileSync(path, 'utf8').trim()
  if (/^\d{1,6}$/.test(text)) return Number(text)
  throw new StreamsError(
    'DATA_DIR_FORMAT_UNREADABLE',
    `${resolve(path)} does not hold a number`,
    {},
    'Restore the directory from a backup; or, if you know which version wrote it, write its format there',
  )
}

/** @throws {StreamsError} DATA_DIR_TOO_NEW */
export function refuseNewerFormat(dataDir: string): void {
  const format = dataDirFormat(dataDir)
  if (format === undefined || format <= DATA_DIR_FORMAT) return
  throw new StreamsError(
    'DATA_DIR_TOO_NEW',
    `the data directory ${resolve(dataDir)} has format ${format}; this version reads up to ${DATA_DIR_FORMAT}`,
    {},
    'Run the version that wrote it, or give another --data-dir',
  )
}

/** Before anything is opened in a directory that this process has taken: brings it to this version's format, step by step. @throws {StreamsError} DATA_DIR_TOO_NEW */
export function upgradeDataDir(dataDir: string, logger: Logger): void {
  refuseNewerFormat(dataDir)
  const format = dataDirFormat(dataDir)
  for (const { to, does, upgrade } of STEPS) {
    if (format === undefined || to <= format) continue
    logger.info({ path: dataDir, from: to - 1, to, does }, 'the data directory is upgraded')
    upgrade(dataDir)
    writeFormat(dataDir, to)
  }
  if (format === undefined) writeFormat(dataDir, DATA_DIR_FORMAT)
}

function globalStores(dataDir: string): string[] {
  const directory = streamsDirectory(dataDir)
  if (!existsSync(directory)) return []
  return readdirSync(directory).map((application) => join(directory, application, 'global'))
}

function writeFormat(dataDir: string, format: number): void {
  const path = join(dataDir, FORMAT_FILE)
  writeFileSync(`${path}.new`, `${format}\n`)
  renameSync(`${path}.new`, path)
}
