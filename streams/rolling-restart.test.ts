import { afterEach, expect, test } from 'vitest'
import { caughtUp } from './fixtures/app-harness.ts'
import {
  amountsFrom,
  ClusterHarness,
  undisturbed,
  valuesByKey,
} from './fixtures/cluster-harness.ts'
import { Restores } from './fixtures/restores.ts'
import { restartOneByOne } from './fixtures/rolling-restart.ts'
import { sumTopology, TimedSumProcessor } from './fixtures/sample-topology.ts'

const PARTITIONS = 6
const RECORDS = 6_000
const topology = sumTopology(() => new TimedSumProcessor())

let cluster: ClusterHarness | undefined

afterEach(async () => {
  await cluster?.close()
  cluster = undefined
})

test.each([
  { name: 'static members', isStatic: true, numStandbyReplicas: 0 },
  { name: 'members that leave, with a standby each', isStatic: false, numStandbyReplicas: 1 },
])(
  'a rolling restart of three instances under load restores nothing from zero: $name',
  async ({ isStatic, numStandbyReplicas }) => {
    const expected = await undisturbed(topology, PARTITIONS, amountsFrom(0, RECORDS), caughtUp)
    cluster = await ClusterHarness.open(topology, PARTITIONS, {
      // Less than the smallest state: whoever starts from nothing is not caught up.
      acceptableRecoveryLag: 3,
      batchRecordsMax: 50,
      pollRecordsMax: 200,
    })
    const restores = new Restores()
    await restartOneByOne({
      cluster,
      input: 'amounts',
      tasks: PARTITIONS,
      names: ['one', 'two', 'three'],
      isStatic,
      numStandbyReplicas,
      records: RECORDS,
      step: 250,
      restores,
    })
    expect(restores.fromZero).toEqual([])
    expect(await valuesByKey(cluster.place, 'totals')).toEqual(expected)
  },
)
