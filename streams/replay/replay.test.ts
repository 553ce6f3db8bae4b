import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { createStoreBackend, memoryEngine } from '#state-stores'
import { AppHarness, caughtUp } from '../fixtures/app-harness.ts'
import { FaultyLog } from '../fixtures/faulty-log.ts'
import { RACED_TOPICS, race, racedDeadLetter, racedTopology } from '../fixtures/raced-topology.ts'
import type { StreamsOptions } from '../streams-options.ts'
import { replay } from './replay.ts'
import type { ReplayOptions } from './replay-options.ts'

let place: AppHarness

afterEach(async () => {
  await place.close()
})

const RUN = {
  maxTaskIdleMs: -1,
  handlers: { processing: 'dead-letter' },
  deadLetter: racedDeadLetter,
  batchRecordsMax: 7,
} as const satisfies Partial<StreamsOptions>

/** Runs it with commits that are lost and restarts; everything is committed at the end. */
async function recordedRun(options: Partial<StreamsOptions> = {}): Promise<void> {
  place = await AppHarness.open()
  await place.createTopics(2, ...RACED_TOPICS)
  const log = new FaultyLog(place.log)
  for (let start = 0; start < 3; start++) {
    const streams = await place.start(racedTopology(), { ...RUN, ...options, log })
    let commits = 0
    log.commitFault = () => {
      commits++
      if (commits === 9) return 'unknown-and-aborted'
      return commits === 14 ? 'unknown-but-committed' : 'none'
    }
    await race(place, { rounds: 12, from: 12 * start })
    log.commitFault = () => 'none'
    await caughtUp(streams)
    await streams.close()
  }
}

function replayed(options: Partial<ReplayOptions> = {}) {
  const { handlers, deadLetter } = RUN
  return replay({
    topology: racedTopology(),
    applicationId: 'raced',
    log: place.log,
    stores: createStoreBackend(memoryEngine()),
    directory: join(place.directory, 'replay'),
    handlers,
    deadLetter,
    ...options,
  })
}

describe('a run with racing inputs, a global table, wall-clock timers, lost commits and restarts', () => {
  test('is repeated to the byte by its schedule, and is not without it', {
    timeout: 60_000,
  }, async () => {
    await recordedRun()
    const result = await replayed()
    expect(result.differences).toEqual([])
    expect(result).toMatchObject({ mode: 'exact', reason: undefined, isEqual: true })
    for (const topic of ['raced', 'counted', 'dead', 'raced-by-rate-repartition']) {
      const some = result.outputs.filter((one) => one.topic === topic)
      expect(
        some.reduce((sum, { equal }) => sum + equal, 0),
        topic,
      ).toBeGreaterThan(2)
    }
    expect(result.stores.map(({ store }) => store).sort()).toEqual([
      'counts',
      'counts',
      'last',
      'last',
    ])
    for (const { rebuilt, recorded } of result.stores) expect(recorded).toEqual(rebuilt)
    expect(Math.max(...result.tasks.map(({ starts }) => starts))).toBeGreaterThanOrEqual(3)
    expect(await replayed()).toEqual(result)

    const withheld = await replayed({ order: 'timestamp' })
    expect(withheld).toMatchObject({ mode: 'timestamp-order', isEqual: false })
    expect(withheld.differing).toBeGreaterThan(10)
  })
})
