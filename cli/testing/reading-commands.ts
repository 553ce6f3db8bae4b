import { expect, test } from 'vitest'
import type { Commands } from './commands.ts'
import { onPlatform } from './platform.ts'

const RAW = 'dev.marketdata.raw.v1'
export const TICKS = 'dev.marketdata.ticks.v1'
export const DLQ = 'dev.dlq.market-data.v1'
export const TICKS_FED = 200
const START_MS = Date.UTC(2026, 2, 2, 9)

/** A market on the log, and one message that cannot be read; with `processed` also all that the topologies make of it. */
export async function feedWithGarbage(
  dataDir: string,
  { processed }: { readonly processed: boolean },
): Promise<void> {
  await onPlatform({ dataDir }, async ({ feed, log, run }) => {
    await feed({ ticks: TICKS_FED, startTimeMs: START_MS })
    const producer = await log.createProducer({ clientId: 'garbage' })
    const [key, value] = [Buffer.from('platform|GARBAGE'), Buffer.from('no Avro')]
    await producer.send([
      { topic: RAW, partition: 0, records: [{ key, value, timestampMs: START_MS }] },
    ])
    await producer.close()
    if (processed) await (await run()).closeAtEnd()
  })
}

/** What commands tell of an installation, beside a running process and without one. */
export function readingCommands({ lines, succeed }: Commands): void {
  test('topics list counts the records of each topic, as a table and as JSON', async () => {
    const topics = await lines('topics', 'list')
    expect(topics.find(({ topic }) => topic === DLQ)).toEqual({
      topic: DLQ,
      partitions: 4,
      cleanup: 'delete',
      records: 1,
    })
    const stdout = await succeed('topics', 'list')
    expect(stdout).toMatch(/^topic +partitions +cleanup +records\n/)
    expect(stdout).toMatch(/^dev\.marketdata\.snapshots\.v1 +4 +compact +\d+$/m)
  })

  test('topics describe gives offsets of each partition', async () => {
    const partitions = await lines('topics', 'describe', TICKS)
    expect(partitions.map(({ partition }) => partition)).toEqual([0, 1, 2, 3])
    const records = partitions.reduce(
      (sum, one) => sum + Number(one['latest']) - Number(one['earliest']),
      0,
    )
    expect(records).toBeGreaterThanOrEqual(TICKS_FED)
  })

  test('topics create makes a topic once', async () => {
    const topic = 'dev.test.made.v1'
    expect(
      await lines('topics', 'create', topic, '--partitions', '2', '--cleanup', 'compact'),
    ).toEqual([{ topic, created: true }])
    expect(
      await lines('topics', 'create', topic, '--partitions', '2', '--cleanup', 'compact'),
    ).toEqual([{ topic, created: false }])
    expect(await lines('topics', 'describe', topic)).toHaveLength(2)
  })

  test('topics tail prints decoded values from the earliest on, as many as asked for', async () => {
    const records = await lines('topics', 'tail', TICKS, '--from', 'earliest', '-n', '5')
    expect(records).toHaveLength(5)
    for (const record of records)
      expect(record).toMatchObject({
        key: expect.stringMatching(/^platform\|/),
        value: { eventType: expect.stringMatching(/^Market/), tenantId: 'platform' },
      })
  })

  test('topics tail starts at a time, and from the latest there is nothing without waiting', async () => {
    const fromMs = START_MS + 3_000
    const all = await lines('topics', 'tail', TICKS, '--from', 'earliest', '--no-follow')
    const later = await lines('topics', 'tail', TICKS, '--from', String(fromMs), '--no-follow')
    expect(later.length).toBeGreaterThan(0)
    expect(later.length).toBeLessThan(all.length)
    expect(
      await lines('topics', 'tail', TICKS, '--from', '2026-03-02T09:00:03Z', '--no-follow'),
    ).toEqual(later)
    expect(await lines('topics', 'tail', TICKS, '--from', 'latest', '--no-follow')).toEqual([])
  })

  test('topics tail shows what cannot be decoded as it is', async () => {
    const records = await lines('topics', 'tail', RAW, '--from', 'earliest', '--no-follow')
    const garbage = records.filter(({ value }) => 'undecodable' in Object(value))
    expect(garbage).toEqual([
      expect.objectContaining({
        key: 'platform|GARBAGE',
        value: expect.objectContaining({ base64: Buffer.from('no Avro').toString('base64') }),
      }),
    ])
  })

  test('store list, get, range and checksum read the stores of the topologies', async () => {
    const stores = await lines('store', 'list')
    expect(stores).toContainEqual({
      topology: 'snapshots',
      store: 'snapshots',
      kind: 'key-value',
      partitions: 4,
    })
    expect(stores).toContainEqual({
      topology: 'snapshots',
      store: 'book-levels',
      kind: 'key-value',
      partitions: 4,
    })
    expect(
      (await lines('store', 'list', 'bars')).every(({ topology }) => topology === 'bars'),
    ).toBe(true)

    const all = await lines('store', 'range', 'snapshots', 'snapshots')
    expect(all).toHaveLength(6)
    const [first] = all
    const key = String(first?.['key'])
    expect(await lines('store', 'get', 'snapshots', 'snapshots', key)).toEqual([first])
    expect(
      await lines('store', 'range', 'snapshots', 'snapshots', '--from', key, '--to', key),
    ).toEqual([first])
    expect(await lines('store', 'range', 'snapshots', 'snapshots', '-n', '3')).toHaveLength(3)

    const checksums = await lines('store', 'checksum', 'snapshots', 'snapshots')
    expect(checksums.map(({ partition }) => partition)).toEqual([0, 1, 2, 3])
    expect(checksums.reduce((sum, { entries }) => sum + Number(entries), 0)).toBe(6)
    for (const one of checksums)
      expect(Object.keys(one).sort()).toEqual(['digest', 'entries', 'offset', 'partition', 'store'])
  })

  test('dlq list and show give the cause and the original bytes', async () => {
    const [letter] = await lines('dlq', 'list', '--service', 'market-data')
    expect(letter).toMatchObject({
      topic: DLQ,
      code: 'SERDE_DECODE_FAILED',
      source: expect.stringContaining(RAW),
    })
    const [whole] = await lines(
      'dlq',
      'show',
      DLQ,
      String(letter?.['partition']),
      String(letter?.['offset']),
    )
    expect(whole).toMatchObject({
      key: 'platform|GARBAGE',
      valueBase64: Buffer.from('no Avro').toString('base64'),
      remedy: expect.stringMatching(/\w/),
      consumer: 'market-data/feed-messages',
    })
    expect(await succeed('dlq', 'list', '--service', 'bars')).toBe('no dead letters\n')
    expect(await lines('dlq', 'list', '--code', 'NONE')).toEqual([])
  })

  test('dlq replay tells what it would send, and sends nothing without --yes', async () => {
    const [told] = await lines('dlq', 'replay', '--source-topic', RAW)
    expect(told).toMatchObject({ topic: DLQ, to: `${RAW}-0`, outcome: 'would be sent' })
    expect(await succeed('dlq', 'replay')).toMatch(/nothing was sent: give --yes to send/)
  })

  test('token prints a JWT', async () => {
    expect(await succeed('token', '--user', 'quant')).toMatch(/^ey[\w-]+\.ey[\w-]+\.[\w-]+\n$/)
    expect(await lines('token', '--user', 'quant')).toEqual([
      { token: expect.stringMatching(/^ey/) },
    ])
  })
}
