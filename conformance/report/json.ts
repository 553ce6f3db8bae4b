import type { CaseReport } from '../run/run-cases.ts'

/** Everything of a run for other tools: each case with its mismatches, and the sums. */
export function reportJson(
  reports: readonly CaseReport[],
  run: { readonly engine: string; readonly restart: string; readonly durationMs: number },
): string {
  const count = (outcome: CaseReport['outcome']) =>
    reports.filter((report) => report.outcome === outcome).length
  const sums = { passed: count('passed'), failed: count('failed'), quirk: count('quirk') }
  const json = { ...run, ...sums, cases: reports.map(plainReport) }
  return `${JSON.stringify(json, undefined, 1)}\n`
}

function plainReport({ id, category, file, outcome, mismatches, error }: CaseReport): object {
  const differing = mismatches.map(({ step, place, index, expected, got, onlyMore }) => ({
    step,
    place,
    index,
    expected: expected ?? null,
    got: got ?? null,
    onlyMore,
  }))
  return {
    id,
    category,
    file,
    outcome,
    ...(differing.length === 0 ? {} : { mismatches: differing }),
    ...(error === undefined ? {} : { error }),
  }
}
