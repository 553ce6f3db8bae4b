import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { EXAMPLES } from './examples.ts'
import { runExample } from './run-example.ts'

/** What each prints. Keys lie on several partitions, whose order among each other says nothing. */
const PRINTED: Readonly<Record<string, readonly string[]>> = {
  'word-count': [
    'be = 2',
    'die = 1',
    'is = 1',
    'not = 1',
    'or = 1',
    'question = 1',
    'sleep = 1',
    'that = 1',
    'the = 1',
    'to = 4',
  ],
  'windowed-average': ['hall at 09:00:00 = 21.5', 'hall at 09:01:00 = 24.5'],
  'enrichment-join': [
    'SAP: 100 SAP SE at 241.15 EUR',
    'VOD: 2500 Vodafone Group plc at 71.18 GBX',
    'VOD: 5000 Vodafone Group at 71.20 GBX',
    'XYZ: 1 unknown at 1.00 ?',
  ],
  sessionisation: [
    'ann from 09:00:00 to 09:07:30 = 3 clicks',
    'bob from 09:01:00 to 09:01:00 = 1 clicks',
  ],
}

test.each(EXAMPLES)('$name prints on the embedded log what it promises', async (example) => {
  const directory = mkdtempSync(join(tmpdir(), 'orion-example-'))
  const printed: string[] = []
  try {
    await runExample(example, directory, (line) => printed.push(line))
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
  // A count may be told more than once on its way up: commits decide how often.
  const last = new Map(printed.map((line) => [line.split(' = ')[0], line]))
  expect([...last.values()].sort()).toEqual(PRINTED[example.name])
})

test('nothing in an example depends on a generated name', () => {
  for (const { topology } of EXAMPLES) expect(topology.warnings).toEqual([])
})
