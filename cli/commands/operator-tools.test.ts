import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { outcomeOf } from '../testing/outcome.ts'
import { orion, runOrion } from '../testing/run-orion.ts'
import { FREE_PORTS } from '../testing/use-orion.ts'

vi.setConfig({ testTimeout: 180_000, hookTimeout: 180_000 })

const SIMULATION = [
  ...['--seed', '5', '--start-time', '2026-03-02T09:00:00Z', '--rate', '100'],
  ...['--instruments', '8', '--ticks', '600', '--speed', 'max'],
]
const STORE = ['snapshots', 'snapshots']

let place: string
let dataDir: string
beforeAll(async () => {
  place = mkdtempSync(join(tmpdir(), 'orion-tools-'))
  dataDir = join(place, 'data')
  await run(...SIMULATION)
})
afterAll(() => rmSync(place, { recursive: true, force: true }))

test('topology list tells what runs, what waits, and which versions', async () => {
  const rows = await lines('topology', 'list')
  expect(rows.map(({ topology }) => topology)).toEqual(['market-data', 'snapshots', 'bars'])
  for (const row of rows)
    expect(row).toMatchObject({
      state: 'stopped',
      threads: 0,
      tasks: 4,
      lag: 0,
      deployed: row['here'],
    })
})

test('topology diff fits with what is deployed; with another description it says what does not', async () => {
  const [same] = await lines('topology', 'diff', 'snapshots')
  expect(same).toMatchObject({ topology: 'snapshots', verdict: 'compatible', changes: [] })
  const { stdout } = await orion('topology', 'describe', 'snapshots', '--format', 'json')
  const file = join(place, 'other.json')
  writeFileSync(file, stdout.replaceAll('"kind": "key-value"', '"kind": "session"'))
  const other = await orion('topology', 'diff', 'snapshots', '--with', file)
  expect(other.status).toBe(1)
  expect(other.stdout).toMatch(
    /needs-reset +store +snapshots +changed +session before, key-value now/,
  )
  expect(other.stderr).toMatch(/^orion: [^\n]+orion topology reset snapshots --dry-run[^\n]+\n$/)
  expect(await refusal('topology', 'diff', 'snapshots', '--with', '/no/such')).toMatch(
    /TOPOLOGY_DESCRIPTION_INVALID/,
  )
  expect(await refusal('topology', 'diff', 'tea')).toMatch(/TOPOLOGY_UNKNOWN: .*Choose among/)
})

