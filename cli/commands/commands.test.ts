import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { noMetrics, silentLogger } from '#streams'
import { openLog } from '../start/open-log.ts'
import { type OrionProcess, orion, runOrion } from '../testing/run-orion.ts'
import { FREE_PORTS } from '../testing/use-orion.ts'

vi.setConfig({ testTimeout: 180_000, hookTimeout: 300_000 })

const RAW = 'dev.marketdata.raw.v1'
const TICKS = 'dev.marketdata.ticks.v1'
const DLQ = 'dev.dlq.market-data.v1'
const START_MS = Date.UTC(2026, 2, 2, 9)
const SIMULATION = [
  '--seed',
  '5',
  '--start-time',
  '2026-03-02T09:00:00Z',
  '--rate',
  '100',
  '--instruments',
  '8',
  '--ticks',
  '600',
  '--speed',
  'max',
]

let dataDir: string

beforeAll(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'orion-commands-'))
  await toItsEnd(runOrion(['start', '--data-dir', dataDir, ...FREE_PORTS, ...SIMULATION]))
  await produceGarbage()
  const again = runOrion(['start', '--data-dir', dataDir, ...FREE_PORTS, '--feed', 'none'])
  await again.ready()
  await vi.waitFor(async () => expect(await lines('dlq', 'list')).toHaveLength(1), {
    timeout: 60_000,
  })
  again.kill('SIGTERM')
  await toItsEnd(again)
})
afterAll(() => rmSync(dataDir, { recursive: true, force: true }))

