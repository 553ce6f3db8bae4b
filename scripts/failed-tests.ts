import { relative } from 'node:path'

/** What is read of the report that `vitest --reporter=json` writes. */
export interface VitestReport {
  readonly testResults: readonly {
    /** The file's path. */
    readonly name: string
    readonly status: string
    readonly message?: string
    readonly assertionResults: readonly {
      readonly fullName: string
      readonly status: string
      readonly failureMessages?: readonly string[] | null
    }[]
  }[]
}

/** A line for each failed test: file > name: first line of its error. A file that failed as a whole is a line of its own. */
export function failedTests({ testResults }: VitestReport, root: string): readonly string[] {
  return testResults.flatMap(({ name, status, message, assertionResults }) => {
    const file = relative(root, name)
    const failed = assertionResults
      .filter((test) => test.status === 'failed')
      .map((test) => `${file} > ${test.fullName}: ${firstLine(test.failureMessages?.[0])}`)
    return failed.length === 0 && status === 'failed' ? [`${file}: ${firstLine(message)}`] : failed
  })
}

function firstLine(text: string | undefined): string {
  const line = text?.split('\n').find((one) => one.trim() !== '')
  return line?.trim() ?? 'no message'
}
