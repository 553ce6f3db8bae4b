import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { createSimulator, publishInstruments, runFeed } from '#feeds'
import { noMetrics, silentLogger, systemClock } from '#streams'
import { partitionFor } from '#streams/log'
import { expecting } from './expectation.ts'
import { openPlatform, streamsOf } from './platform.ts'
import { lagOf, partitionsOf, readTopic } from './read-topic.ts'
import { verify } from './verify.ts'

test('output is right only when each tick is there once', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'orion-bench-verify-'))
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }))
  const place = { directory, source: 'test', run: 'test' }
  const platform = await openPlatform(place)
  const { log, topics } = platform
  const { raw, ticks } = topics.marketdata
  const source = createSimulator({
    seed: 7,
    startTimeMs: Date.UTC(2026, 2, 2, 9),
    ticksPerSecond: 1_000,
    instruments: 5,
    ticks: 500,
    faults: { late: 0, crossed: 0, malformed: 0 },
  })
  const { expectation, watch } = expecting(source.instruments)
  await publishInstruments(log, topics.admin.instruments, source.instruments, {
    run: 'test',
    nowMs: 0,
  })
  await runFeed({
    env: 'test',
    source: { ...source, messages: () => watch(source.messages()) },
    log,
    topic: raw,
    speed: Number.POSITIVE_INFINITY,
    clock: systemClock,
    logger: silentLogger,
    metrics: noMetrics,
  }).done
  const streams = streamsOf(place, platform, 'market-data')
  await streams.start()
  await expect
    .poll(() => lagOf(log, 'orion-test-market-data', partitionsOf(raw)), { timeout: 20_000 })
    .toBe(0)
  await streams.close()

  expect(await verify(log, topics, expectation, ['ticks'])).toMatchObject({
    faults: [],
    records: { ticks: 505 },
  })

  let again: { readonly key: Uint8Array; readonly value: Uint8Array } | undefined
  let instrument = ''
  await readTopic(log, ticks, ({ eventType }, key, record) => {
    if (eventType !== 'MarketTickReceived' || record.key === null || record.value === null) return
    again = { key: record.key, value: record.value }
    instrument = key.slice(key.indexOf('|') + 1)
  })
  if (again === undefined) throw new Error('there are no ticks')
  const producer = await log.createProducer({ clientId: 'test' })
  const partition = partitionFor(again.key, ticks.entry.partitions)
  await producer.send([{ topic: ticks.name, partition, records: [{ ...again, timestampMs: 0 }] }])
  await producer.close()
  const { faults } = await verify(log, topics, expectation, ['ticks'])
  const ticksOf = expectation[instrument]?.ticks ?? 0
  expect(faults).toContain(`${instrument} ticks: ${ticksOf + 1} instead of ${ticksOf}`)
  await platform.close()
})
