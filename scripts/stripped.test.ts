import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterEach, beforeEach, expect, test } from 'vitest'

const PRELOAD = pathToFileURL(join(import.meta.dirname, 'stripped.js')).href
const PROGRAM = join(import.meta.dirname, 'fixtures', 'stripped', 'program.ts')

let kept: string
beforeEach(() => {
  kept = mkdtempSync(join(tmpdir(), 'orion-stripped-'))
})
afterEach(() => rmSync(kept, { recursive: true, force: true }))

const run = () =>
  spawnSync(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', `--import=${PRELOAD}`, PROGRAM],
    { encoding: 'utf8', env: { ...process.env, NODE_OPTIONS: '', ORION_STRIPPED: kept } },
  )

test('a program says the same with and without what was kept, also where it failed', () => {
  const first = run()
  expect(first.stdout).toBe('tea\n')
  expect(first.stderr).toMatch(/program\.ts:9:\d+/)
  expect(first.status).toBe(1)
  const [file = '', ...more] = readdirSync(kept)
  expect(more).toEqual([])
  const again = run()
  expect([again.stdout, again.stderr, again.status]).toEqual([first.stdout, first.stderr, 1])
  // What is kept is what runs.
  const path = join(kept, file)
  writeFileSync(path, readFileSync(path, 'utf8').replace("'tea'", "'milk'"))
  expect(run().stdout).toBe('milk\n')
})
