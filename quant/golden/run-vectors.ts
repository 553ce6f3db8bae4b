import { type Comparison, compare, type Tolerances } from './compare.ts'
import { solveTca } from './solve-tca.ts'

/** A file of vectors: problems and what third-party libraries made of them. */
export interface VectorFile {
  readonly tolerance: Tolerances
  readonly cases: readonly {
    readonly name: string
    readonly input: unknown
    readonly expected: unknown
  }[]
}

/** What solves the problems of a file, by its name without `.json`. A file that is not here is told as not run. */
export const SOLVERS: Readonly<Record<string, (input: unknown) => unknown>> = {
  tca: solveTca,
}

export interface VectorReport {
  readonly passed: number
  readonly failed: number
  /** Of each case that failed, its name and what differs. */
  readonly failures: readonly string[]
  readonly worst: Comparison['worst']
}

export function runVectors(file: VectorFile, solve: (input: unknown) => unknown): VectorReport {
  let worst: Comparison['worst']
  const failures: string[] = []
  for (const { name, input, expected } of file.cases) {
    let problems: readonly string[]
    try {
      const compared = compare(expected, solve(input), file.tolerance)
      problems = compared.problems
      if (compared.worst !== undefined && compared.worst.error >= (worst?.error ?? 0))
        worst = { error: compared.worst.error, at: `${name}: ${compared.worst.at}` }
    } catch (cause) {
      problems = [String(cause)]
    }
    if (problems.length > 0) failures.push(`${name}: ${problems.slice(0, 3).join('; ')}`)
  }
  return { passed: file.cases.length - failures.length, failed: failures.length, failures, worst }
}
