import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import { pagePrograms } from './page-programs.ts'
import { type ProgramsRun, runPrograms } from './run-programs.ts'

const DOCS = import.meta.dirname
const PAGES = [
  join(DOCS, '..', 'README.md'),
  ...readdirSync(DOCS)
    .filter((file) => file.endsWith('.md'))
    .map((file) => join(DOCS, file)),
]

const programs = PAGES.flatMap((path) =>
  pagePrograms(path.slice(path.lastIndexOf('/') + 1, -'.md'.length), readFileSync(path, 'utf8')),
)
let ran: ProgramsRun

beforeAll(async () => {
  ran = await runPrograms(programs)
})

test('the code of every page is of sound types', () => {
  expect(ran.faults).toBe('')
})

test.each(programs)('$name prints what its page says', ({ name, blocks }) => {
  const printed = ran.printed.get(name) ?? []
  for (const [index, { line, prints }] of blocks.entries())
    expect({ line, prints: printed[index] }).toEqual({ line, prints })
})

test('links between the pages lead to files', () => {
  for (const path of PAGES) {
    const links = [...readFileSync(path, 'utf8').matchAll(/\]\(([^)#]+\.md)[^)]*\)/g)]
    for (const [, target = ''] of links)
      expect(() => readFileSync(join(path, '..', target)), `${path}: ${target}`).not.toThrow()
  }
})
