/**
 * The one gate: generated types are fresh, format and lint, types, rooms, dead code, tests; then tests on a real broker and in a real
 * browser. Files with failures are run once again, alone: what then passes is named as unsteady. Ends with what failed and
 * `N passed, N failed` over all checks and tests, and exits 0 only when nothing failed.
 *
 *   node bin/node.js scripts/gate.ts [--quick]       --quick leaves out broker and browser
 */
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { testProject } from './test-project.ts'

const { values } = parseArgs({ options: { quick: { type: 'boolean', default: false } } })
const node = process.execPath
const ROOT = join(import.meta.dirname, '..')
const results = mkdtempSync(join(tmpdir(), 'orion-gate-'))
let passed = 0
let failed = 0
const failures: string[] = []
/** More than these are counted, not named. */
const FAILURES_NAMED = 50

const CHECKS: readonly (readonly [name: string, command: readonly string[]])[] = [
  [
    'generated types are fresh and schemas compatible',
    [node, 'scripts/generate-avro.ts', '--check'],
  ],
  [
    'format and lint',
    [node, 'node_modules/@biomejs/biome/bin/biome', 'check', '--error-on-warnings', '.'],
  ],
  ['types', [node, 'node_modules/@typescript/native/bin/tsc', '-p', 'tsconfig.json']],
  [
    'types of the dashboard',
    [
      node,
      'node_modules/svelte-check/bin/svelte-check',
      '--tsconfig',
      'dashboard/tsconfig.json',
      '--fail-on-warnings',
    ],
  ],
  ['rooms', [node, 'scripts/check-rooms.ts']],
  ['dead code', [node, 'node_modules/knip/bin/knip.js']],
  ['figures and report are fresh', [node, 'perf/report/main.ts', 'all', '--check']],
]

/** Hundreds of processes start the same programs: what each would strip and compile anew is kept for the time of the gate. */
const ENVIRONMENT: NodeJS.ProcessEnv = {
  ...process.env,
  NODE_COMPILE_CACHE: join(results, 'compiled'),
}

const PROJECTS: readonly string[] = values.quick ? ['unit'] : ['unit', 'broker', 'browser']

function run(command: readonly string[]): Promise<number> {
  const [file = node, ...args] = command
  return new Promise((resolve) => {
    const child = spawn(file, args, { stdio: 'inherit', env: ENVIRONMENT })
    child.on('error', (error) => {
      console.error(error.message)
      resolve(1)
    })
    child.on('exit', (code) => resolve(code ?? 1))
  })
}

for (const [name, command] of CHECKS) {
  console.log(`\n== ${name}`)
  const ok = (await run(command)) === 0
  if (ok) passed += 1
  else {
    failed += 1
    failures.push(name)
    console.error(`== failed: ${name}`)
  }
}

const unsteady: string[] = []
for (const project of PROJECTS) {
  console.log(`\n== tests: ${project}`)
  const outcome = await testProject(project, {
    root: ROOT,
    results,
    vitest: (args) => run([node, 'node_modules/vitest/vitest.mjs', ...args]),
  })
  passed += outcome.passed
  failed += outcome.failed
  failures.push(...outcome.failures)
  unsteady.push(...outcome.unsteady)
}

rmSync(results, { recursive: true, force: true })
if (unsteady.length > 0) {
  console.log('\n== unsteady: failed first, passed when its file was run again; to be mended')
  for (const one of unsteady) console.log(`  ${one}`)
}
if (failures.length > 0) {
  console.log('\n== what failed')
  for (const failure of failures.slice(0, FAILURES_NAMED)) console.log(`  ${failure}`)
  if (failures.length > FAILURES_NAMED)
    console.log(`  and ${failures.length - FAILURES_NAMED} more`)
}
console.log(`\n${passed} passed, ${failed} failed`)
process.exit(failed === 0 ? 0 : 1)
