import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { createStoreBackend, memoryEngine } from '#state-stores'
import { systemClock } from '../clock.ts'
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
  deadLetter: racedDeadLetter(),
  batchRecordsMax: 7,
} as const satisfies Partial<StreamsOptions>

/** Runs it with commits that are lost and restarts; everything is committed at the end. @returns when each start was */
async function recordedRun(options: Partial<StreamsOptions> = {}): Promise<readonly number[]> {
  const startsMs: number[] = []
  place = await AppHarness.open()
  await place.createTopics(2, ...RACED_TOPICS)
  const log = new FaultyLog(place.log)
  for (let start = 0; start < 3; start++) {
    startsMs.push(systemClock.nowMs())
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
  return startsMs
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
    const differs = ({ rebuilt, recorded }: (typeof withheld.stores)[number]) =>
      rebuilt.digest !== recorded?.digest
    expect(withheld.stores.filter(differs)).not.toEqual([])
  })

  test('at least once as well, and from it and to a time, into a shadow', {
    timeout: 60_000,
  }, async () => {
    const [, secondStartMs = 0] = await recordedRun({ guarantee: 'at_least_once' })
    const shadow = { applicationId: 'shadow' }
    const result = await replayed({ order: 'schedule', shadow })
    expect(result).toMatchObject({ mode: 'exact', differences: [], isEqual: true })
    const counts = async (topic: string) => (await place.read(topic)).length
    expect(await counts('shadow-raced')).toBe(await counts('raced'))
    expect(await counts('shadow-counted')).toBe(await counts('counted'))
    await expect(replayed({ shadow })).rejects.toThrow(/STREAMS_SHADOW_TAKEN: .* shadow /)
    const raced = (outputs: typeof result.outputs) =>
      outputs.reduce((sum, { topic, equal }) => sum + (topic === 'raced' ? equal : 0), 0)
    const late = await replayed({ fromMs: secondStartMs, shadow: { applicationId: 'late' } })
    expect(late).toMatchObject({ mode: 'exact', isEqual: true })
    expect(raced(late.outputs)).toBeGreaterThan(0)
    expect(raced(late.outputs)).toBeLessThan(raced(result.outputs))
    expect(await counts('late-raced')).toBe(raced(late.outputs))
    expect(late.notes.join()).toMatch(/neither compared nor written/)
    const cut = await replayed({ toMs: 0 })
    expect(cut.tasks.every(({ transactions }) => transactions === 0)).toBe(true)
  })

  test('a schedule that is missing, cut, damaged or of another graph is told', {
    timeout: 60_000,
  }, async () => {
    await recordedRun()
    const schedule = { topic: 'raced-schedule', partition: 0 }
    const other = { ...racedTopology(), globalStores: [] }
    await expect(replayed({ topology: other, order: 'schedule' })).rejects.toThrow(
      /STREAMS_SCHEDULE_MISSING: .* ran topology \w{16}, and this one is \w{16}/,
    )
    const producer = await place.log.createProducer({ clientId: 'test' })
    const [end = 0] = await place.log.admin.offsets([schedule], 'latest')
    const bytes = { key: Buffer.from('1_0'), value: Buffer.from('?'), timestampMs: 0 }
    await producer.send([{ ...schedule, records: [bytes] }])
    await expect(replayed()).rejects.toThrow(
      `STREAMS_SCHEDULE_CORRUPT: a record of the schedule cannot be read: it has version 63; this program reads version 1 at raced-schedule-0@${end}, task 1_0`,
    )
    await place.log.admin.truncate([{ ...schedule, offset: end + 1 }])
    const cut = await replayed()
    expect(cut.mode).toBe('timestamp-order')
    expect(cut.reason).toContain(`the schedule begins at offset ${end + 1} of raced-schedule-0`)
    await place.log.admin.deleteTopics(['raced-schedule'])
    await expect(replayed({ order: 'schedule' })).rejects.toThrow(
      'STREAMS_SCHEDULE_MISSING: raced cannot be replayed exactly: there is no topic raced-schedule',
    )
    await producer.close()
  })

  test('inputs that are gone are told, also when they are gone from the middle', {
    timeout: 60_000,
  }, async () => {
    await recordedRun()
    await place.log.admin.truncate([{ topic: 'orders', partition: 0, offset: 5 }])
    await expect(replayed()).rejects.toThrow(/STREAMS_REPLAY_INPUT_GONE: transaction \d+ took/)
  })

  test('a stretch that ran without a schedule is noticed', { timeout: 60_000 }, async () => {
    await recordedRun()
    const gap = await place.start(racedTopology(), { ...RUN, exactReplay: false })
    await race(place, { rounds: 3, from: 100 })
    await caughtUp(gap)
    await gap.close()
    const again = await place.start(racedTopology(), RUN)
    await race(place, { rounds: 3, from: 103 })
    await caughtUp(again)
    await again.close()
    await expect(replayed()).rejects.toThrow(/STREAMS_SCHEDULE_GAP: records up to \d+ were taken/)
  })
})
