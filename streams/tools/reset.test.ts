import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createStoreBackend, memoryEngine, rocksdbEngine } from '#state-stores'
import { AppHarness, caughtUp } from '../fixtures/app-harness.ts'
import { repartitionedSumTopology, totalsSpec } from '../fixtures/sample-topology.ts'
import { silentLogger } from '../logger.ts'
import { openChangelogStore } from './changelog-store.ts'
import { diffWithDeployed } from './deployed-diff.ts'
import { prepareDeployment, readDeployment, recordDeployment } from './deployment.ts'
import { resetTopology } from './reset.ts'
import { planReset, type ResetTarget } from './reset-plan.ts'
import { topologyStatus } from './topology-status.ts'

const APP = 'grouped-sums'
const topology = repartitionedSumTopology()
const orders = Array.from({ length: 200 }, (_, index) => ({
  key: `order-${index % 23}`,
  value: (index * 7919) % 1_000,
  timestampMs: 1_000 + index,
}))

let place: AppHarness
beforeEach(async () => {
  place = await AppHarness.open(rocksdbEngine())
  await place.createTopics(3, 'orders', 'totals')
})
afterEach(() => place.close())

const stores = createStoreBackend(rocksdbEngine())
const directory = () => join(place.directory, 'state')

function options(target: ResetTarget = { to: 'earliest' }, truncateOutputs = false) {
  const common = { log: place.log, topology, applicationId: APP, directory: directory() }
  return { ...common, target, truncateOutputs, nowMs: 2_000, stores }
}

async function start() {
  const log = place.log
  await prepareDeployment({
    log,
    applicationId: APP,
    directory: directory(),
    stores,
    logger: silentLogger,
  })
  const streams = await place.start(topology)
  await recordDeployment({ log, topology, applicationId: APP, version: '1.0.0', nowMs: 1 })
  return streams
}

async function runToEnd() {
  const streams = await start()
  await caughtUp(streams)
  const checksum = streams
    .checksum('totals')
    .map(({ partition, entries, digest }) => ({ partition, entries, digest }))
  await streams.close()
  return checksum
}

async function outputCount(): Promise<number> {
  const places = [0, 1, 2].map((partition) => ({ topic: 'totals', partition }))
  const starts = await place.log.admin.offsets(places, 'earliest')
  const ends = await place.log.admin.offsets(places, 'latest')
  return ends.reduce((sum, end, index) => sum + end - (starts[index] ?? 0), 0)
}

describe('a reset', () => {
  test('makes the application begin anew: the same stores and outputs again', async () => {
    await place.produce('orders', orders)
    const before = await runToEnd()
    const outputs = await place.keyValues('totals')
    const seen: string[] = []
    await resetTopology({
      ...options({ to: 'earliest' }, true),
      onStep: ({ step }) => seen.push(step),
    })
    expect(new Set(seen)).toEqual(
      new Set([
        'mark',
        'delete-group',
        'delete-state',
        'delete-topic',
        'truncate-topic',
        'set-offset',
        'done',
      ]),
    )
    const topics = await place.log.admin.listTopics()
    expect(topics.filter((topic) => topic.startsWith(`${APP}-`))).toEqual([`${APP}-topology`])
    expect(await outputCount()).toBe(0)
    expect(await runToEnd()).toEqual(before)
    expect((await place.keyValues('totals')).sort()).toEqual(outputs.sort())
  })

  test('keeps outputs unless asked, and says that they come again', async () => {
    await place.produce('orders', orders)
    await runToEnd()
    const { notes } = await resetTopology(options())
    expect(notes).toEqual([expect.stringMatching(/outputs are kept: .* totals/)])
    await runToEnd()
    expect(await outputCount()).toBe(2 * orders.length)
  })

  test('a plan changes nothing and says exactly what would be done', async () => {
    await place.produce('orders', orders)
    const before = await runToEnd()
    const { steps } = await planReset(options())
    expect(steps.map(({ what }) => what)).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/delete the internal topic grouped-sums-by-group-repartition/),
        expect.stringMatching(/delete the internal topic grouped-sums-totals-changelog/),
        expect.stringMatching(/read orders-0 from offset 0 \(now \d+; there are 0 to \d+\)/),
      ]),
    )
    expect(await runToEnd()).toEqual(before)
    expect(await outputCount()).toBe(orders.length)
  })

  test('is refused while instances run, naming them; the application goes on', async () => {
    const streams = await start()
    await expect(resetTopology(options())).rejects.toThrow(
      /^TOPOLOGY_RUNNING: .*grouped-sums.*thread.*Stop them all/,
    )
    await place.produce('orders', orders)
    await caughtUp(streams)
    await streams.close()
    expect((await readDeployment(place.log, APP)).reset).toBeUndefined()
  })

  test('interrupted before any of its steps, it keeps instances from starting and can be repeated', async () => {
    await place.produce('orders', orders)
    const before = await runToEnd()
    const kinds = [
      'delete-group',
      'delete-state',
      'delete-topic',
      'truncate-topic',
      'set-offset',
      'done',
    ]
    for (const kind of kinds) {
      await expect(
        resetTopology({
          ...options({ to: 'earliest' }, true),
          onStep: ({ step }) => {
            if (step === kind) throw new Error('killed')
          },
        }),
      ).rejects.toThrow('killed')
      await expect(start()).rejects.toThrow(/^TOPOLOGY_RESET_UNFINISHED/)
    }
    const { resumed, generation } = await resetTopology(options({ to: 'earliest' }, true))
    expect({ resumed, generation }).toEqual({ resumed: true, generation: 1 })
    expect(await runToEnd()).toEqual(before)
    expect(await outputCount()).toBe(orders.length)
  })

  test('local state that another machine kept is void at its next start', async () => {
    await place.produce('orders', orders)
    await runToEnd()
    const elsewhere = join(place.directory, 'elsewhere')
    await resetTopology({ ...options(), directory: elsewhere })
    const kept = () => readdirSync(join(directory(), APP)).filter((name) => /^1_/.test(name))
    expect(kept()).toHaveLength(3)
    const log = place.log
    await prepareDeployment({
      log,
      applicationId: APP,
      directory: directory(),
      stores,
      logger: silentLogger,
    })
    expect(kept()).toEqual([])
  })

  test.each<[string, ResetTarget, number]>([
    ['a time', { to: 'datetime', timestampMs: 1_150 }, 50],
    ['a duration', { to: 'duration', durationMs: 900 }, 100],
    ['the latest', { to: 'latest' }, 0],
  ])('to %s leaves out what is older', async (_what, target, records) => {
    await place.produce('orders', orders)
    await runToEnd()
    await resetTopology(options(target, true))
    await runToEnd()
    expect(await outputCount()).toBe(records)
  })

  test('to offsets takes those given and the start of the others; wrong ones are refused with what is there', async () => {
    await place.produce('orders', orders)
    await runToEnd()
    const [end = 0] = await place.log.admin.offsets([{ topic: 'orders', partition: 1 }], 'latest')
    const to = (partition: number, offset: number, topic = 'orders'): ResetTarget => ({
      to: 'offsets',
      offsets: [{ topic, partition, offset }],
    })
    await expect(planReset(options(to(1, end + 1)))).rejects.toThrow(
      new RegExp(`TOPOLOGY_RESET_OFFSET: orders-1 has offsets 0 to ${end}, not ${end + 1}`),
    )
    await expect(planReset(options(to(0, 0, 'tea')))).rejects.toThrow(/tea-0 is no input/)
    await resetTopology(options(to(1, end), true))
    await runToEnd()
    expect(await outputCount()).toBe(orders.length - end)
  })
})

