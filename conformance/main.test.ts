import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { upperCase } from './fixtures/upper-case.ts'
import type { ConformanceCase } from './grammar/case.ts'

const MAIN = join(import.meta.dirname, 'main.ts')
let folder = ''

const wrong: ConformanceCase = {
  ...upperCase,
  id: 'wrong',
  steps: [
    {
      expect: {
        output: 'out',
        mode: 'allSinceLastCheck',
        records: [{ key: null, value: 'x', timestamp: 1 }],
      },
    },
  ],
}
const quirky: ConformanceCase = { ...wrong, id: 'quirky', quirk: 'closedWindowLost' }

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'orion-cases-'))
  const write = (name: string, ...cases: ConformanceCase[]) =>
    writeFileSync(
      join(folder, name),
      JSON.stringify({ schemaVersion: 2, category: 'stateless', cases }),
    )
  write('mixed.json', upperCase, wrong, quirky)
  write('good.json', { ...upperCase, id: 'good' }, { ...quirky, id: 'another-quirk' })
  write('none.json')
  writeFileSync(join(folder, 'broken.json'), '{')
})

afterAll(() => {
  rmSync(folder, { recursive: true, force: true })
})

function conformance(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, ...args], {
    encoding: 'utf8',
  })
  return { status, stderr, lines: stdout.trimEnd().split('\n') }
}

test('a failure is printed with its step and records, and is the exit status; a quirk is not counted', () => {
  const { status, lines } = conformance('--cases', join(folder, 'mixed.json'))
  expect(lines).toEqual([
    `FAILED wrong (${join(folder, 'mixed.json')})`,
    '  step 0, output out, record 0',
    '  expected {"key":null,"value":"x","timestamp":1}',
    '  got      nothing',
    expect.stringMatching(/^QUIRK {2}quirky: /),
    'stateless  1 passed, 1 failed, 1 with a quirk',
    '1 with a quirk, not counted: Kafka Streams lost results of closed windows there',
    '1 passed, 1 failed',
  ])
  expect(status).toBe(1)
})

test('without a failure the exit status is 0', () => {
  const { status, lines } = conformance('--cases', join(folder, 'good.json'))
  expect(lines.at(-1)).toBe('1 passed, 0 failed')
  expect(status).toBe(0)
})

test('a file that cannot be read fails', () => {
  const { status, lines } = conformance('--cases', join(folder, 'broken.json'))
  expect(lines.at(-1)).toBe('0 passed, 1 failed')
  expect(status).toBe(1)
})

test('no case at all is a failure', () => {
  const { status, stderr, lines } = conformance('--cases', join(folder, 'none.json'))
  expect(stderr).toContain('no case found')
  expect(lines.at(-1)).toBe('0 passed, 0 failed')
  expect(status).toBe(1)
})

test('a path that is not there and an option that is not known end with status 2', () => {
  expect(conformance('--cases', join(folder, 'absent'))).toMatchObject({ status: 2 })
  expect(conformance('--colour')).toMatchObject({ status: 2 })
  expect(conformance('--engine', 'paper')).toMatchObject({ status: 2 })
})

test('cases are chosen by id and category, and listed', () => {
  const file = join(folder, 'mixed.json')
  expect(conformance('--cases', file, '--list', '--case', 'up*').lines).toEqual(['upper-case'])
  expect(conformance('--cases', file, '--category', 'cogroup').status).toBe(1)
  expect(conformance('--cases', file, '--case', 'upper-case').status).toBe(0)
})

test('results are written as JSON', () => {
  const json = join(folder, 'results.txt')
  conformance('--cases', join(folder, 'mixed.json'), '--json', json)
  expect(JSON.parse(readFileSync(json, 'utf8'))).toMatchObject({
    passed: 1,
    failed: 1,
    quirk: 1,
    cases: [
      { id: 'upper-case', outcome: 'passed' },
      { id: 'wrong', outcome: 'failed', mismatches: [{ step: 0, got: null }] },
      { id: 'quirky', outcome: 'quirk' },
    ],
  })
})
