import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { createStoreBackend, memoryEngine, rocksdbEngine } from '#state-stores'
import { systemClock } from '../clock.ts'
import { AppHarness, caughtUp } from '../fixtures/app-harness.ts'
import { RACED_TOPICS, race, racedDeadLetter, racedTopology } from '../fixtures/raced-topology.ts'
import { resetTopology } from '../tools/reset.ts'
import { replay } from './replay.ts'

let place: AppHarness

afterEach(async () => {
  await place.close()
})

const HANDLING = {
  handlers: { processing: 'dead-letter' },
  deadLetter: racedDeadLetter(),
} as const

/** Everything that is on the log, run to its end; the checksums of all stores. */
async function liveRun(): Promise<readonly string[]> {
  const streams = await place.start(racedTopology(), { ...HANDLING, batchRecordsMax: 7 })
  await race(place, { rounds: 8, from: 0 })
  return closed(streams)
}

async function closed(streams: Awaited<ReturnType<AppHarness['start']>>) {
  await caughtUp(streams)
  await streams.close()
  return checksums()
}

/** Of what the changelogs hold, beside those that a replay gives. */
async function checksums(): Promise<readonly string[]> {
  const { mode, isEqual, stores } = await replay({
    topology: racedTopology(),
    applicationId: 'raced',
    log: place.log,
    stores: createStoreBackend(memoryEngine()),
    directory: join(place.directory, 'replay'),
    ...HANDLING,
  })
  expect({ mode, isEqual }).toEqual({ mode: 'exact', isEqual: true })
  expect(stores.length).toBeGreaterThan(2)
  return stores.map(({ taskId, store, rebuilt, recorded }) => {
    expect(rebuilt).toEqual(recorded)
    return `${taskId} ${store} ${rebuilt.digest}`
  })
}

test('two racing inputs, a global table and timers: a replay has the checksums of the run, a second run after a reset has others', {
  timeout: 60_000,
}, async () => {
  // A reset finds local state on the disk.
  const engine = rocksdbEngine()
  place = await AppHarness.open(engine)
  await place.createTopics(2, ...RACED_TOPICS)
  const before = await liveRun()
  expect(await checksums()).toEqual(before)

  await resetTopology({
    log: place.log,
    topology: racedTopology(),
    applicationId: 'raced',
    directory: join(place.directory, 'state'),
    stores: createStoreBackend(engine),
    target: { to: 'earliest' },
    truncateOutputs: true,
    nowMs: systemClock.nowMs(),
  })
  const again = await closed(
    await place.start(racedTopology(), { ...HANDLING, batchRecordsMax: 7 }),
  )
  expect(again).not.toEqual(before)
  expect(await checksums()).toEqual(again)
})
