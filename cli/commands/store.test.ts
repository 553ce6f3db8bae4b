import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { commandsOn } from '../testing/commands.ts'
import { fedPlatform } from '../testing/platform.ts'
import { runOrion } from '../testing/run-orion.ts'
import { FREE_PORTS } from '../testing/use-orion.ts'

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

const STORE = ['snapshots', 'snapshots']

let dataDir: string
const { lines, refusal } = commandsOn(() => ['--data-dir', dataDir])
beforeAll(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'orion-store-'))
  await fedPlatform({ dataDir }, 200)
})
afterAll(() => rmSync(dataDir, { recursive: true, force: true }))

test('stores are read and compared through copies of their changelogs', async () => {
  const kept = await lines('store', 'range', ...STORE)
  expect(kept.length).toBeGreaterThan(2)
  expect(await lines('store', 'range', ...STORE, '--from-changelog')).toEqual(kept)
  const key = String(kept[0]?.['key'])
  expect(await lines('store', 'get', ...STORE, key, '--from-changelog')).toEqual([kept[0]])
  expect(await lines('store', 'range', ...STORE, '--prefix', 'platform|')).toEqual(kept)
  expect(await lines('store', 'range', ...STORE, '--prefix', 'tea|')).toEqual([])
  const ones = kept.filter(({ partition }) => partition === 1)
  expect(await lines('store', 'range', ...STORE, '--partition', '1')).toEqual(ones)
  const compared = await lines('store', 'checksum', ...STORE, '--compare')
  expect(compared.map(({ result }) => result)).toEqual(['equal', 'equal', 'equal', 'equal'])
})

const GLOBAL = ['market-data', 'instruments']

test('a global store is read as it is kept here; it has no changelog', async () => {
  const rows = await lines('store', 'range', ...GLOBAL)
  expect(rows).toHaveLength(6)
  const key = String(rows[0]?.['key'])
  expect(await lines('store', 'get', ...GLOBAL, key)).toEqual([rows[0]])
  expect(await lines('store', 'checksum', ...GLOBAL)).toMatchObject([{ partition: 0, entries: 6 }])
  expect(await refusal('store', 'checksum', ...GLOBAL, '--compare')).toMatch(
    /STORE_IS_GLOBAL: .* fills it from dev\.admin\.instruments\.v1.*--compare out/,
  )
})

test('a partition or a time that a store does not have is refused with a remedy', async () => {
  expect(await refusal('store', 'range', ...STORE, '--partition', '9')).toMatch(
    /STORE_NOT_HERE: partition 9/,
  )
  expect(await refusal('store', 'range', ...STORE, '--partition', '9', '--from-changelog')).toMatch(
    /STORE_PARTITION_UNKNOWN: .*Choose one of 0 to 3/,
  )
  expect(await refusal('store', 'range', ...STORE, '--from-time', '0')).toMatch(
    /STORE_WITHOUT_TIMES/,
  )
})

test('beside a running process a reset is refused naming the members, a backup with what to do; stores compare equal', async () => {
  const globalHere = await lines('store', 'checksum', ...GLOBAL)
  const running = runOrion(['start', '--data-dir', dataDir, ...FREE_PORTS, '--feed', 'none'])
  try {
    await running.ready()
    expect(await refusal('topology', 'reset', 'snapshots', '--yes')).toMatch(
      /TOPOLOGY_RUNNING: instances of orion-dev-snapshots are running: \S+.*Stop them all/,
    )
    expect(await refusal('backup', 'create', join(dataDir, 'no.tar.gz'))).toMatch(
      /BACKUP_RUNNING: .*Stop it \(SIGTERM\), make the backup/,
    )
    const [row] = await lines('topology', 'list')
    expect(row).toMatchObject({ state: 'running', lag: 0 })
    const compared = await lines('store', 'checksum', ...STORE, '--compare')
    expect(compared.map(({ result }) => result)).toEqual(['equal', 'equal', 'equal', 'equal'])
    const [{ digest } = {}] = await lines('store', 'checksum', ...GLOBAL)
    expect(digest).toBe(globalHere[0]?.['digest'])
    expect(await lines('store', 'range', ...GLOBAL)).toHaveLength(6)
  } finally {
    running.kill('SIGTERM')
    await running.ended()
  }
})
