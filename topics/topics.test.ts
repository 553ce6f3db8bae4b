import { describe, expect, test } from 'vitest'
import { openEmbeddedRegistry, type TicksEnvelope } from '#avro'
import {
  allTopics,
  CATALOGUE,
  newTopics,
  openTopics,
  parseRecordKey,
  prepareTopics,
  recordKey,
  topicName,
} from './index.ts'

const registry = openEmbeddedRegistry()
const topics = openTopics({ env: 'dev', registry })
const GIB = 1024 ** 3

// stream, partitions, cleanup, bytes of one partition when all topics together may take 4 GiB (shares of 4 partitions, by hand)
const EXPECTED = `
  dev.admin.instruments.v1            4  compact  10737418
  dev.admin.venues.v1                 1  compact  10737418
  dev.admin.lps.v1                    1  compact  10737418
  dev.admin.limits.v1                 1  compact  10737418
  dev.admin.flags.v1                  1  compact  10737418
  dev.admin.changes.v1                1  delete   21474836
  dev.marketdata.raw.v1               4  delete   225485783
  dev.marketdata.ticks.v1             4  delete   257698037
  dev.marketdata.snapshots.v1         4  compact  128849018
  dev.marketdata.status.v1            4  compact  10737418
  dev.marketdata.bars.v1              4  delete   96636764
  dev.marketdata.marks.v1             4  compact  21474836
  dev.rfq.commands.v1                 4  delete   10737418
  dev.rfq.lifecycle.v1                4  delete   42949672
  dev.rfq.quotes.v1                   4  delete   21474836
  dev.execution.trades.v1             4  delete   21474836
  dev.posttrade.confirmations.v1      4  delete   10737418
  dev.posttrade.settlement.v1         4  delete   10737418
  dev.risk.alerts.v1                  1  delete   21474836
  dev.risk.killswitch.v1              1  compact  10737418
  dev.analytics.tca.v1                4  compact  10737418
  dev.analytics.lp-metrics.v1         1  compact  10737418
  dev.notify.inbox.v1                 4  delete   10737418
  dev.ops.events.v1                   4  delete   21474836
  dev.ops.topologies.v1               4  compact  10737418
  dev.dlq.market-data.v1              4  delete   21474836
  dev.dlq.snapshots.v1                4  delete   10737418
  dev.dlq.bars.v1                     4  delete   10737418
  dev.dlq.sink.v1                     4  delete   10737418
  dev.dlq.rfq.v1                      1  delete   10737418
  dev.dlq.execution.v1                1  delete   10737418
  dev.dlq.post-trade.v1               1  delete   10737418
  dev.dlq.analytics.v1                1  delete   10737418
  dev.dlq.alerts.v1                   1  delete   10737418
`

test('the topics are those of the catalogue, bounded by size and never by time', () => {
  const created = newTopics(topics, { diskMaxBytes: 4 * GIB })
  const rows = created.map(({ topic, partitions, cleanup, retentionBytes }) =>
    [topic, partitions, cleanup, retentionBytes].join(' '),
  )
  expect(rows).toEqual(
    EXPECTED.trim()
      .split('\n')
      .map((row) => row.trim().replaceAll(/ +/g, ' ')),
  )
  expect(new Set(created.map(({ retentionMs }) => retentionMs))).toEqual(new Set([-1]))
})

test('the shares leave room for changelogs', () => {
  const shares = Object.values(CATALOGUE)
    .flatMap((group) => Object.values(group))
    .map(({ budgetPercent }) => budgetPercent)
  expect(shares.reduce((sum, share) => sum + share, 0)).toBeLessThanOrEqual(95)
})

test('a budget that leaves less than 1 MiB for a partition is refused with the least that would do', () => {
  expect(() => newTopics(topics, { diskMaxBytes: 100 * 1024 * 1024 })).toThrow(
    /TOPICS_BUDGET_TOO_SMALL.*Allow at least/,
  )
  expect(newTopics(topics, { diskMaxBytes: 419_430_400 })).toHaveLength(34)
})

describe('names', () => {
  test('are environment, stream and major version', () => {
    expect(topicName('prod-eu', 'marketdata.ticks', 2)).toBe('prod-eu.marketdata.ticks.v2')
    expect(topics.marketdata.ticks.name).toBe('dev.marketdata.ticks.v1')
    expect(topics.dlq['market-data'].name).toBe('dev.dlq.market-data.v1')
  })

  test.each(['', 'Dev', 'a.b', 'a|b', '-a'])('of the environment "%s" are refused', (env) => {
    expect(() => openTopics({ env, registry })).toThrow(/TOPICS_ENVIRONMENT_INVALID/)
  })
})

describe('record keys', () => {
  test('are tenant and entity, which may hold the separator', () => {
    expect(recordKey('platform', 'EURUSD.SIM')).toBe('platform|EURUSD.SIM')
    expect(parseRecordKey('demo|p-1|EURUSD.SIM')).toEqual({
      tenantId: 'demo',
      entityId: 'p-1|EURUSD.SIM',
    })
  })

  test.each(['', 'platform', '|x', 'platform|'])('like "%s" are refused', (key) => {
    expect(() => parseRecordKey(key)).toThrow(/TOPICS_KEY_MALFORMED/)
  })
})

test('prepared topics have their schemas registered, and write and read events', async () => {
  await prepareTopics(topics, registry)
  expect(registry.store.subjects({ deleted: false })).toEqual(
    allTopics(topics)
      .map(({ name }) => `${name}-value`)
      .sort(),
  )
  const { name, keySerde, valueSerde } = topics.marketdata.ticks
  const event: TicksEnvelope = {
    eventId: 'e',
    eventType: 'MarketHeartbeatReceived',
    eventVersion: 1,
    occurredAt: 1,
    producer: 'market-data',
    tenantId: 'platform',
    correlationId: 'c',
    causationId: 'r',
    entity: { entityType: 'instrument', entityId: 'A.SIM', sequence: 1 },
    payload: { instrumentId: 'A.SIM', source: 'sim', eventTimeMs: 1 },
  }
  expect(valueSerde.deserialize(name, valueSerde.serialize(name, event))).toEqual(event)
  expect(keySerde.deserialize(name, keySerde.serialize(name, 'platform|A.SIM'))).toBe(
    'platform|A.SIM',
  )
})

test('topics that one task reads side by side have as many partitions', () => {
  const { rfq, execution, posttrade } = CATALOGUE
  const sideBySide = [rfq.commands, rfq.quotes, rfq.lifecycle, execution.trades]
  expect(new Set(sideBySide.map(({ partitions }) => partitions)).size).toBe(1)
  expect(posttrade.confirmations.partitions).toBe(posttrade.settlement.partitions)
})
