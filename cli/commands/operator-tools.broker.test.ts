import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { brokerForTests } from '#cli/kafka/broker-for-tests'
import { commandsOn } from '../testing/commands.ts'
import { openPlatform, type Platform } from '../testing/platform.ts'

const { brokers = [], missing } = await brokerForTests()
const STORE = ['snapshots', 'snapshots']
const EQUAL = ['equal', 'equal', 'equal', 'equal']

let dataDir: string
let env: string
let platform: Platform
const { lines, succeed, refusal } = commandsOn(() => [
  ...['--data-dir', dataDir, '--env', env, '--brokers', brokers.join(',')],
])

beforeEach(async () => {
  if (brokers.length === 0) return
  dataDir = mkdtempSync(join(tmpdir(), 'orion-tools-'))
  env = `t${randomUUID().slice(0, 8)}`
  platform = await openPlatform({ dataDir, env, brokers: brokers.join(',') })
})
afterEach(async () => {
  if (brokers.length === 0) return
  const { admin } = platform.log
  const own = (await admin.listTopics()).filter(
    (topic) => topic.startsWith(`${env}.`) || topic.startsWith(`orion-${env}-`),
  )
  await admin.deleteTopics(own)
  await platform.close()
  rmSync(dataDir, { recursive: true, force: true })
})

test.skipIf(brokers.length === 0)(
  `the operator's commands work with --brokers, beside instances that run elsewhere and without${missing}`,
  async () => {
    const { log, topics } = platform
    await platform.feed({ ticks: 60, startTimeMs: Date.UTC(2026, 2, 2, 9) })
    const producer = await log.createProducer({ clientId: 'garbage' })
    const garbage = {
      key: Buffer.from('platform|X'),
      value: Buffer.from('no Avro'),
      timestampMs: 1,
    }
    await producer.send([{ topic: topics.marketdata.raw.name, partition: 0, records: [garbage] }])
    await producer.close()

    const running = await platform.run('market-data', 'snapshots')
    expect(await refusal('topology', 'reset', 'snapshots', '--yes')).toMatch(
      /TOPOLOGY_RUNNING: instances of orion-\w+-snapshots are running: \S+.*Stop them all/,
    )
    await running.closeAtEnd()
    const before = await platform.stores('market-data', 'snapshots')

    expect((await lines('topology', 'list')).slice(0, 3)).toMatchObject([
      { topology: 'market-data', state: 'stopped', tasks: 4, lag: 0 },
      { topology: 'snapshots', state: 'stopped', tasks: 4, lag: 0 },
      { topology: 'bars', deployed: null },
    ])
    expect(await lines('topology', 'diff', 'snapshots')).toMatchObject([{ verdict: 'compatible' }])
    const copied = await lines('store', 'checksum', ...STORE, '--from-changelog')
    expect(
      copied.map(
        ({ partition, entries, digest }) => `snapshots/snapshots-${partition} ${entries} ${digest}`,
      ),
    ).toEqual(before.filter((line) => line.startsWith('snapshots/snapshots-')))
    const compared = await lines('store', 'checksum', ...STORE, '--compare')
    expect(compared.map(({ result }) => result)).toEqual(EQUAL)
    expect(await lines('dlq', 'list')).toMatchObject([{ topic: topics.dlq['market-data'].name }])
    expect((await lines('topology', 'replay', 'market-data')).at(-1)).toEqual({
      row: 'result',
      mode: 'exact',
      isEqual: true,
    })

    expect(await succeed('topology', 'reset', 'snapshots', '--yes')).toMatch(
      /snapshots begins anew at its next start\n$/,
    )
    expect(await refusal('store', 'checksum', ...STORE, '--from-changelog')).toMatch(
      /STORE_WITHOUT_CHANGELOG/,
    )
    await (await platform.run('snapshots')).closeAtEnd()
    expect(await platform.stores('market-data', 'snapshots')).toEqual(before)
  },
)
