import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { connectOperator } from '../operator/control-client.ts'
import { commandsOn } from '../testing/commands.ts'
import { all, onPlatform } from '../testing/platform.ts'
import { orion, runOrion } from '../testing/run-orion.ts'
import { FREE_PORTS } from '../testing/use-orion.ts'

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

const ROWS = ['ticks', 'snapshots', 'bars']
  .map(
    (table) =>
      `SELECT '${table}' AS name, count() AS rows, sum(cityHash64(event_id)) AS hash FROM orion.${table}`,
  )
  .join(' UNION ALL ')

let place: string
beforeAll(() => {
  place = mkdtempSync(join(tmpdir(), 'orion-backup-'))
})
afterAll(() => rmSync(place, { recursive: true, force: true }))

/** Starts it, and stops it when all that is on the log is processed and in SQL. */
async function rowsAfterStart(dataDir: string): Promise<string> {
  const running = runOrion(['start', '--data-dir', dataDir, ...FREE_PORTS, '--feed', 'none'])
  await running.ready()
  const operator = connectOperator(dataDir)
  await vi.waitFor(
    async () => {
      const topologies = await all(operator.topologyList({}))
      // Those of the RFQ chain have no input here, and so no position.
      const lags = topologies.map(({ lag }) => lag)
      expect(lags.slice(0, 3)).toEqual([0, 0, 0])
      expect(Math.max(...lags.map((lag) => lag ?? 0))).toBe(0)
      const checks = await all(operator.sinkCheck({}))
      expect(checks.every(({ ok }) => ok)).toBe(true)
    },
    { timeout: 60_000, interval: 200 },
  )
  const rows = await commandsOn(() => ['--data-dir', dataDir]).succeed(
    'query',
    `SELECT * FROM (${ROWS}) ORDER BY name`,
    ...['--format', 'JSONEachRow'],
  )
  running.kill('SIGTERM')
  expect(await running.ended()).toBe(0)
  return rows
}

/** Topics, and the stores as they lie in the directory, not what their changelogs would restore. */
async function kept(dataDir: string) {
  return onPlatform({ dataDir }, async ({ operator, outputs }) => ({
    stores: await operator(async (tools) => {
      const checksums: unknown[] = []
      for (const { topology, store } of await all(tools.storeList({})))
        for (const { offset: _, ...one } of await all(tools.storeChecksum({ topology, store })))
          checksums.push({ topology, ...one })
      return checksums
    }),
    topics: await outputs('ticks', 'snapshots', 'bars', 'status'),
  }))
}

test('a backup restored elsewhere has the same topics, stores and rows, and goes on after a start', async () => {
  const [dataDir, elsewhere] = [join(place, 'data'), join(place, 'elsewhere')]
  const startTimeMs = Date.UTC(2026, 2, 2, 9)
  await onPlatform({ dataDir }, ({ feed }) => feed({ ticks: 150, startTimeMs }))
  const rows = await rowsAfterStart(dataDir)
  expect(rows).toMatch(/"name":"ticks","rows":"?1[5-9]\d/)
  const before = await kept(dataDir)

  const file = join(place, 'backup.tar.gz')
  const { lines } = commandsOn(() => ['--data-dir', dataDir])
  const [made] = await lines('backup', 'create', file)
  expect(made).toMatchObject({ file, files: expect.any(Number), bytes: expect.any(Number) })
  expect(statSync(file).mode & 0o777).toBe(0o600)
  rmSync(dataDir, { recursive: true })

  const { status, stderr } = await orion('backup', 'restore', file, '--data-dir', elsewhere)
  expect(status, stderr).toBe(0)
  expect(await kept(elsewhere)).toEqual(before)
  expect(await rowsAfterStart(elsewhere)).toBe(rows)
  expect(await kept(elsewhere)).toEqual(before)
  expect((await orion('backup', 'restore', file, '--data-dir', elsewhere)).stderr).toMatch(
    /^orion: BACKUP_DIRECTORY_NOT_EMPTY: [^\n]+--force[^\n]+\n$/,
  )
})
