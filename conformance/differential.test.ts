import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { systemClock } from '#streams'
import { findOracle, GENERATED_CATEGORIES } from './differential/oracle.ts'
import { partsOf, runPart } from './differential/part.ts'
import { failureText } from './report/text.ts'

/** A cut of the differential run for every day: other cases each day, the same for all who look on that day. */
const CASES_A_CATEGORY = 12
const BEGIN_NO_PART_AFTER_MS = 80_000
const SETUP = { engine: 'memory', restart: 'never' } as const
const TIMEOUT_MS = 240_000

const SHARED = process.env['ORION_SHARED'] ?? join(import.meta.dirname, '..', '..', 'shared')
const oracle = findOracle(SHARED)
const missing = 'missing' in oracle ? oracle.missing : undefined
const seed = Number(
  process.env['ORION_SEED'] ??
    new Date(systemClock.nowMs()).toISOString().slice(0, 10).replaceAll('-', ''),
)

test.skipIf(missing !== undefined && process.env['CI'] !== 'true')(
  `fresh cases of seed ${seed} come out as on Kafka Streams${missing === undefined ? '' : ` (without an oracle: ${missing})`}`,
  { timeout: TIMEOUT_MS },
  async () => {
    if ('missing' in oracle) throw new Error(`no oracle: ${oracle.missing}`)
    const nowMs = () => systemClock.monotonicMs()
    const directory = mkdtempSync(join(tmpdir(), 'orion-differential-'))
    const endMs = nowMs() + BEGIN_NO_PART_AFTER_MS
    // Another category comes first each day: on a slow machine the last ones are not reached.
    const first = seed % GENERATED_CATEGORIES.length
    const categories = [
      ...GENERATED_CATEGORIES.slice(first),
      ...GENERATED_CATEGORIES.slice(0, first),
    ]
    const parts = partsOf({ seed, count: CASES_A_CATEGORY, partSize: CASES_A_CATEGORY, categories })
    const failures: string[] = []
    let compared = 0
    try {
      for (const part of parts) {
        if (nowMs() > endMs) {
          console.log(`seed ${seed}: no time for ${part.category}`)
          continue
        }
        const { reports } = await runPart(oracle, part, { setup: SETUP, directory, nowMs })
        compared += reports.length
        for (const report of reports) {
          if (report.outcome === 'failed') failures.push(failureText(report))
        }
      }
    } finally {
      rmSync(directory, { recursive: true, force: true })
    }
    console.log(`seed ${seed}: ${compared} fresh cases compared with Kafka Streams`)
    expect(failures.join('\n')).toBe('')
    expect(compared).toBeGreaterThanOrEqual(CASES_A_CATEGORY)
  },
)
