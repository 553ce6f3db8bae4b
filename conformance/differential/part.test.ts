import { chmodSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { upperCase } from '../fixtures/upper-case.ts'
import type { ConformanceCase } from '../grammar/case.ts'
import { readCases } from '../grammar/case-files.ts'
import { findOracle, type Oracle } from './oracle.ts'
import { type Part, partsOf, runPart } from './part.ts'
import { RunResults } from './results.ts'

const MADE = { engine: 'memory', commit: 'abc' }
const part: Part = { category: 'stateless', index: 3, seed: 7, count: 2 }
let directory = ''

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'orion-part-'))
})

afterEach(() => {
  rmSync(directory, { recursive: true, force: true })
})

const other: ConformanceCase = { ...upperCase, id: 'other' }
const differing: ConformanceCase = {
  ...other,
  steps: [
    {
      expect: {
        output: 'out',
        mode: 'allSinceLastCheck',
        records: [{ key: null, value: 'x', timestamp: 1 }],
      },
    },
  ],
}

/** Writes the given cases to whatever file it is told, as its last argument. */
function oracleOf(...cases: readonly ConformanceCase[]): Oracle {
  const cannedFile = join(directory, 'canned.txt')
  const command = join(directory, 'oracle.sh')
  writeFileSync(cannedFile, JSON.stringify({ schemaVersion: 2, category: 'stateless', cases }))
  writeFileSync(command, `#!/bin/sh\nfor out; do :; done\ncp ${cannedFile} "$out"\n`)
  chmodSync(command, 0o755)
  return { command }
}

function run(oracle: Oracle) {
  const setup = { engine: 'memory', restart: 'never' } as const
  return runPart(oracle, part, { setup, directory, nowMs: () => 0 })
}

test('a run is cut into parts that share no seed, every category before the next stretch', () => {
  const parts = partsOf({ seed: 5, count: 25, partSize: 10, categories: ['a', 'b'] })
  expect(parts.map(({ category, index, seed, count }) => [category, index, seed, count])).toEqual([
    ['a', 0, 500_000, 10],
    ['b', 0, 500_000, 10],
    ['a', 1, 500_001, 10],
    ['b', 1, 500_001, 10],
    ['a', 2, 500_002, 5],
    ['b', 2, 500_002, 5],
  ])
})

test('a part without differences is done; with another seed, count or engine it is not', async () => {
  const results = new RunResults(join(directory, 'results'))
  expect(results.done(part, 'memory')).toBeUndefined()
  results.save(await run(oracleOf(upperCase, other)), MADE)
  expect(results.done(part, 'memory')).toMatchObject({ passed: 2, failed: 0, quirk: 0 })
  expect(results.done({ ...part, seed: 8 }, 'memory')).toBeUndefined()
  expect(results.done({ ...part, count: 3 }, 'memory')).toBeUndefined()
  expect(results.done(part, 'rocksdb')).toBeUndefined()
})

test('a difference is kept as a case file until it is gone, and its part runs again', async () => {
  const results = new RunResults(join(directory, 'results'))
  const differences = join(directory, 'results', 'differences')
  expect(results.save(await run(oracleOf(upperCase, differing)), MADE)).toMatchObject({
    passed: 1,
    failed: 1,
    failedIds: ['other'],
  })
  expect(results.done(part, 'memory')).toBeUndefined()
  expect(readCases(differences).cases.map(({ conformanceCase }) => conformanceCase)).toEqual([
    differing,
  ])
  results.save(await run(oracleOf(upperCase, other)), MADE)
  expect(readdirSync(differences)).toEqual([])
})

test('an oracle that fails, or makes too little, is an error', async () => {
  await expect(run({ command: '/bin/false' })).rejects.toThrow('the oracle ended with status 1')
  await expect(run(oracleOf(upperCase))).rejects.toThrow('1 cases instead of 2')
})

test('a missing oracle says what is missing', () => {
  expect(findOracle(directory)).toEqual({ missing: expect.stringContaining('there is no ') })
})
