import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { missingForBrokerProcesses } from '#cli/kafka/broker-for-tests'
import { type Blow, planBlows } from './blows.ts'
import { BrokerCluster } from './broker-cluster.ts'
import { FREEZE_MS, INSTANCES, type RoundResult, runRound } from './round.ts'
import { scenarios } from './scenarios.ts'

vi.setConfig({ testTimeout: 300_000, hookTimeout: 120_000 })

const missing = await missingForBrokerProcesses()
const SEED = Number(process.env['ORION_TEST_SEED'] ?? 20_261_121)

const name = `three real brokers${missing === undefined ? '' : ` (skipped: ${missing})`}`
describe.skipIf(missing !== undefined)(name, () => {
  let cluster: BrokerCluster | undefined

  beforeAll(async () => {
    cluster = await BrokerCluster.start()
  })

  afterAll(() => cluster?.close())

  async function strike(seed: number, blows: readonly Blow[]): Promise<RoundResult> {
    if (cluster === undefined) throw new Error('no cluster')
    return runRound({
      ...{ cluster, seed, blows },
      ...{ ordersPerSecond: 100, partitions: 2, lingerMs: 1_000, onProgress: () => {} },
    })
  }

  test(`instances and a broker killed in the order of seed ${SEED}: nothing is lost or doubled, stores are equal`, async () => {
    const instances = { instances: INSTANCES, brokers: 3, freezeMs: FREEZE_MS }
    const blows = planBlows({ seed: SEED, kills: 7, brokerKills: 1, freezes: 1, ...instances })
    const { verdict, orders } = await strike(SEED, blows)
    expect(verdict).toEqual({ lost: 0, duplicated: 0, storesDifferent: 0, faults: [] })
    expect(orders).toBeGreaterThan(50)
  })

  test('all brokers gone for a moment: processing resumes by itself', async () => {
    const blows = scenarios(4_000)['all-brokers-gone'] ?? []
    expect(blows.length).toBe(1)
    const { verdict, ordersDoneUnderBlows } = await strike(SEED + 1, blows)
    expect(ordersDoneUnderBlows).toBeGreaterThan(50)
    expect(verdict).toEqual({ lost: 0, duplicated: 0, storesDifferent: 0, faults: [] })
  })
})
