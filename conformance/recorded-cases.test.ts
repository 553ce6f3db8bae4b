import { join } from 'node:path'
import { expect, test } from 'vitest'
import { readCases } from './grammar/case-files.ts'
import { failureText, quirkText } from './report/text.ts'
import { runCases } from './run/run-cases.ts'

const { cases, faults } = readCases(join(import.meta.dirname, 'cases'))
const categories = [...new Set(cases.map(({ conformanceCase }) => conformanceCase.category))].sort()
const FAILURES_SHOWN_MAX = 5

test('all 803 recorded cases of 16 categories are read', () => {
  expect(faults).toEqual([])
  expect(cases).toHaveLength(803)
  expect(categories).toHaveLength(16)
})

for (const category of categories) {
  test(`${category}: what Kafka Streams emitted comes out`, async () => {
    const found = cases.filter(({ conformanceCase }) => conformanceCase.category === category)
    const reports = await runCases(found, { engine: 'memory', restart: 'never' })
    const failed = reports.filter(({ outcome }) => outcome === 'failed')
    const shown = failed.slice(0, FAILURES_SHOWN_MAX).map(failureText).join('\n')
    expect(failed.length, `${failed.length} of ${found.length} failed:\n${shown}\n`).toBe(0)
    const quirks = reports.filter(({ outcome }) => outcome === 'quirk')
    const unexplained = quirks.filter(({ error }) => error !== undefined)
    expect(unexplained.map(quirkText)).toEqual([])
  })
}
