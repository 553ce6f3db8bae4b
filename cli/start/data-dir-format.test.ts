import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { silentLogger } from '#streams'
import { restoreBackup } from '../backup/restore-backup.ts'
import { orion } from '../testing/run-orion.ts'
import { logLine, useOrion } from '../testing/use-orion.ts'
import { DATA_DIR_FORMAT, dataDirFormat, upgradeDataDir } from './data-dir-format.ts'

vi.setConfig({ testTimeout: 120_000 })

/** Made by the first version that could be started, of 300 ticks; without ClickHouse, identity, and what restores itself. */
const FORMAT_0 = join(import.meta.dirname, '..', 'testing', 'data-dir-format-0.tar.gz')

const platform = useOrion()
let dataDir: string
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'orion-format-'))
})
afterEach(() => rmSync(dataDir, { recursive: true, force: true }))

test('a new directory gets the format of this version', () => {
  expect(dataDirFormat(dataDir)).toBeUndefined()
  upgradeDataDir(dataDir, silentLogger)
  expect(readFileSync(join(dataDir, 'format'), 'utf8')).toBe(`${DATA_DIR_FORMAT}\n`)
})

test('a directory from before there were formats is upgraded, with a line for each step, and runs on', async () => {
  const old = join(dataDir, 'old')
  await restoreBackup({ file: FORMAT_0, dataDir: old, force: false })
  expect(dataDirFormat(old)).toBe(0)
  expect(existsSync(join(old, 'streams', 'orion-dev-market-data', 'global'))).toBe(true)
  const process = platform.start([
    ...['--data-dir', old, '--seed', '5', '--start-time', '2026-03-02T09:00:00Z', '--rate', '100'],
    ...['--instruments', '8', '--ticks', '400', '--speed', 'max'],
  ])
  expect(await process.ended(), process.logs.slice(-3).join('\n')).toBe(0)
  expect(logLine(process, 'the data directory is upgraded')).toMatchObject({ from: 0, to: 1 })
  expect(dataDirFormat(old)).toBe(DATA_DIR_FORMAT)
  const { stdout, stderr } = await orion(
    ...['store', 'checksum', 'snapshots', 'snapshots', '--compare', '--json', '--data-dir', old],
  )
  const rows = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
  expect(
    rows.map(({ result }) => result),
    stderr,
  ).toEqual(['equal', 'equal', 'equal', 'equal'])
})

test('a directory of a newer version, or without a readable format, is refused and left as it is', async () => {
  mkdirSync(join(dataDir, 'log'))
  writeFileSync(join(dataDir, 'format'), '999\n')
  for (const args of [['start'], ['topics', 'list'], ['topology', 'list']]) {
    const { status, stderr } = await orion(...args, '--data-dir', dataDir)
    expect(status).toBe(1)
    expect(stderr).toMatch(
      /^orion: DATA_DIR_TOO_NEW: .*format 999; .*Run the version that wrote it/m,
    )
  }
  writeFileSync(join(dataDir, 'format'), 'tea')
  expect(() => upgradeDataDir(dataDir, silentLogger)).toThrow(/^DATA_DIR_FORMAT_UNREADABLE/)
})
