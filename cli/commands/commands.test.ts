import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { commandsOn } from '../testing/commands.ts'
import { DLQ, feedWithGarbage, readingCommands, TICKS } from '../testing/reading-commands.ts'

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

let dataDir: string
const commands = commandsOn(() => ['--data-dir', dataDir])
const { lines, refusal } = commands
beforeAll(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'orion-commands-'))
  await feedWithGarbage(dataDir, { processed: true })
})
afterAll(() => rmSync(dataDir, { recursive: true, force: true }))

readingCommands(commands)

test('topics tail without a running process ends at the end of the log', async () => {
  const all = await lines('topics', 'tail', TICKS, '--from', 'earliest', '--no-follow')
  expect(await lines('topics', 'tail', TICKS, '--from', 'earliest')).toEqual(all)
  expect(await lines('topics', 'tail', TICKS)).toEqual([])
})

const REFUSED = [
  [['query', 'SELECT 1'], /QUERY_NOT_RUNNING: .*Run orion start/],
  [['sink', 'check'], /SINK_NOT_HERE: .*Run it beside orion start/],
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
  [['dlq', 'show', TICKS, '0', '0'], /DLQ_UNKNOWN_TOPIC: .*Choose among dev\.dlq\.market-data\.v1/],
  [['dlq', 'show', DLQ, '0', '999'], /there is no dead letter at .*See orion dlq list/],
  [['dlq', 'replay', DLQ, '0', '999'], /there is no dead letter at .*See orion dlq list/],
  [['dlq', 'replay', DLQ], /one dead letter is named by topic, partition and offset/],
  [['dlq', 'list', '--from', 'tea'], /It is no time/],
  [['token', '--user', 'nobody'], /IDENTITY_UNKNOWN_USER: .*Known users/],
] as const

test.each(REFUSED)('orion %j is refused in one line with a remedy', async (args, message) => {
  expect(await refusal(...args)).toMatch(message)
})
