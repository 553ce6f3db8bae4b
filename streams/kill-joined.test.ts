import { expect, test } from 'vitest'
import { rocksdbEngine } from '#state-stores'
import { AppHarness } from './fixtures/app-harness.ts'
import { fillJoined, joinedOutputs } from './fixtures/joined-topology.ts'
import { runCalm, runKilled } from './fixtures/kill-joined.ts'

const INPUT = { partitions: 2, orders: 5_000 }
const KILLS = Number(process.env['ORION_TEST_KILLS'] ?? 5)

/** A data directory with all of the input on its log. */
async function filled(): Promise<AppHarness> {
  const place = await AppHarness.open(rocksdbEngine())
  await fillJoined(place, '', INPUT)
  await place.log.close()
  return place
}

test('windows, sessions, suppression and joins killed at random moments leave what an uninterrupted run leaves', async () => {
  const [calm, killed] = [await filled(), await filled()]
  try {
    const checksums = await runCalm([calm.directory])
    const run = await runKilled([killed.directory], {
      killsMax: KILLS,
      seed: 20_261_121,
      longestMs: 400,
    })
    expect(run.kills).toBeGreaterThan(2)
    expect(run.checksums).toEqual(checksums)
    const [expected, found] = [await calm.reopened(), await killed.reopened()]
    const outputs = await joinedOutputs(expected, '')
    for (const byKey of Object.values(outputs)) expect(Object.keys(byKey).length).toBeGreaterThan(5)
    expect(await joinedOutputs(found, '')).toEqual(outputs)
    await expected.log.close()
    await found.log.close()
  } finally {
    calm.remove()
    killed.remove()
  }
}, 240_000)
