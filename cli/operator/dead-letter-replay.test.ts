import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { LogRecord } from '#streams/log'
import {
  type DeadLetterLog,
  openDeadLetterLog,
  putDeadLetters,
} from '../testing/dead-letter-log.ts'
import { REPLAYED_FROM_HEADER, replayDeadLetters } from './dead-letter-replay.ts'
import { DeadLetterTools, type ReplayArgs } from './dead-letter-tools.ts'
import { DeadLetters } from './dead-letters.ts'
import { readRecords } from './topic-reading.ts'

const CHILD = fileURLToPath(new URL('../testing/replay-child.ts', import.meta.url))

let directory: string
let installation: DeadLetterLog | undefined

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'orion-dlq-'))
})
afterEach(async () => {
  await installation?.close()
  installation = undefined
  rmSync(directory, { recursive: true, force: true })
})

async function open(): Promise<DeadLetterLog> {
  installation = await openDeadLetterLog(directory)
  return installation
}

const toolsOf = ({ log, topics }: DeadLetterLog) => new DeadLetterTools({ env: 'dev', log, topics })

async function all<T>(rows: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = []
  for await (const row of rows) found.push(row)
  return found
}

async function outcomes(place: DeadLetterLog, args: Partial<ReplayArgs>): Promise<string[]> {
  const rows = await all(toolsOf(place).replay({ send: true, ...args }))
  return rows.map(({ offset, to, outcome }) => `${offset} ${to}: ${outcome}`)
}

/** What is on the topic of raw market data. */
async function raw({ log, topics }: DeadLetterLog): Promise<(LogRecord & { partition: number })[]> {
  const from = [0, 1].map((partition) => ({
    topic: topics.marketdata.raw.name,
    partition,
    offset: 0,
  }))
  const records = await all(readRecords(log, 'test', { from, until: 'end' }))
  return records.map(({ partition, record }) => ({ ...record, partition }))
}

test('a dry run sends nothing; a replay sends key, bytes and headers, and no dead letter twice', async () => {
  const place = await open()
  await putDeadLetters(place, [{}, {}])
  const to = 'dev.marketdata.raw.v1-1'
  expect(await outcomes(place, { send: false })).toEqual([
    `0 ${to}: would be sent`,
    `1 ${to}: would be sent`,
  ])
  expect(await raw(place)).toEqual([])
  expect(await outcomes(place, {})).toEqual([`0 ${to}: sent`, `1 ${to}: sent`])
  expect(await outcomes(place, {})).toEqual([
    `0 ${to}: was sent before`,
    `1 ${to}: was sent before`,
  ])
  const records = await raw(place)
  expect(records).toMatchObject([
    {
      partition: 1,
      timestampMs: 1_000,
      key: Buffer.from('demo|EURUSD'),
      value: Buffer.from('value-0'),
    },
    {
      partition: 1,
      timestampMs: 1_001,
      key: Buffer.from('demo|EURUSD'),
      value: Buffer.from('value-1'),
    },
  ])
  expect(records[0]?.headers.map(([name, value]) => [name, String(value)])).toEqual([
    ['trace', 't-0'],
    [REPLAYED_FROM_HEADER, 'dev.dlq.market-data.v1-0@0'],
  ])
})

test('dead letters are chosen by code, time, topic, tenant, correlation and place', async () => {
  const place = await open()
  await putDeadLetters(place, [
    { code: 'OTHER' },
    { topic: 'dev.gone.v1' },
    { key: Buffer.from('acme|EURUSD') },
    {},
  ])
  const [, , , last] = await all(new DeadLetters(place.log, place.topics).entries({}))
  const chosen = async (args: Partial<ReplayArgs>) =>
    (await outcomes(place, { send: false, ...args })).map((line) => Number(line.split(' ')[0]))
  expect(await chosen({ service: 'market-data' })).toEqual([0, 1, 2, 3])
  expect(await chosen({ service: 'bars' })).toEqual([])
  expect(await chosen({ code: 'OTHER' })).toEqual([0])
  expect(await chosen({ sourceTopic: 'dev.gone.v1' })).toEqual([1])
  expect(await chosen({ tenant: 'acme' })).toEqual([2])
  expect(await chosen({ fromMs: 3_001, toMs: 3_003 })).toEqual([1, 2])
  expect(await chosen({ correlationId: last?.event.correlationId ?? '' })).toEqual([3])
  expect(
    await chosen({ place: { topic: 'dev.dlq.market-data.v1', partition: 0, offset: 2 } }),
  ).toEqual([2])
  expect(await outcomes(place, { sourceTopic: 'dev.gone.v1' })).toEqual([
    '1 dev.gone.v1-1: its topic is gone',
  ])
})

test('show tells cause, attempts and headers, and the bytes in hex where no schema reads them', async () => {
  const place = await open()
  await putDeadLetters(place, [{}])
  const [letter] = await all(
    toolsOf(place).show({ topic: 'dev.dlq.market-data.v1', partition: 0, offset: 0 }),
  )
  expect(letter).toMatchObject({
    attempts: 6,
    firstFailedAt: '1970-01-01T00:00:02.000Z',
    lastFailedAt: '1970-01-01T00:00:03.000Z',
    consumerVersion: '1.2.3',
    stack: 'Error: unlucky\n    at somewhere',
    value: null,
    valueHex: Buffer.from('value-0').toString('hex'),
    headers: [{ name: 'trace', text: 't-0' }],
  })
})

test('a second replay fences the first, and nothing is sent twice', async () => {
  const place = await open()
  await putDeadLetters(place, [{}])
  const { log, topics } = place
  let other: string[] = []
  async function* overtaken() {
    yield* new DeadLetters(log, topics).entries({})
    other = await outcomes(place, {})
  }
  const options = { log, env: 'dev', send: true, nowMs: () => 0, operator: 'test' }
  await expect(all(replayDeadLetters(overtaken(), options))).rejects.toThrow(/DLQ_REPLAY_FENCED/)
  expect(other).toEqual(['0 dev.marketdata.raw.v1-1: sent'])
  expect(await raw(place)).toHaveLength(1)
})

for (const [dieAt, sent] of [
  ['before-commit', 0],
  ['after-commit', 1],
] as const) {
  test(`a replay that is killed ${dieAt} has sent ${sent}, and is finished by the next`, async () => {
    const before = await open()
    await putDeadLetters(before, [{}])
    await before.close()
    installation = undefined
    const child = spawn(process.execPath, [CHILD, directory, dieAt], { stdio: 'inherit' })
    expect((await once(child, 'close'))[1]).toBe('SIGKILL')
    const place = await open()
    expect(await raw(place)).toHaveLength(sent)
    const outcome = sent === 0 ? 'sent' : 'was sent before'
    expect(await outcomes(place, {})).toEqual([`0 dev.marketdata.raw.v1-1: ${outcome}`])
    expect(await raw(place)).toHaveLength(1)
  })
}
