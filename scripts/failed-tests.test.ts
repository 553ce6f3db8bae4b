import { describe, expect, test } from 'vitest'
import { failedTests } from './failed-tests.ts'

describe('what failed, as the gate names it', () => {
  test('a test by file, name and first line of its error; passed ones are left out', () => {
    const report = {
      testResults: [
        {
          name: '/project/streams/a.test.ts',
          status: 'failed',
          assertionResults: [
            { fullName: 'a works', status: 'passed', failureMessages: [] },
            {
              fullName: 'a fails',
              status: 'failed',
              failureMessages: ['\nAssertionError: expected 1 to be 2\n    at a.test.ts:3'],
            },
          ],
        },
      ],
    }
    expect(failedTests(report, '/project')).toEqual([
      'streams/a.test.ts > a fails: AssertionError: expected 1 to be 2',
    ])
  })

  test('a file that could not be loaded by its message', () => {
    const report = {
      testResults: [
        {
          name: '/project/b.test.ts',
          status: 'failed',
          message: 'Cannot find module ./gone.ts\n  at b.test.ts',
          assertionResults: [],
        },
      ],
    }
    expect(failedTests(report, '/project')).toEqual(['b.test.ts: Cannot find module ./gone.ts'])
  })
})
