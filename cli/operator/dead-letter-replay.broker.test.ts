import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { noMetrics, silentLogger, systemClock } from '#streams'
import { openKafkaLog } from '#streams/log'
import { brokerForTests } from '../kafka/broker-for-tests.ts'
import { openDeadLetterLog, putDeadLetters } from '../testing/dead-letter-log.ts'
import { replayDeadLetters } from './dead-letter-replay.ts'
import { DeadLetters } from './dead-letters.ts'
import { partitionsOf, readRecords } from './topic-reading.ts'

const { brokers = [], missing } = await brokerForTests()

async function all<T>(rows: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = []
  for await (const row of rows) found.push(row)
  return found
}

test.skipIf(brokers.length === 0)(
  `on a broker, dead letters are replayed once, and a second operator takes over${missing}`,
  async () => {
    const directory = mkdtempSync(join(tmpdir(), 'orion-dlq-'))
    const env = `t${randomUUID().slice(0, 8)}`
    const on = await openKafkaLog({
      brokers,
      clientId: 'dlq-test',
      logger: silentLogger,
      metrics: noMetrics,
      clock: systemClock,
    })
    const place = await openDeadLetterLog(directory, { env, on })
    try {
      await putDeadLetters(place, [{}, {}])
      const { log, topics } = place
      const letters = new DeadLetters(log, topics)
      const options = { log, env, send: true, nowMs: () => 0, operator: 'test' }
      const outcomes = async () =>
        (await all(replayDeadLetters(letters.entries({}), options))).map(({ outcome }) => outcome)
      let other: string[] = []
      async function* overtaken() {
        yield* letters.entries({})
        other = await outcomes()
      }
      await expect(all(replayDeadLetters(overtaken(), options))).rejects.toThrow(
        /DLQ_REPLAY_FENCED/,
      )
      expect(other).toEqual(['sent', 'sent'])
      expect(await outcomes()).toEqual(['was sent before', 'was sent before'])
      const from = (await partitionsOf(log, topics.marketdata.raw.name)).map((one) => ({
        ...one,
        offset: 0,
      }))
      const records = await all(readRecords(log, 'test', { from, until: 'end' }))
      expect(records.map(({ record }) => String(record.value))).toEqual(['value-0', 'value-1'])
    } finally {
      await place.close()
      rmSync(directory, { recursive: true, force: true })
    }
  },
  60_000,
)
