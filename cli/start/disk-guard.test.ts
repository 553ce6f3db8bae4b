import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { rocksdbEngine } from '#state-stores'
import { noMetrics, silentLogger, systemClock } from '#streams'
import { type EmbeddedLog, type NewTopic, openEmbeddedLog } from '#streams/log'
import { allocatedBytes, DiskGuard, nextScale } from './disk-guard.ts'

const MB = 1_000_000
const TOPIC: NewTopic = {
  topic: 't',
  partitions: 2,
  cleanup: 'delete',
  retentionMs: -1,
  retentionBytes: -1,
}
const CHANGELOG: NewTopic = {
  topic: 'app-store-changelog',
  partitions: 2,
  cleanup: 'compact',
  retentionMs: -1,
  retentionBytes: -1,
}

let dataDir = ''
let log: EmbeddedLog

beforeEach(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'orion-disk-'))
  log = await openLog()
})

afterEach(async () => {
  await log.close()
  rmSync(dataDir, { recursive: true, force: true })
})

test.each([
  { scale: 1, used: 0.95, next: 0.85 },
  { scale: 0.1, used: 2, next: 0.1 },
  { scale: 0.5, used: 0.75, next: 0.5 },
  { scale: 0.5, used: 0.5, next: 0.51 },
  { scale: 1, used: 0.1, next: 1 },
])('with $used of the bound in use, budgets at $scale go to $next', ({ scale, used, next }) => {
  expect(nextScale(scale, used)).toBeCloseTo(next)
})

test('topics that exist already get the budgets of this start, changelogs and schedules share theirs', async () => {
  const schedule = { ...TOPIC, topic: 'app-schedule' }
  await log.admin.createTopics([TOPIC, CHANGELOG, schedule])
  await guarded(200 * MB, { ...TOPIC, retentionBytes: 5 * MB }, async () => {
    expect(
      await log.admin.describeTopics(['t', 'app-store-changelog', 'app-schedule']),
    ).toMatchObject([
      { cleanup: 'delete', retentionBytes: 5 * MB },
      { cleanup: 'compact', retentionBytes: MB },
      { cleanup: 'delete', retentionBytes: 1.5 * MB },
    ])
  })
})

test('what is on disk stays under the bound while more than it is written, though the budgets alone allow more; a restart with less comes below it', async () => {
  const topic = { ...TOPIC, retentionBytes: 150 * MB }
  await log.admin.createTopics([topic])
  await guarded(250 * MB, topic, async (guard) => {
    const peak = await write(guard, 500)
    expect(peak).toBeGreaterThan(175 * MB)
    // The engine deletes files a moment after it has written those that replace them: on a busy machine that is part of so small a bound.
    expect(peak).toBeLessThan(262 * MB)
  })

  await log.close()
  log = await openLog()
  await guarded(150 * MB, { ...topic, retentionBytes: 30 * MB }, async (guard) => {
    await write(guard, 60)
    expect(await allocatedBytes(dataDir)).toBeLessThan(150 * MB)
  })
})

/** A megabyte at a time, as slow as the guard asks for. @returns the most that was on disk */
async function write(guard: DiskGuard, times: number): Promise<number> {
  const producer = await log.createProducer({ clientId: 'test' })
  let peak = 0
  for (let time = 0; time < times; time++) {
    await producer.send([{ topic: 't', partition: time % 2, records: halfMegabytes(2) }])
    const startMs = systemClock.monotonicMs()
    do {
      await guard.look()
      await log.maintain()
      peak = Math.max(peak, await allocatedBytes(dataDir))
    } while (systemClock.monotonicMs() - startMs < guard.holdMs('live'))
  }
  await producer.close()
  return peak
}

test('a feed that runs as fast as it can waits for a reader that is far behind, a live one does not', async () => {
  await log.admin.createTopics([TOPIC])
  await guarded(1_000 * MB, { ...TOPIC, retentionBytes: 20 * MB }, async (guard) => {
    const producer = await log.createProducer({ clientId: 'test' })
    const holds = () => [guard.holdMs('as-fast-as-possible') > 0, guard.holdMs('live') > 0]
    const read = (offset: number) =>
      log.admin.setGroupOffsets('reader', [{ topic: 't', partition: 0, offset }])
    await producer.send([{ topic: 't', partition: 0, records: halfMegabytes(20) }])
    expect(holds()).toEqual([true, false])
    // Sixteen of the twenty records are 8 MB, which is 0.4 of the bound.
    await read(3)
    expect(holds()).toEqual([true, false])
    await read(5)
    expect(holds()).toEqual([false, false])
    await producer.close()
  })
})

async function guarded(
  bytesMax: number,
  topic: NewTopic,
  run: (guard: DiskGuard) => Promise<void>,
): Promise<void> {
  const guard = new DiskGuard({
    log,
    topics: [topic],
    changelogBytesMax: 2 * MB,
    scheduleBytesMax: 3 * MB,
    dataDir,
    bytesMax,
    readers: [{ groupId: 'reader', topics: ['t'] }],
    logger: silentLogger,
  })
  await guard.start()
  try {
    await run(guard)
  } finally {
    guard.close()
  }
}

/** With the proportions of a real one on a bound of 1 GB. */
function openLog(): Promise<EmbeddedLog> {
  return openEmbeddedLog({
    engine: rocksdbEngine(),
    directory: join(dataDir, 'log'),
    clock: systemClock,
    logger: silentLogger,
    metrics: noMetrics,
    memoryBytes: 8 * MB,
    tailBytesMax: 4 * MB,
    maintenanceIntervalMs: 0,
  })
}

/** That do not compress. */
function halfMegabytes(count: number) {
  return Array.from({ length: count }, () => ({
    key: null,
    value: randomBytes(MB / 2),
    timestampMs: 1,
  }))
}
