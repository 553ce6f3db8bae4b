import { afterEach, describe, expect, test } from 'vitest'
import { memoryEngine, rocksdbEngine } from '#state-stores'
import { type Amount, AppHarness, caughtUp } from './fixtures/app-harness.ts'
import { sumTopology, TimedSumProcessor } from './fixtures/sample-topology.ts'
import type { StoreEngine } from './store-engine.ts'
import type { Streams } from './streams.ts'
import type { StoreChecksum } from './streams-metadata.ts'
import { COMMIT_POINTS, type CommitPoint, type CommitProbe } from './task/commit-point.ts'

let harness: AppHarness | undefined

afterEach(async () => {
  await harness?.close()
  harness = undefined
})

const PARTITIONS = 3
const ROUNDS = 4
const topology = () => sumTopology(() => new TimedSumProcessor())

/** Round by round, so that several transactions are made of them. */
function round(index: number): Amount[] {
  return Array.from({ length: 120 }, (_, each) => ({
    key: `key-${each % 11}`,
    value: index * 1_000 + each,
    timestampMs: 1_000 + index * 240 + each * 2,
  }))
}

interface Outcome {
  /** Values by key, in order: each key is written by one task. */
  readonly outputs: Readonly<Record<string, readonly (string | undefined)[]>>
  readonly contents: readonly Pick<StoreChecksum, 'partition' | 'entries' | 'digest'>[]
}

async function outcome(place: AppHarness, streams: Streams): Promise<Outcome> {
  const outputs: Record<string, (string | undefined)[]> = {}
  for (const { key = '', value, timestampMs } of await place.read('totals')) {
    const values = outputs[key] ?? []
    outputs[key] = values
    values.push(`${value}@${timestampMs}`)
  }
  const contents = streams
    .checksum('totals')
    .map(({ partition, entries, digest }) => ({ partition, entries, digest }))
  return { outputs, contents }
}

async function uninterrupted(engine: StoreEngine): Promise<Outcome> {
  const place = await AppHarness.open(engine)
  await place.createTopics(PARTITIONS, 'amounts', 'totals')
  const streams = await place.start(topology())
  for (let index = 0; index < ROUNDS; index++) {
    await place.produce('amounts', round(index))
    await caughtUp(streams)
  }
  const result = await outcome(place, streams)
  await place.close()
  return result
}

/** Dies at the n-th passage of a point, and stays dead: nothing is committed after it. */
function dieAt(
  point: CommitPoint,
  passage: number,
): { readonly probe: CommitProbe; died: boolean } {
  let passages = 0
  const death = {
    died: false,
    probe: (at: CommitPoint) => {
      if (at === point && ++passages >= passage) death.died = true
      if (death.died) throw new Error(`died at ${at}`)
    },
  }
  return death
}

for (const engine of [memoryEngine, rocksdbEngine]) {
  describe(`exactly once on the ${engine().name} engine`, () => {
    for (const point of COMMIT_POINTS) {
      test(`dying ${point} leaves what an uninterrupted run leaves`, async () => {
        const expected = await uninterrupted(engine())
        const place = await AppHarness.open(engine())
        harness = place
        await place.createTopics(PARTITIONS, 'amounts', 'totals')
        for (let index = 0; index < ROUNDS; index++) {
          const death = dieAt(point, 1 + (index % PARTITIONS))
          const streams = place.app(topology(), { probe: death.probe })
          const dead = streams.reached('ERROR')
          await streams.start()
          await place.produce('amounts', round(index))
          await dead
          expect(death.died).toBe(true)
          await streams.close()
        }
        const streams = await place.start(topology())
        await caughtUp(streams)
        expect(await outcome(place, streams)).toEqual(expected)
      })
    }
  })
}

describe('at least once', () => {
  for (const point of COMMIT_POINTS) {
    test(`dying ${point} loses nothing`, async () => {
      const place = await AppHarness.open()
      harness = place
      await place.createTopics(PARTITIONS, 'amounts', 'totals')
      const guarantee = 'at_least_once'
      for (let index = 0; index < ROUNDS; index++) {
        const { probe } = dieAt(point, 1 + (index % PARTITIONS))
        const streams = place.app(topology(), { guarantee, probe })
        const dead = streams.reached('ERROR')
        await streams.start()
        await place.produce('amounts', round(index))
        await dead
        await streams.close()
      }
      const streams = await place.start(topology(), { guarantee })
      await caughtUp(streams)
      const totals = Object.fromEntries(streams.store<string, number>('totals').all())
      for (const { key } of round(ROUNDS - 1)) {
        const due = [...Array(ROUNDS).keys()]
          .flatMap(round)
          .reduce((sum, each) => sum + (each.key === key ? each.value : 0), 0)
        expect(totals[key]).toBeGreaterThanOrEqual(due)
      }
    })
  }
})
