import type { CaseFault, FoundCase } from '../grammar/case-files.ts'
import type { CaseSetup } from './case-driver.ts'
import { type CaseError, type Mismatch, runCase } from './run-case.ts'

/**
 * `passed` and `failed` are counted. `quirk`: Kafka Streams lost results of closed windows here, so that a difference says nothing; told apart
 * by whether all that was recorded came.
 */
type Outcome = 'passed' | 'failed' | 'quirk'

export interface CaseReport {
  readonly id: string
  readonly category: string
  readonly file: string
  readonly outcome: Outcome
  readonly mismatches: readonly Mismatch[]
  readonly error: CaseError | undefined
}

export interface RunOptions extends CaseSetup {
  /** After each case, in order. */
  readonly onReport?: (report: CaseReport) => void
}

export async function runCases(
  cases: readonly FoundCase[],
  { onReport, ...setup }: RunOptions,
): Promise<CaseReport[]> {
  const reports: CaseReport[] = []
  for (const found of cases) {
    const report = await reportOf(found, setup)
    reports.push(report)
    onReport?.(report)
  }
  return reports
}

async function reportOf(found: FoundCase, setup: CaseSetup): Promise<CaseReport> {
  const { id, category, quirk } = found.conformanceCase
  const { mismatches, error } = await runCase(found.conformanceCase, setup)
  return { id, category, file: found.file, mismatches, error, outcome: outcomeOf() }

  function outcomeOf(): Outcome {
    if (quirk !== undefined) return 'quirk'
    return mismatches.length === 0 && error === undefined ? 'passed' : 'failed'
  }
}

/** A file, or a case in it, that is not of the grammar fails. */
export function reportOfFault({ file, caseId, category, what }: CaseFault): CaseReport {
  return {
    id: caseId ?? file,
    category: category ?? 'unreadable',
    file,
    outcome: 'failed',
    mismatches: [],
    error: { step: undefined, message: what },
  }
}
