import { entryText } from '../run/comparison.ts'
import type { CaseReport } from '../run/run-cases.ts'

/** One failed case: its id, where it failed, the first differing record. */
export function failureText({ id, file, mismatches, error }: CaseReport): string {
  const lines = [`FAILED ${id} (${file})`]
  const [first] = mismatches
  if (first !== undefined) {
    lines.push(
      `  step ${first.step}, ${first.place}, record ${first.index}`,
      `  expected ${entryText(first.expected)}`,
      `  got      ${entryText(first.got)}`,
    )
  }
  if (error !== undefined) {
    lines.push(`  ${error.step === undefined ? '' : `step ${error.step}: `}${error.message}`)
  }
  return lines.join('\n')
}

/** One case with a quirk: what it did instead of what was recorded. */
export function quirkText(report: CaseReport): string {
  const { id, mismatches, error } = report
  if (error !== undefined) return `QUIRK  ${id}: ${error.message}`
  const [first] = mismatches
  if (first === undefined) return `QUIRK  ${id}: as recorded`
  const what = mismatches.every(({ onlyMore }) => onlyMore)
    ? 'emits more than recorded'
    : 'differs from what was recorded'
  return `QUIRK  ${id}: ${what}, first ${entryText(first.got)} at step ${first.step}, ${first.place}`
}

/** A line per category, the cases with a quirk, and last the line that tools read. */
export function summaryText(reports: readonly CaseReport[]): string {
  const lines: string[] = []
  const categories = [...new Set(reports.map(({ category }) => category))].sort()
  const width = Math.max(...categories.map((name) => name.length))
  for (const name of categories) {
    const found = reports.filter(({ category }) => category === name)
    lines.push(`${name.padEnd(width)}  ${countsText(found)}${quirksText(found)}`)
  }
  const quirks = count(reports, 'quirk')
  if (quirks > 0) {
    lines.push(
      `${quirks} with a quirk, not counted: Kafka Streams lost results of closed windows there`,
    )
  }
  lines.push(countsText(reports))
  return lines.join('\n')
}

export function countsText(reports: readonly CaseReport[]): string {
  return `${count(reports, 'passed')} passed, ${count(reports, 'failed')} failed`
}

function quirksText(reports: readonly CaseReport[]): string {
  const quirks = count(reports, 'quirk')
  return quirks === 0 ? '' : `, ${quirks} with a quirk`
}

function count(reports: readonly CaseReport[], outcome: CaseReport['outcome']): number {
  return reports.filter((report) => report.outcome === outcome).length
}
