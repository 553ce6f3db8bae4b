import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { testProject } from './test-project.ts'

let results: string
/** What each run of vitest reports, in turn: names of failed tests by file. */
let runs: readonly Readonly<Record<string, readonly string[]>>[]
let asked: (readonly string[])[]

beforeEach(() => {
  results = mkdtempSync(join(tmpdir(), 'orion-test-project-'))
  asked = []
})
afterEach(() => rmSync(results, { recursive: true, force: true }))

const outcome = () =>
  testProject('unit', {
    root: '/project',
    results,
    vitest: async (args) => {
      const run = runs[asked.length] ?? {}
      asked.push(args)
      const file = args.find((arg) => arg.startsWith('--outputFile.json='))?.split('=')[1] ?? ''
      const failed = Object.values(run).flat().length
      const report = {
        numPassedTests: 10 - failed,
        numFailedTests: failed,
        numTotalTests: 10,
        testResults: Object.entries(run).map(([name, tests]) => ({
          name,
          status: tests.length > 0 ? 'failed' : 'passed',
          assertionResults: tests.map((fullName) => ({
            fullName,
            status: 'failed',
            failureMessages: [`Error: attempt ${asked.length}`],
          })),
        })),
      }
      writeFileSync(file, JSON.stringify(report))
      return failed > 0 ? 1 : 0
    },
  })

describe('tests of a project', () => {
  test('all pass: one run', async () => {
    runs = [{ '/project/a.test.ts': [] }]
    expect(await outcome()).toEqual({ passed: 10, failed: 0, failures: [], unsteady: [] })
    expect(asked).toHaveLength(1)
  })

  test('what fails twice has failed; what passes the second time is named as unsteady', async () => {
    runs = [
      { '/project/a.test.ts': ['always', 'sometimes'], '/project/b.test.ts': [] },
      { '/project/a.test.ts': ['always'] },
    ]
    expect(await outcome()).toEqual({
      passed: 9,
      failed: 1,
      failures: ['a.test.ts > always: Error: attempt 2'],
      unsteady: ['a.test.ts > sometimes: Error: attempt 1'],
    })
    expect(asked[1]).toContain('/project/a.test.ts')
    expect(asked[1]).not.toContain('/project/b.test.ts')
  })

  test('a test that fails the second time only has failed, too', async () => {
    runs = [{ '/project/a.test.ts': ['one'] }, { '/project/a.test.ts': ['two'] }]
    expect(await outcome()).toMatchObject({ failed: 1, failures: [expect.stringContaining('two')] })
  })

  test('many files with failures are not run again', async () => {
    const files = ['a', 'b', 'c', 'd', 'e', 'f'].map((name) => [`/project/${name}`, ['fails']])
    runs = [Object.fromEntries(files)]
    expect(await outcome()).toMatchObject({ passed: 4, failed: 6, unsteady: [] })
    expect(asked).toHaveLength(1)
  })
})
