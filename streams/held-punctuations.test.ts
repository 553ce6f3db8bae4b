import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { createStoreBackend, memoryEngine } from '#state-stores'
import { replay, whatIf } from '#streams'
import { AppHarness, caughtUp, until } from './fixtures/app-harness.ts'
import { MetricValues } from './fixtures/metric-values.ts'
import { remindersTopology } from './fixtures/reminders-topology.ts'
import { systemTimers, type Timers } from './timers.ts'

const START_MS = 1_000_000
const TASK = { application: 'reminders', task: '0_0' }

let place: AppHarness
let nowMs = START_MS

/** Wall-clock time stands until a test moves it. */
const clock = { nowMs: () => nowMs, monotonicMs: () => performance.now() }

/** A thread looks up often, so that it sees at once that the clock was moved. */
let waits = 0
const timers: Timers = {
  ...systemTimers,
  after: (delayMs, callback) => {
    waits++
    return systemTimers.after(Math.min(delayMs, 5), callback)
  },
}

afterEach(async () => {
  await place.close()
})

async function begin(): Promise<void> {
  nowMs = START_MS
  place = await AppHarness.open()
  await place.createTopics(1, 'asked', 'reminders')
}

async function start() {
  const metrics = new MetricValues()
  const streams = await place.start(remindersTopology(), { metrics, clock, timers })
  /** The thread went round so often that whatever it had to do is done. */
  const turned = async () => {
    const before = waits
    await until(() => waits > before + 5)
  }
  const count = (name: string, labels = {}) => metrics.of(name, { ...TASK, ...labels }) ?? 0
  const looks = () => count('orion_task_punctuations_total', { type: 'wall-clock' })
  const commits = () => count('orion_task_commits_total')
  return { streams, turned, looks, commits }
}

const told = async () => (await place.read('reminders')).map(({ key, value }) => [key, value])

test('a thread does nothing for a task whose timer is held; what is due is done, also after a restart', async () => {
  await begin()
  const first = await start()
  for (let jump = 0; jump < 3; jump++) {
    nowMs += 3_600_000
    await first.turned()
  }
  expect([first.looks(), first.commits()]).toEqual([0, 0])

  const askedMs = nowMs
  await place.produce('asked', [
    { key: 'soon', value: '500' },
    { key: 'late', value: '7000' },
  ])
  await caughtUp(first.streams)
  nowMs = askedMs + 499
  await first.turned()
  expect(first.looks()).toBe(0)
  nowMs = askedMs + 500
  await first.turned()
  expect(await told()).toEqual([['soon', `due ${nowMs}, told ${nowMs}`]])
  expect(first.looks()).toBe(1)
  await first.streams.close()

  const second = await start()
  nowMs = askedMs + 6_999
  await second.turned()
  expect(second.looks()).toBe(0)
  nowMs = askedMs + 7_003
  await until(async () => (await told()).length === 2)
  expect((await told()).at(-1)).toEqual(['late', `due ${askedMs + 7_000}, told ${nowMs}`])
  await second.turned()
  expect(second.looks()).toBe(1)
  await second.streams.close()

  const result = await replay(recorded())
  expect(result).toMatchObject({ mode: 'exact', isEqual: true, differences: [] })
  expect(result.outputs.find(({ topic }) => topic === 'reminders')).toMatchObject({ equal: 2 })
})

test('what would have been due otherwise is done when it is due, though the recorded run slept then', async () => {
  await begin()
  const { streams, turned } = await start()
  await place.produce('asked', [
    { key: 'a', value: '500' },
    { key: 'b', value: '9000' },
  ])
  await caughtUp(streams)
  for (nowMs of [START_MS + 503, START_MS + 9_005]) await turned()
  await streams.close()
  const { differences, outputs } = await whatIf({
    ...recorded(),
    change: {
      records: (record) =>
        `${record.key}` === 'a' ? [{ ...record, value: Buffer.from('2000') }] : [record],
    },
  })
  const ownMs = START_MS + 2_000
  expect(outputs.find(({ topic }) => topic === 'reminders')).toMatchObject({ equal: 1 })
  expect(differences.map(({ recorded: before, rebuilt }) => [before, rebuilt])).toEqual([
    [`"a" = "due ${START_MS + 500}, told ${START_MS + 503}" @ ${START_MS + 503}`, undefined],
    [undefined, `"a" = "due ${ownMs}, told ${ownMs}" @ ${ownMs}`],
  ])
})

function recorded() {
  return {
    topology: remindersTopology(),
    applicationId: 'reminders',
    log: place.log,
    stores: createStoreBackend(memoryEngine()),
    directory: join(place.directory, 'replay'),
  }
}
