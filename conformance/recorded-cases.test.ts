import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { type FoundCase, readCases } from './grammar/case-files.ts'
import { failureText, quirkText } from './report/text.ts'
import { type CaseSetup, isRestartable } from './run/case-driver.ts'
import { runCases } from './run/run-cases.ts'

const { cases, faults } = readCases(join(import.meta.dirname, 'cases'))
const categories = [...new Set(cases.map(({ conformanceCase }) => conformanceCase.category))].sort()
const restartable = cases.filter(({ conformanceCase }) => isRestartable(conformanceCase))

const FAILURES_SHOWN_MAX = 5
/** On disk a restart opens a database, and a case has twenty of them. */
const ON_DISK_CASES = 1

test('all 803 recorded cases of 16 categories are read', () => {
  expect(faults).toEqual([])
  expect(cases).toHaveLength(803)
  expect(categories).toHaveLength(16)
})

describe.each(categories)('%s: what Kafka Streams emitted comes out', (category) => {
  test('in memory', async () => {
    await expectRecorded(cases, category, { engine: 'memory', restart: 'never' })
  })

  test('with every input after a restart from the changelogs', async () => {
    await expectRecorded(restartable, category, { engine: 'memory', restart: 'wipe' })
  })

  test('on disk, with every input after a restart, for one of the cases', async () => {
    const ofCategory = restartable.filter(
      ({ conformanceCase }) => conformanceCase.category === category,
    )
    const some = ofCategory.slice(0, ON_DISK_CASES)
    await expectRecorded(some, category, { engine: 'rocksdb', restart: 'clean' })
  })
})

async function expectRecorded(
  all: readonly FoundCase[],
  category: string,
  setup: CaseSetup,
): Promise<void> {
  const found = all.filter(({ conformanceCase }) => conformanceCase.category === category)
  expect(found.length).toBeGreaterThan(0)
  const reports = await runCases(found, setup)
  const failed = reports.filter(({ outcome }) => outcome === 'failed')
  const shown = failed.slice(0, FAILURES_SHOWN_MAX).map(failureText).join('\n')
  expect(failed.length, `${failed.length} of ${found.length} failed:\n${shown}\n`).toBe(0)
  const quirks = reports.filter(({ outcome }) => outcome === 'quirk')
  const unexplained = quirks.filter(({ error }) => error !== undefined)
  expect(unexplained.map(quirkText)).toEqual([])
}
