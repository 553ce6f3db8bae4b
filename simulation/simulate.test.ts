import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { BUGS, type Bug, isBug } from './bugs/bugs.ts'
import { runSeed } from './command/run-seed.ts'

const SEEDS = 150
/** Of a machine that is busy with other things. */
const TIME_LIMIT_MS = 240_000
/** Seeds that found each bug when it was last looked at. They come first; as the runtime changes, others take their place. */
const FOUND_BY: Readonly<Record<Bug, number>> = {
  'fencing-off': 14,
  'offsets-outside': 2,
  'checkpoint-before-commit': 2,
  'dedupe-removed': 2,
  'read-uncommitted': 1,
  'stable-offset-ignored': 1,
  'restore-skips-tail': 1,
  'time-forgotten': 8,
  'torn-batches': 3,
  'withheld-partition-ignored': 207,
}
const SEEDS_FOR_A_BUG = 400
const SEEDS_OF_A_NUISANCE = 40

test(
  `${SEEDS} seeds: whatever happens, results are right`,
  async () => {
    for (let seed = 1; seed <= SEEDS; seed++) {
      const { broken, trace } = await runSeed(seed)
      expect(broken, `seed ${seed}\n${broken === undefined ? '' : trace.last(20).join('\n')}`).toBe(
        undefined,
      )
    }
  },
  TIME_LIMIT_MS,
)

test('records that are fetched again are not taken again', async () => {
  for (let seed = 1; seed <= SEEDS_OF_A_NUISANCE; seed++) {
    const { broken } = await runSeed(seed, { bug: 'fetches-repeat' })
    expect(broken, `seed ${seed}`).toBe(undefined)
  }
})

test.each(Object.keys(BUGS).filter(isBug))('the bug %s is found', async (bug) => {
  const found: number[] = []
  const others = Array.from({ length: SEEDS_FOR_A_BUG }, (_, index) => index + 1)
  for (const seed of [FOUND_BY[bug], ...others]) {
    if (found.length > 0) break
    if ((await runSeed(seed, { bug })).broken !== undefined) found.push(seed)
  }
  expect(found).toHaveLength(1)
})

test('the same seed is the same run, also in another process', async () => {
  const seeds = [3, 4, 8, 9]
  const hashes = async () => {
    const all: string[] = []
    for (const seed of seeds) all.push((await runSeed(seed)).hash)
    return all
  }
  const first = await hashes()
  expect(new Set(first).size).toBe(seeds.length)
  expect(await hashes()).toEqual(first)
  const main = join(import.meta.dirname, 'main.ts')
  const elsewhere = seeds.map((seed) => {
    const printed = execFileSync(process.execPath, [main, '--seeds', `${seed}`, '--trace'])
    return /trace ([0-9a-f]{16})/.exec(String(printed))?.[1]
  })
  expect(elsewhere).toEqual(first)
})
