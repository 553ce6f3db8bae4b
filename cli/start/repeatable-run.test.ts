import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { noMetrics, silentLogger } from '#streams'
import { orion, runOrion } from '../testing/run-orion.ts'
import { type PartitionDigest, topicDigest } from '../testing/topic-digest.ts'
import { openLog } from './open-log.ts'

const STREAMS = ['marketdata.ticks', 'marketdata.snapshots', 'marketdata.bars']
const STORES = [
  ['market-data', 'last-ticks'],
  ['snapshots', 'snapshots'],
  ['bars', 'open-bars'],
] as const
const SIMULATION = [
  '--seed',
  '11',
  '--start-time',
  '2026-03-02T09:00:00Z',
  '--rate',
  '2000',
  '--instruments',
  '60',
  '--speed',
  'max',
]
const PORTS = ['--port', '0', '--sql-port', '0', '--registry-port', '0', '--log-level', 'warn']

const directories: string[] = []
afterEach(() => {
  for (const directory of directories.splice(0)) rmSync(directory, { recursive: true, force: true })
})

function temporary(): string {
  const directory = mkdtempSync(join(tmpdir(), 'orion-run-'))
  directories.push(directory)
  return directory
}

interface Outcome {
  readonly topics: Readonly<Record<string, readonly PartitionDigest[]>>
  readonly stores: readonly string[]
}

async function outcomeOf(dataDir: string): Promise<Outcome> {
  const log = await openLog({ dataDir }, { logger: silentLogger, metrics: noMetrics })
  const topics: Record<string, readonly PartitionDigest[]> = {}
  try {
    for (const stream of STREAMS) topics[stream] = await topicDigest(log, `dev.${stream}.v1`)
  } finally {
    await log.close()
  }
  const stores: string[] = []
  for (const [topology, store] of STORES) {
    const { stdout, status } = await orion(
      'store',
      'checksum',
      topology,
      store,
      '--data-dir',
      dataDir,
      '--json',
    )
    expect(status).toBe(0)
    for (const line of stdout.trim().split('\n')) {
      const {
        store: name,
        partition,
        entries,
        digest,
      } = JSON.parse(line) as Record<string, unknown>
      stores.push(`${topology}/${name}-${partition} ${entries} ${digest}`)
    }
  }
  return { topics, stores }
}

function start(dataDir: string, ticks: number): ReturnType<typeof runOrion> {
  return runOrion([
    'start',
    '--data-dir',
    dataDir,
    ...SIMULATION,
    ...PORTS,
    '--ticks',
    String(ticks),
  ])
}

async function uninterrupted(ticks: number): Promise<Outcome> {
  const dataDir = temporary()
  expect(await start(dataDir, ticks).ended()).toBe(0)
  return outcomeOf(dataDir)
}

test('the same seed, start time and ticks give the same ticks, snapshots and bars, record by record', async () => {
  const first = await uninterrupted(6_000)
  expect(await uninterrupted(6_000)).toEqual(first)
  const ticks =
    first.topics['marketdata.ticks']?.reduce((sum, { records }) => sum + records, 0) ?? 0
  expect(ticks).toBeGreaterThan(5_990)
})

test('after kill -9 at ten moments under load, topics and stores are those of a run without', {
  timeout: 180_000,
}, async () => {
  const ticks = 40_000
  const calm = await uninterrupted(ticks)
  const dataDir = temporary()
  let killed = 0
  for (let moment = 0; moment < 10; moment += 1) {
    const process = start(dataDir, ticks)
    await process.ready()
    // Moments spread over the work: from right after the start to some way into it.
    const ended = await Promise.race([process.ended(), elapsed(40 + moment * 61)])
    if (ended !== undefined) break
    process.kill('SIGKILL')
    expect(await process.ended()).toBe('SIGKILL')
    killed += 1
  }
  expect(await start(dataDir, ticks).ended()).toBe(0)
  expect(killed).toBe(10)
  expect(await outcomeOf(dataDir)).toEqual(calm)
})

function elapsed(ms: number): Promise<undefined> {
  return new Promise((resolve) => {
    setTimeout(() => resolve(undefined), ms)
  })
}