describe.each([
  ['beside a running process', true],
  ['without a running process', false],
])('%s', (_name, beside) => {
  let running: OrionProcess | undefined
  beforeAll(async () => {
    if (!beside) return
    running = runOrion(['start', '--data-dir', dataDir, ...FREE_PORTS, '--feed', 'none'])
    await running.ready()
  })
  afterAll(async () => {
    if (running === undefined) return
    running.kill('SIGTERM')
    await toItsEnd(running)
  })

  test('topics list counts the records of each topic, as a table and as JSON', async () => {
    const topics = await lines('topics', 'list')
    expect(topics.find(({ topic }) => topic === DLQ)).toEqual({
      topic: DLQ,
      partitions: 4,
      cleanup: 'delete',
      records: 1,
    })
    const { stdout } = await succeed('topics', 'list')
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
    expect(records).toBeGreaterThanOrEqual(600)
  })

  test('topics create makes a topic once', async () => {
    const topic = beside ? 'dev.test.beside.v1' : 'dev.test.without.v1'
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

  if (!beside)
    test('topics tail without a running process ends at the end of the log', async () => {
      const all = await lines('topics', 'tail', TICKS, '--from', 'earliest', '--no-follow')
      expect(await lines('topics', 'tail', TICKS, '--from', 'earliest')).toEqual(all)
      expect(await lines('topics', 'tail', TICKS)).toEqual([])
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
    expect(all).toHaveLength(8)
    const [first] = all
    const key = String(first?.['key'])
    expect(await lines('store', 'get', 'snapshots', 'snapshots', key)).toEqual([first])
    expect(
      await lines('store', 'range', 'snapshots', 'snapshots', '--from', key, '--to', key),
    ).toEqual([first])
    expect(await lines('store', 'range', 'snapshots', 'snapshots', '-n', '3')).toHaveLength(3)

    const checksums = await lines('store', 'checksum', 'snapshots', 'snapshots')
    expect(checksums.map(({ partition }) => partition)).toEqual([0, 1, 2, 3])
    expect(checksums.reduce((sum, { entries }) => sum + Number(entries), 0)).toBe(8)
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
    expect((await succeed('dlq', 'list', '--service', 'bars')).stdout).toBe('no dead letters\n')
    expect(await lines('dlq', 'list', '--code', 'NONE')).toEqual([])
  })

  test('dlq replay tells what it would send, and sends nothing without --yes', async () => {
    const [told] = await lines('dlq', 'replay', '--source-topic', RAW)
    expect(told).toMatchObject({ topic: DLQ, to: `${RAW}-0`, outcome: 'would be sent' })
    expect((await succeed('dlq', 'replay')).stdout).toMatch(/nothing was sent: give --yes to send/)
  })

  test('token prints a JWT', async () => {
    expect((await succeed('token', '--user', 'quant')).stdout).toMatch(
      /^ey[\w-]+\.ey[\w-]+\.[\w-]+\n$/,
    )
    expect(await lines('token', '--user', 'quant')).toEqual([
      { token: expect.stringMatching(/^ey/) },
    ])
  })

  test('query and sink check need the running process, and say so', async () => {
    if (beside) {
      expect(
        (await succeed('query', 'SELECT 1 + 1 AS two', '--format', 'TSVWithNames')).stdout,
      ).toBe('two\n2\n')
      const [row] = await lines('query', 'SELECT count() AS rows FROM orion.ticks')
      expect(Number(row?.['rows'])).toBeGreaterThanOrEqual(600)
      expect((await lines('sink', 'check')).every(({ ok }) => ok)).toBe(true)
      expect(await refusal('query', 'SELECT nothing FROM orion.ticks')).toMatch(
        /^orion: QUERY_REFUSED: .*nothing.*Correct the query/,
      )
    } else {
      expect(await refusal('query', 'SELECT 1')).toMatch(
        /^orion: QUERY_NOT_RUNNING: .*Run orion start/,
      )
      expect(await refusal('sink', 'check')).toMatch(
        /^orion: SINK_NOT_HERE: .*Run it beside orion start/,
      )
    }
  })

  const REFUSED = [
    [
      ['topics', 'describe', 'no.such'],
      /TOPIC_UNKNOWN: there is no topic no\.such\. See orion topics list/,
    ],
    [['topics', 'tail', 'no.such'], /TOPIC_UNKNOWN/],
    [['store', 'list', 'tea'], /TOPOLOGY_UNKNOWN: .*Choose among market-data, snapshots, bars/],
    [
      ['store', 'get', 'snapshots', 'tea', 'k'],
      /STORE_UNKNOWN: .*Choose among snapshots, book-levels/,
    ],
    [['store', 'range', 'tea', 'tea'], /TOPOLOGY_UNKNOWN/],
    [['store', 'checksum', 'bars', 'tea'], /STORE_UNKNOWN/],
    [
      ['store', 'get', 'snapshots', 'snapshots', 'nobody'],
      /has no value for nobody\. Keys look like/,
    ],
    [['dlq', 'list', '--service', 'tea'], /DLQ_UNKNOWN_SERVICE: .*Choose among market-data/],
    [
      ['dlq', 'show', TICKS, '0', '0'],
      /DLQ_UNKNOWN_TOPIC: .*Choose among dev\.dlq\.market-data\.v1/,
    ],
    [['dlq', 'show', DLQ, '0', '999'], /there is no dead letter at .*See orion dlq list/],
    [['dlq', 'replay', DLQ, '0', '999'], /there is no dead letter at .*See orion dlq list/],
    [['dlq', 'replay', DLQ], /one dead letter is named by topic, partition and offset/],
    [['dlq', 'list', '--from', 'tea'], /It is no time/],
    [['token', '--user', 'nobody'], /IDENTITY_UNKNOWN_USER: .*Known users/],
  ] as const

  test.each(REFUSED)('orion %j is refused in one line with a remedy', async (args, message) => {
    expect(await refusal(...args)).toMatch(message)
  })
})

/** Rows of a command that prints JSON lines. */
async function lines(...args: string[]): Promise<Record<string, unknown>[]> {
  const { stdout } = await succeed(...args, '--json')
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line))
}

async function succeed(...args: readonly string[]) {
  const result = await orion(...args, '--data-dir', dataDir)
  expect(result.status, result.stderr).toBe(0)
  expect(result.stderr).toBe('')
  return result
}

/** The line on stderr of a command that fails. */
async function refusal(...args: readonly string[]): Promise<string> {
  const { status, stdout, stderr } = await orion(...args, '--data-dir', dataDir)
  expect(status, stdout).toBe(1)
  expect(stderr).toMatch(/^orion: [^\n]+\n$/)
  return stderr
}

async function toItsEnd(process: OrionProcess): Promise<void> {
  expect(await process.ended(), process.logs.slice(-3).join('\n')).toBe(0)
}

async function produceGarbage(): Promise<void> {
  const log = await openLog({ dataDir }, { logger: silentLogger, metrics: noMetrics })
  try {
    const producer = await log.createProducer({ clientId: 'garbage' })
    const [key, value] = [Buffer.from('platform|GARBAGE'), Buffer.from('no Avro')]
    await producer.send([
      { topic: RAW, partition: 0, records: [{ key, value, timestampMs: START_MS }] },
    ])
    await producer.close()
  } finally {
    await log.close()
  }
}
