import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { all, openPlatform, type Platform } from '../testing/platform.ts'
import type { ReplayRow, TopologyReplayArgs } from './replay-tools.ts'

/** Those that a market alone keeps busy, and whose output does not depend on when it is made. */
const NAMES = ['market-data', 'snapshots', 'bars']
const START_MS = Date.UTC(2026, 2, 2, 9)
const HOUR_MS = 3_600_000

let dataDir: string
let platform: Platform
beforeEach(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'orion-replays-'))
  platform = await openPlatform({ dataDir })
})
afterEach(async () => {
  await platform.close()
  rmSync(dataDir, { recursive: true, force: true })
})

function replay(topology: string, more: Partial<TopologyReplayArgs> = {}): Promise<ReplayRow[]> {
  return platform.operator((operator) =>
    all(operator.topologyReplay({ topology, dryRun: false, ...more })),
  )
}

const resultOf = (rows: readonly ReplayRow[]) => rows.find(({ row }) => row === 'result')
const storesOf = (rows: readonly ReplayRow[]) => rows.filter((row) => row.row === 'store')
const outputsOf = (rows: readonly ReplayRow[]) => rows.filter((row) => row.row === 'output')
const sum = (numbers: readonly number[]) => numbers.reduce((total, one) => total + one, 0)

test('topologies of the market, replayed as recorded and then reset and run again, has equal stores and outputs', async () => {
  await platform.feed({ ticks: 300, startTimeMs: START_MS })
  const outcome = async () => ({
    stores: await platform.stores(...NAMES),
    outputs: await platform.outputs('ticks', 'snapshots', 'bars'),
  })
  // Started twice, so that a replay has to begin a task as the second start did.
  await (await platform.run()).closeAtEnd()
  await platform.feed({ ticks: 200, startTimeMs: START_MS + 3 * HOUR_MS })
  await (await platform.run()).closeAtEnd()
  const before = await outcome()

  for (const name of NAMES) {
    const rows = await replay(name)
    expect(resultOf(rows), name).toMatchObject({ mode: 'exact', isEqual: true })
    const replayed = storesOf(rows).map(
      ({ store, partition, replayedEntries, digest }) =>
        `${name}/${store}-${partition} ${replayedEntries} ${digest}`,
    )
    expect(replayed.length, name).toBeGreaterThan(0)
    expect(before.stores).toEqual(expect.arrayContaining(replayed))
    expect(new Set(storesOf(rows).map(({ result }) => result)), name).toEqual(new Set(['equal']))
    expect(sum(outputsOf(rows).map(({ equal }) => equal)), name).toBeGreaterThan(0)
    expect(
      sum(outputsOf(rows).map(({ changed, missing, added }) => changed + missing + added)),
      name,
    ).toBe(0)
  }
  expect(await outcome()).toEqual(before)

  for (const topology of NAMES)
    await platform.operator((operator) =>
      all(
        operator.topologyReset({
          topology,
          target: { to: 'earliest' },
          truncateOutputs: true,
          dryRun: false,
        }),
      ),
    )
  await expect(platform.stores(...NAMES)).rejects.toThrow(/STORE_WITHOUT_CHANGELOG/)
  await (await platform.run()).closeAtEnd()
  expect(await outcome()).toEqual(before)
})

test('what wall-clock timers wrote is replayed by the schedule, and differs when that is withheld', async () => {
  const [topology = ''] = NAMES
  const shortly = { staleAfterMs: 200 }
  await platform.feed({ ticks: 60, startTimeMs: START_MS, ...shortly })
  const first = await platform.run(topology)
  const silences = async () => {
    const topic = platform.topics.marketdata.status.name
    const partitions = await platform.operator((operator) => all(operator.topicDescribe({ topic })))
    return sum(partitions.map(({ latest }) => latest))
  }
  await vi.waitFor(async () => expect(await silences()).toBeGreaterThanOrEqual(6), {
    timeout: 30_000,
    interval: 100,
  })
  await first.closeAtEnd()
  const rows = await replay(topology)
  expect(resultOf(rows)).toMatchObject({ mode: 'exact', isEqual: true })
  await platform.log.admin.deleteTopics([`orion-dev-${topology}-schedule`])
  const withheld = await replay(topology)
  expect(resultOf(withheld)).toMatchObject({ mode: 'timestamp-order', isEqual: false })
  expect(
    storesOf(withheld).filter(({ store, result }) => store === 'silences' && result === 'differs'),
  ).not.toEqual([])
})
