import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { tradeConfirmed } from '../../gateway/fixtures/trade-events.ts'
import { connectOperator } from '../operator/control-client.ts'
import { commandsOn } from '../testing/commands.ts'
import { all, onPlatform } from '../testing/platform.ts'
import { DLQ, feedWithGarbage, readingCommands, TICKS_FED } from '../testing/reading-commands.ts'
import { type OrionProcess, orion, runOrion } from '../testing/run-orion.ts'
import { FREE_PORTS } from '../testing/use-orion.ts'

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

let dataDir: string
let running: OrionProcess
const commands = commandsOn(() => ['--data-dir', dataDir])
const { lines, succeed, refusal } = commands
beforeAll(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'orion-beside-'))
  await feedWithGarbage(dataDir, { processed: false })
  await confirmWithoutTrade(dataDir)
  running = runOrion(['start', '--data-dir', dataDir, ...FREE_PORTS, '--feed', 'none'])
  await running.ready()
  const operator = connectOperator(dataDir)
  await vi.waitFor(
    async () => {
      const topologies = await all(operator.topologyList({}))
      // Those of the RFQ chain have no input here, and so no position.
      const lags = topologies.map(({ lag }) => lag)
      expect(lags.slice(0, 3)).toEqual([0, 0, 0])
      expect(Math.max(...lags.map((lag) => lag ?? 0))).toBe(0)
      expect(await all(operator.dlqList({ limit: 10 }))).toHaveLength(1)
      expect((await all(operator.sinkCheck({}))).every(({ ok }) => ok)).toBe(true)
    },
    { timeout: 60_000, interval: 200 },
  )
})
afterAll(async () => {
  running.kill('SIGTERM')
  expect(await running.ended()).toBe(0)
  rmSync(dataDir, { recursive: true, force: true })
})

readingCommands(commands)

/** A break for the reconciliation. */
async function confirmWithoutTrade(directory: string): Promise<void> {
  await onPlatform({ dataDir: directory }, async ({ log, topics }) => {
    const { keySerde, name, valueSerde } = topics.posttrade.confirmations
    const event = tradeConfirmed('demo', 'T-LOST')
    const producer = await log.createProducer({ clientId: 'confirmation' })
    const key = keySerde.serialize(name, 'demo|T-LOST')
    const value = valueSerde.serialize(name, event)
    await producer.send([
      { topic: name, partition: 0, records: [{ key, value, timestampMs: event.occurredAt }] },
    ])
    await producer.close()
  })
}

test('reconcile asks the gateway of the running process, as a user', async () => {
  const { status, stdout } = await orion('reconcile', '--json', '--data-dir', dataDir)
  expect(status).toBe(1)
  expect(JSON.parse(stdout)).toMatchObject({
    unsettled: [],
    breaks: [{ kind: 'CONFIRMED_WITHOUT_TRADE', tradeId: 'T-LOST', amount: '1100210' }],
  })
  expect(await refusal('reconcile', '--user', 'platform')).toMatch(
    /^orion: RECONCILE_REFUSED: .* 403: .*--user/,
  )
})

test('query and sink check ask the running process', async () => {
  expect(await succeed('query', 'SELECT 1 + 1 AS two', '--format', 'TSVWithNames')).toBe('two\n2\n')
  const [row] = await lines('query', 'SELECT count() AS rows FROM orion.ticks')
  expect(Number(row?.['rows'])).toBeGreaterThanOrEqual(TICKS_FED)
  expect((await lines('sink', 'check')).every(({ ok }) => ok)).toBe(true)
  expect(await refusal('query', 'SELECT nothing FROM orion.ticks')).toMatch(
    /^orion: QUERY_REFUSED: .*nothing.*Correct the query/,
  )
})

const REFUSED = [
  [['topics', 'tail', 'no.such'], /TOPIC_UNKNOWN: .*See orion topics list/],
  [['store', 'get', 'snapshots', 'tea', 'k'], /STORE_UNKNOWN: .*Choose among/],
  [['dlq', 'show', DLQ, '0', '999'], /there is no dead letter at .*See orion dlq list/],
] as const

test.each(REFUSED)('orion %j is refused through the socket in one line', async (args, message) => {
  expect(await refusal(...args)).toMatch(message)
})
