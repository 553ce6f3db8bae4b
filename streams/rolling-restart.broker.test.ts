import { randomUUID } from 'node:crypto'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { brokerForTests } from '#cli/kafka/broker-for-tests'
import { rocksdbEngine } from '#state-stores'
import { systemClock } from './clock.ts'
import { AppHarness, caughtUp } from './fixtures/app-harness.ts'
import {
  amountsFrom,
  ClusterHarness,
  undisturbed,
  valuesByKey,
} from './fixtures/cluster-harness.ts'
import { Restores } from './fixtures/restores.ts'
import { restartOneByOne } from './fixtures/rolling-restart.ts'
import { renamed, sumTopology, TimedSumProcessor } from './fixtures/sample-topology.ts'
import { openKafkaLog } from './log/kafka/kafka-log.ts'
import { silentLogger } from './logger.ts'
import { noMetrics } from './metrics.ts'

const { brokers = [], missing } = await brokerForTests()
const PARTITIONS = 4
const RECORDS = 4_000

let cluster: ClusterHarness | undefined

afterEach(async () => {
  await cluster?.close()
  cluster = undefined
})

describe.skipIf(brokers.length === 0)(`on a real broker${missing}`, () => {
  test.each([
    { name: 'static members', isStatic: true, numStandbyReplicas: 0 },
    { name: 'members that leave, with a standby each', isStatic: false, numStandbyReplicas: 1 },
  ])(
    'a rolling restart of two instances under load restores nothing from zero: $name',
    async ({ isStatic, numStandbyReplicas }) => {
      const plain = sumTopology(() => new TimedSumProcessor())
      const expected = await undisturbed(plain, PARTITIONS, amountsFrom(0, RECORDS), caughtUp)
      const log = await openKafkaLog({
        brokers,
        clientId: 'rolling-restart-test',
        logger: silentLogger,
        metrics: noMetrics,
        clock: systemClock,
        retryForMs: 20_000,
      })
      const directory = mkdtempSync(join(tmpdir(), 'orion-streams-'))
      const place = new AppHarness(log, rocksdbEngine(), directory)
      const { topology, topic } = renamed(plain, randomUUID().slice(0, 8))
      cluster = new ClusterHarness(place, topology, { acceptableRecoveryLag: 3 })
      await place.createTopics(PARTITIONS, topic('amounts'), topic('totals'))
      const restores = new Restores()
      await restartOneByOne({
        cluster,
        input: topic('amounts'),
        tasks: PARTITIONS,
        names: ['one', 'two'],
        isStatic,
        numStandbyReplicas,
        records: RECORDS,
        step: 100,
        restores,
      })
      expect(restores.fromZero).toEqual([])
      expect(await valuesByKey(place, topic('totals'))).toEqual(expected)
    },
  )
})