test('stores are read and compared through copies of their changelogs', async () => {
  const kept = await lines('store', 'range', ...STORE)
  expect(await lines('store', 'range', ...STORE, '--from-changelog')).toEqual(kept)
  const key = String(kept[0]?.['key'])
  expect(await lines('store', 'get', ...STORE, key, '--from-changelog')).toEqual([kept[0]])
  expect(await lines('store', 'range', ...STORE, '--prefix', 'platform|')).toEqual(kept)
  expect(await lines('store', 'range', ...STORE, '--prefix', 'tea|')).toEqual([])
  const ones = kept.filter(({ partition }) => partition === 1)
  expect(await lines('store', 'range', ...STORE, '--partition', '1')).toEqual(ones)
  const compared = await lines('store', 'checksum', ...STORE, '--compare')
  expect(compared.map(({ result }) => result)).toEqual(['equal', 'equal', 'equal', 'equal'])
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

test('a backup restored elsewhere has the same topics, stores and rows', async () => {
  const file = join(place, 'backup.tar.gz')
  const [made] = await lines('backup', 'create', file)
  expect(made).toMatchObject({ file, files: expect.any(Number), bytes: expect.any(Number) })
  expect(statSync(file).mode & 0o777).toBe(0o600)
  const elsewhere = join(place, 'elsewhere')
  const { status, stderr } = await orion('backup', 'restore', file, '--data-dir', elsewhere)
  expect(status, stderr).toBe(0)
  expect(await outcomeOf({ dataDir: elsewhere })).toEqual(await outcomeOf({ dataDir }))
  expect((await orion('backup', 'restore', file, '--data-dir', elsewhere)).stderr).toMatch(
    /^orion: BACKUP_DIRECTORY_NOT_EMPTY: [^\n]+--force[^\n]+\n$/,
  )
})

describe('beside a running process', () => {
  test('a reset is refused naming the members, a backup with what to do; the stores compare equal', async () => {
    const running = runOrion(['start', '--data-dir', dataDir, ...FREE_PORTS, '--feed', 'none'])
    try {
      await running.ready()
      expect(await refusal('topology', 'reset', 'snapshots', '--yes')).toMatch(
        /TOPOLOGY_RUNNING: instances of orion-dev-snapshots are running: \S+.*Stop them all/,
      )
      expect(await refusal('backup', 'create', join(place, 'no.tar.gz'))).toMatch(
        /BACKUP_RUNNING: .*Stop it \(SIGTERM\), make the backup/,
      )
      const [row] = await lines('topology', 'list')
      expect(row).toMatchObject({ state: 'running', lag: 0 })
      const compared = await lines('store', 'checksum', ...STORE, '--compare')
      expect(compared.map(({ result }) => result)).toEqual(['equal', 'equal', 'equal', 'equal'])
    } finally {
      running.kill('SIGTERM')
      await running.ended()
    }
  })
})

test('a reset shows what it would do, asks, and lets the topology begin anew with equal stores', async () => {
  const before = await digests()
  const steps = await lines('topology', 'reset', 'snapshots', '--dry-run')
  expect(steps.map(({ what }) => String(what))).toEqual(
    expect.arrayContaining([
      expect.stringMatching(/delete the internal topic orion-dev-snapshots-snapshots-changelog/),
      expect.stringMatching(/read dev\.marketdata\.ticks\.v1-3 from offset 0 \(now \d+;/),
    ]),
  )
  const unconfirmed = await orion('topology', 'reset', 'snapshots', '--data-dir', dataDir)
  expect(unconfirmed.status).toBe(1)
  expect(unconfirmed.stderr).toMatch(/^orion: nothing was done: [^\n]+add --yes\n$/)
  expect(await digests()).toEqual(before)

  const { stdout } = await succeed('topology', 'reset', 'snapshots', '--yes', '--truncate-outputs')
  expect(stdout).toMatch(/\[1\/\d+\] note that a reset is under way/)
  expect(stdout).toMatch(/snapshots begins anew at its next start\n$/)
  expect(await refusal('store', 'checksum', ...STORE)).toMatch(/STORE_NOT_HERE/)
  await run('--topology', 'snapshots', '--feed', 'none')
  expect(await digests()).toEqual(before)
})

const WRONG = [
  [['--to-latest', '--to-earliest'], /cannot be used with option/],
  [['--by-duration', 'tea'], /Give a duration such as/],
  [['--to-offset', 'tea'], /Give topic:partition=offset/],
  [['--to-datetime', 'tea'], /Give an ISO 8601 time/],
] as const

test.each(WRONG)(
  'orion topology reset snapshots %j is refused in one line',
  async (args, message) => {
    expect(await refusal('topology', 'reset', 'snapshots', ...args)).toMatch(message)
  },
)

async function digests() {
  const rows = await lines('store', 'checksum', ...STORE)
  return rows.map(({ partition, entries, digest }) => ({ partition, entries, digest }))
}

/** Starts, and stops when there is no lag any more. */
async function run(...args: readonly string[]): Promise<void> {
  const process = runOrion(['start', '--data-dir', dataDir, ...FREE_PORTS, ...args])
  if (args.includes('--ticks')) {
    expect(await process.ended(), process.logs.slice(-3).join('\n')).toBe(0)
    return
  }
  await process.ready()
  await vi.waitFor(
    async () =>
      expect((await lines('topology', 'list'))[1]).toMatchObject({ state: 'running', lag: 0 }),
    { timeout: 60_000 },
  )
  process.kill('SIGTERM')
  expect(await process.ended()).toBe(0)
}

async function lines(...args: readonly string[]): Promise<Record<string, unknown>[]> {
  const { stdout } = await succeed(...args, '--json')
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line))
}

async function succeed(...args: readonly string[]) {
  const result = await orion(...args, '--data-dir', dataDir)
  expect(result.status, result.stderr).toBe(0)
  expect(result.stderr).toBe('')
  return result
}

async function refusal(...args: readonly string[]): Promise<string> {
  const { status, stdout, stderr } = await orion(...args, '--data-dir', dataDir)
  expect(status, stdout).toBe(1)
  expect(stderr).toMatch(/^orion: [^\n]+\n$/)
  return stderr
}