test('status and diff know what ran, what waits and what would not fit', async () => {
  const status = () => topologyStatus(place.log, topology, APP)
  expect(await status()).toMatchObject({ running: false, tasks: 6, lag: null, version: null })
  await place.produce('orders', orders)
  const streams = await start()
  await caughtUp(streams)
  expect(await status()).toMatchObject({ running: true, lag: 0, version: '1.0.0' })
  await streams.close()
  await place.produce('orders', orders)
  expect(await status()).toMatchObject({ running: false, members: [], lag: orders.length })

  expect(await diffWithDeployed(place.log, topology, APP)).toEqual({
    deployed: '1.0.0',
    verdict: 'compatible',
    changes: [],
  })
  const wider = repartitionedSumTopology(5)
  expect(await diffWithDeployed(place.log, wider, APP)).toMatchObject({
    verdict: 'needs-reset',
    changes: expect.arrayContaining([
      expect.objectContaining({ name: 'by-group-repartition', verdict: 'needs-reset' }),
      expect.objectContaining({ name: 'totals-changelog', verdict: 'needs-reset' }),
    ]),
  })
  await place.log.admin.deleteTopics(['orders'])
  expect(await diffWithDeployed(place.log, topology, APP)).toMatchObject({ verdict: 'refused' })
})

test('a store rebuilt from its changelog equals the one that runs, and follows it', async () => {
  await place.produce('orders', orders)
  const streams = await start()
  await caughtUp(streams)
  const common = { log: place.log, applicationId: APP, directory: 'changelog' }
  const rebuilt = await openChangelogStore({
    ...common,
    spec: totalsSpec,
    stores: createStoreBackend(memoryEngine()),
  })
  const digests = () =>
    rebuilt.parts.map(({ partition, store }) => ({ partition, ...store.digest() }))
  const live = () =>
    streams
      .checksum('totals')
      .map(({ partition, entries, digest }) => ({ partition, entries, digest }))
  expect(digests()).toEqual(live())
  await place.produce('orders', orders)
  await caughtUp(streams)
  expect(digests()).not.toEqual(live())
  expect(await rebuilt.catchUp()).toBe(true)
  expect(digests()).toEqual(live())
  expect(await rebuilt.catchUp()).toBe(false)
  await rebuilt.close()
  await streams.close()
  const spec = { ...totalsSpec, name: 'tea' }
  await expect(openChangelogStore({ ...common, spec, stores })).rejects.toThrow(
    /^STORE_WITHOUT_CHANGELOG/,
  )
})
