import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { upperCase } from '../fixtures/upper-case.ts'
import { readCases } from './case-files.ts'

let folder = ''

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'orion-cases-'))
})

afterEach(() => {
  rmSync(folder, { recursive: true, force: true })
})

function write(name: string, content: unknown): void {
  writeFileSync(join(folder, name), typeof content === 'string' ? content : JSON.stringify(content))
}

const file = (cases: readonly unknown[]) => ({ schemaVersion: 2, category: 'stateless', cases })

function faults(): string[] {
  return readCases(folder).faults.map(({ caseId = '-', what }) => `${caseId}: ${what}`)
}

test('reads the cases of every file in a folder and its folders, and leaves the schema out', () => {
  write('a.json', file([upperCase]))
  mkdirSync(join(folder, 'more'))
  write('more/b.json', file([{ ...upperCase, id: 'second' }]))
  write('schema.json', '{}')
  write('README.md', 'words')
  const { cases, files } = readCases(folder)
  expect(cases.map(({ conformanceCase }) => conformanceCase.id)).toEqual(['upper-case', 'second'])
  expect(files).toHaveLength(2)
  expect(faults()).toEqual([])
})

test('reads a single file', () => {
  write('a.json', file([upperCase]))
  expect(readCases(join(folder, 'a.json')).cases).toHaveLength(1)
})

test('a file that is no JSON is told', () => {
  write('a.json', '{"schemaVersion":2,')
  expect(faults()[0]).toMatch(/^-: .*JSON/)
})

test('another version of the grammar is told', () => {
  write('a.json', { ...file([]), schemaVersion: 3 })
  expect(faults()).toEqual(['-: schemaVersion: Invalid input: expected 2'])
})

test('a wrong case is told with its place, and the others are read', () => {
  const topology = {
    ...upperCase.topology,
    ops: [{ op: 'mapValues', from: 'in', as: 'x', value: { kind: 'reverse' } }],
  }
  write('a.json', file([upperCase, { ...upperCase, id: 'wrong', topology }]))
  expect(readCases(folder).cases).toHaveLength(1)
  expect(faults()).toHaveLength(1)
  expect(faults()[0]).toMatch(/^wrong: cases\[1\] topology\.ops\[0\]\.value\.kind: /)
})

test('what the grammar does not know is refused: an operator, a property, two steps in one', () => {
  const { topology } = upperCase
  const withOp = (op: object) => ({ ...upperCase, topology: { ...topology, ops: [op] } })
  const pipe = { topic: 'in', key: null, value: null, timestamp: 0 }
  const cases = [
    withOp({ op: 'peek', from: 'in', as: 'x' }),
    withOp({ op: 'toStream', from: 'in', as: 'x', store: 's' }),
    { ...upperCase, steps: [{ pipe, advanceWallClock: { ms: 1 } }] },
    { ...upperCase, steps: [{}] },
  ]
  write('a.json', file(cases))
  expect(readCases(folder).cases).toEqual([])
  expect(faults()).toEqual([
    expect.stringContaining('topology.ops[0].op'),
    expect.stringContaining('Unrecognized key: "store"'),
    expect.stringContaining('a step is one of'),
    expect.stringContaining('a step is one of'),
  ])
})
