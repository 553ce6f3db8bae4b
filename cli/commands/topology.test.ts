import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { topologies } from '#topologies'
import { commandsOn } from '../testing/commands.ts'
import { fedPlatform, onPlatform } from '../testing/platform.ts'
import { orion } from '../testing/run-orion.ts'

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

const EARLIEST = ['--from', 'earliest', '--no-follow']

let place: string
let dataDir: string
const { lines, succeed, refusal } = commandsOn(() => ['--data-dir', dataDir])
beforeAll(async () => {
  place = mkdtempSync(join(tmpdir(), 'orion-topology-'))
  dataDir = join(place, 'data')
  await fedPlatform({ dataDir }, 200)
})
afterAll(() => rmSync(place, { recursive: true, force: true }))

test('topology list tells what runs, what waits, and which versions', async () => {
  const rows = await lines('topology', 'list')
  expect(rows.map(({ topology }) => topology)).toEqual(topologies.map(({ name }) => name))
  for (const row of rows.slice(0, 3))
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

test('a replay is equal; a shadow writes its outputs to new topics, from a given time on', async () => {
  const plan = await succeed('topology', 'replay', 'bars', '--dry-run', '--shadow', 'bars-again')
  expect(plan).toMatch(/nothing that orion-dev-bars keeps is touched/)
  expect(plan).toMatch(/to topics that begin with bars-again-/)
  const rows = await lines('topology', 'replay', 'bars', '--shadow', 'bars-again')
  expect(rows.at(-1)).toEqual({ row: 'result', mode: 'exact', isEqual: true })
  const told = await lines('topics', 'tail', 'bars-again-dev.marketdata.bars.v1', ...EARLIEST)
  expect(told.length).toBeGreaterThan(0)
  expect(told).toHaveLength(rows.reduce((sum, { equal }) => sum + Number(equal ?? 0), 0))

  const later = ['--from', '2100-01-01T00:00:00Z', '--shadow']
  const none = await lines('topology', 'replay', 'bars', ...later, 'bars-late')
  expect(none.filter(({ row }) => row === 'output')).toEqual([])
  expect(none.filter(({ row }) => row === 'store').map(({ result }) => result)).toContain('equal')
  expect(none).toContainEqual({
    row: 'note',
    what: expect.stringMatching(/from the first transaction; .* neither compared nor written/),
  })
  expect(await refusal('topology', 'replay', 'bars', ...later, 'bars-again')).toMatch(
    /STREAMS_SHADOW_TAKEN: .*bars-again-.*Name an application id that nobody uses/,
  )
})

test('a replay with a record of an input otherwise differs; one that was never read is refused', async () => {
  const [tick] = await lines('topics', 'tail', 'dev.marketdata.ticks.v1', ...EARLIEST, '-n', '1')
  const { partition, offset } = tick as { partition: number; offset: number }
  const file = join(place, 'changes.json')
  const gone = { topic: 'dev.marketdata.ticks.v1', partition, offset, action: 'remove' }
  writeFileSync(file, JSON.stringify([gone]))
  const otherwise = await lines('topology', 'replay', 'snapshots', '--what-if', file)
  expect(otherwise.at(-1)).toEqual({ row: 'result', mode: 'what-if', isEqual: false })
  writeFileSync(file, JSON.stringify([{ ...gone, offset: 1_000_000 }]))
  expect(await refusal('topology', 'replay', 'snapshots', '--what-if', file)).toMatch(
    /REPLAY_CHANGE_UNMET: [^\n]*ticks\.v1-\d@1000000/,
  )
})
test('a reset shows what it would do, asks, and lets the topology begin anew with equal stores', async () => {
  const stores = () => onPlatform({ dataDir }, (platform) => platform.stores('snapshots'))
  const before = await stores()
  const steps = await lines('topology', 'reset', 'snapshots', '--dry-run')
  expect(steps.map(({ what }) => String(what))).toEqual(
    expect.arrayContaining([
      expect.stringMatching(/delete the internal topic orion-dev-snapshots-snapshots-changelog/),
      expect.stringMatching(/read dev\.marketdata\.ticks\.v1-\d from offset 0 \(now \d+;/),
    ]),
  )
  const unconfirmed = await orion('topology', 'reset', 'snapshots', '--data-dir', dataDir)
  expect(unconfirmed.status).toBe(1)
  expect(unconfirmed.stderr).toMatch(/^orion: nothing was done: [^\n]+add --yes\n$/)
  expect(await stores()).toEqual(before)

  const stdout = await succeed('topology', 'reset', 'snapshots', '--yes', '--truncate-outputs')
  expect(stdout).toMatch(/\[1\/\d+\] note that a reset is under way/)
  expect(stdout).toMatch(/snapshots begins anew at its next start\n$/)
  expect(await refusal('store', 'checksum', 'snapshots', 'snapshots')).toMatch(/STORE_NOT_HERE/)
  await onPlatform({ dataDir }, async (platform) => (await platform.run('snapshots')).closeAtEnd())
  expect(await stores()).toEqual(before)
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
