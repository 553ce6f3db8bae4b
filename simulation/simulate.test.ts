import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { BUGS, isBug } from './bugs/bugs.ts'
import { runSeed } from './command/run-seed.ts'

const SEEDS = 200
/** More than any bug took when it was last looked at. */
const SEEDS_FOR_A_BUG = 150

test(`${SEEDS} seeds: whatever happens, results are right`, async () => {
  for (let seed = 1; seed <= SEEDS; seed++) {
    const { broken, trace } = await runSeed(seed)
    expect(broken, `seed ${seed}\n${broken === undefined ? '' : trace.last(20).join('\n')}`).toBe(
      undefined,
    )
  }
})

test.each(Object.keys(BUGS).filter(isBug))('the bug %s is found', async (bug) => {
  const found: number[] = []
  for (let seed = 1; seed <= SEEDS_FOR_A_BUG && found.length === 0; seed++) {
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
