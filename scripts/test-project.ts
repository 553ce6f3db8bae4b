import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { failedTests, type VitestReport } from './failed-tests.ts'

export interface ProjectOutcome {
  readonly passed: number
  readonly failed: number
  /** What failed twice, a line each. */
  readonly failures: readonly string[]
  /** What failed first and passed when its file was run again: to be mended, but no reason to refuse a change. */
  readonly unsteady: readonly string[]
}

type Counts = VitestReport & {
  readonly numPassedTests: number
  readonly numFailedTests: number
  readonly numTotalTests: number
}

interface Attempt {
  readonly counts: Counts
  readonly failures: readonly string[]
  readonly files: readonly string[]
}

/** More files than these have failed for a reason, not by chance. */
const FILES_AGAIN_MAX = 5

/** Runs the tests of one vitest project; files that fail are run once again, alone. */
export async function testProject(
  project: string,
  places: {
    readonly root: string
    /** For vitest's reports. */
    readonly results: string
    readonly vitest: (args: readonly string[]) => Promise<number>
  },
): Promise<ProjectOutcome> {
  const attempt = async (name: string, files: readonly string[]): Promise<Attempt> => {
    const report = join(places.results, `${name}.json`)
    const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`]
    const code = await places.vitest(['run', '--project', project, ...reporters, ...files])
    const counts = JSON.parse(readFileSync(report, 'utf8')) as Counts
    if (counts.numTotalTests === 0) throw new Error(`no ${project} test ran`)
    const named = failedTests(counts, places.root)
    const failures =
      code !== 0 && named.length === 0
        ? [`tests: ${project} > exit status ${code}, see above`]
        : named
    const failing = counts.testResults.filter(({ status }) => status === 'failed')
    return { counts, failures, files: failing.map(({ name: file }) => file) }
  }
  try {
    const first = await attempt(project, [])
    const { numPassedTests: passed } = first.counts
    const { failures, files } = first
    if (failures.length === 0 || files.length === 0 || files.length > FILES_AGAIN_MAX)
      return { passed, failed: failures.length, failures, unsteady: [] }
    console.log(`\n== once again: ${files.length} files with failures`)
    const again = await attempt(`${project}-again`, files)
    const still = new Set(again.failures.map(nameOf))
    const unsteady = failures.filter((failure) => !still.has(nameOf(failure)))
    return {
      passed: passed + unsteady.length,
      failed: again.failures.length,
      failures: again.failures,
      unsteady,
    }
  } catch (error) {
    const failures = [
      `tests: ${project} > ${error instanceof Error ? error.message : String(error)}`,
    ]
    return { passed: 0, failed: 1, failures, unsteady: [] }
  }
}

/** Of a line of `failedTests`: file and test, without the error, which may differ from time to time. */
function nameOf(failure: string): string {
  return failure.replace(/: .*$/s, '')
}
