import { join } from 'node:path'
import { afterAll, afterEach, expect, test } from 'vitest'
import { rocksdbEngine } from '#state-stores'
import { systemClock } from './clock.ts'
import { AppHarness, caughtUp } from './fixtures/app-harness.ts'
import { sumTopology } from './fixtures/sample-topology.ts'
import { mountSmallDisk } from './fixtures/small-disk.ts'
import { openEmbeddedLog } from './log/embedded/embedded-log.ts'
import { silentLogger } from './logger.ts'
import { noMetrics } from './metrics.ts'

const BYTES = 96 * 1024 * 1024
const mounted = mountSmallDisk(BYTES)
const disk = 'missing' in mounted ? undefined : mounted
const missing = 'missing' in mounted ? mounted.missing : ''

let place: AppHarness | undefined

afterEach(async () => {
  await place?.close()
  place = undefined
})

afterAll(() => disk?.close())

const REMEDY = {
  code: 'STORE_IO_FAILED',
  remedy: expect.stringMatching(/free space.*nothing committed is lost/),
}

test.skipIf(disk === undefined)(
  `state on a full disk: the application stops with the remedy, and with room again it counts everything once${missing}`,
  async () => {
    if (disk === undefined) throw new Error('no disk')
    place = await AppHarness.open(rocksdbEngine())
    await place.createTopics(1, 'amounts', 'totals')
    const options = { directory: join(disk.directory, 'state'), recordCacheBytesMax: 0 }
    const streams = await place.start(sumTopology(), options)
    const ended = new Promise<void>((resolve) => {
      streams.onStateChange((state) => {
        if (state === 'ERROR') resolve()
      })
    })
    disk.fill(256 * 1024)
    const amounts = Array.from({ length: 20_000 }, (_, index) => ({
      key: `key-${index}-${'x'.repeat(500)}`,
      value: 1,
    }))
    await place.produce('amounts', amounts)
    await ended
    expect(streams.error()).toMatchObject(REMEDY)
    await streams.close()
    disk.empty()
    const again = await place.start(sumTopology(), options)
    await caughtUp(again)
    const [totals] = again.checksum('totals')
    expect(totals?.entries).toBe(amounts.length)
    // Each key's only total, once: what was written before the disk was full is not written again.
    const outputs = await place.keyValues('totals')
    expect(outputs.length).toBe(amounts.length)
    expect(new Set(outputs.map(([key]) => key)).size).toBe(amounts.length)
    expect(outputs.every(([, value]) => value === '1')).toBe(true)
  },
)

test.skipIf(disk === undefined)(
  `the log on a full disk: a send fails with the remedy, and what was acknowledged is there with room again${missing}`,
  async () => {
    if (disk === undefined) throw new Error('no disk')
    const open = () =>
      openEmbeddedLog({
        engine: rocksdbEngine(),
        directory: join(disk.directory, 'log'),
        clock: systemClock,
        logger: silentLogger,
        metrics: noMetrics,
      })
    const first = await open()
    await first.admin.createTopics([
      { topic: 't', partitions: 1, cleanup: 'delete', retentionMs: -1, retentionBytes: -1 },
    ])
    const producer = await first.createProducer({ clientId: 'full' })
    disk.fill(512 * 1024)
    let acknowledged = 0
    const record = { key: null, value: Buffer.alloc(10_000), timestampMs: 0 }
    const sendOn = async () => {
      for (;;) {
        await producer.send([{ topic: 't', partition: 0, records: [record] }])
        acknowledged += 1
      }
    }
    await expect(sendOn()).rejects.toMatchObject(REMEDY)
    expect(acknowledged).toBeGreaterThan(0)
    await first.close().catch(() => {})
    disk.empty()
    const again = await open()
    const [end = 0] = await again.admin.offsets([{ topic: 't', partition: 0 }], 'latest')
    expect(end).toBe(acknowledged)
    await again.close()
  },
)
