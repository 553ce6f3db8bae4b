/**
 * Enforces the room table: import directions, front doors, third-party packages behind their folder, no cycles, nothing unresolved.
 * Proves that it looked: a minimum of modules, and `--root DIR` runs it over a fixture in which every rule is broken.
 *
 *   node bin/node.js scripts/check-rooms.ts [--root DIR] [--modules-min N]
 */
import { existsSync, readdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { cruise, type ICruiseResult, type IForbiddenRuleType } from 'dependency-cruiser'
import { MODULES_MIN, NARROW_DOORS, ROOMS, THIRD_PARTY } from './rooms.ts'

const TEST_FILE =
  '^(sink|gateway|avro|cli)/testing/|\\.test\\.ts$|/fixtures/|-conformance\\.ts$|-contract\\.ts$|\\.test-d\\.ts$'

export function roomRules(): IForbiddenRuleType[] {
  return [
    {
      name: 'no-cycle',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'resolved',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true, pathNot: '^kafkajs/internal-types$' },
    },
    ...Object.entries(ROOMS).map(([room, { imports }]): IForbiddenRuleType => {
      const reachable = [room, ...imports]
      return {
        name: `room-${room}`,
        comment: `${room}/ may import ${imports.length === 0 ? 'no other room' : imports.join(', ')}`,
        severity: 'error',
        from: { path: `^${room}/`, pathNot: TEST_FILE },
        to: { path: `^(${Object.keys(ROOMS).join('|')})/`, pathNot: `^(${reachable.join('|')})/` },
      }
    }),
    {
      name: 'front-door',
      comment: 'another room is entered through its index.ts (or a door that package.json names)',
      severity: 'error',
      from: {
        path: `^(${Object.keys(ROOMS)
          .filter((room) => room !== 'scripts')
          .join('|')})/`,
        pathNot: TEST_FILE,
      },
      to: {
        path: `^(${Object.keys(ROOMS).join('|')})/`,
        pathNot: '^$1/|/index\\.ts$|^gateway/protocol\\.ts$|^processors/',
      },
    },
    ...NARROW_DOORS.map(
      ({ from, to, only }): IForbiddenRuleType => ({
        name: `door-${from}-${to}`,
        comment: `${from}/ sees of ${to}/ only ${only}`,
        severity: 'error',
        from: { path: `^${from}/`, pathNot: TEST_FILE },
        to: { path: `^${to}/`, pathNot: `^${only}$` },
      }),
    ),
    ...Object.entries(THIRD_PARTY).map(
      ([name, folder]): IForbiddenRuleType => ({
        name: `behind-one-folder-${name}`,
        comment: `${name} is imported only in ${folder}/`,
        severity: 'error',
        from: { pathNot: `^${folder}/|^scripts/|^perf/|vite\\.config|${TEST_FILE}` },
        to: { path: `(^|/)node_modules/${name}/` },
      }),
    ),
    {
      name: 'perf-is-a-leaf',
      severity: 'error',
      from: { pathNot: '^perf/' },
      to: { path: '^perf/' },
    },
  ]
}

export interface RoomCheck {
  readonly modules: number
  readonly violations: readonly string[]
}

export async function checkRooms(root: string): Promise<RoomCheck> {
  const folders = readdirSync(root, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && ROOMS[entry.name] !== undefined)
    .map((entry) => entry.name)
  const tsConfig = join(root, 'tsconfig.json')
  const { output } = await cruise(folders, {
    baseDir: root,
    ruleSet: { forbidden: roomRules() },
    validate: true,
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^(scripts/fixtures)/|(^|/)(dist|\\.svelte-kit)/' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      conditionNames: ['types', 'import', 'node', 'default'],
      exportsFields: ['exports'],
    },
    ...(existsSync(tsConfig) ? { tsConfig: { fileName: tsConfig } } : {}),
  })
  const { modules, summary } = output as ICruiseResult
  return {
    modules: modules.filter((module) => !module.source.includes('node_modules')).length,
    violations: summary.violations.map(({ rule, from, to }) => `${rule.name}: ${from} -> ${to}`),
  }
}

if (import.meta.main ?? process.argv[1] === import.meta.filename) {
  const { values } = parseArgs({
    options: {
      root: { type: 'string', default: '.' },
      'modules-min': { type: 'string', default: String(MODULES_MIN) },
    },
  })
  const { modules, violations } = await checkRooms(resolve(values.root))
  for (const violation of violations) console.error(violation)
  const modulesMin = Number(values['modules-min'])
  if (modules < modulesMin) {
    console.error(
      `rooms: saw only ${modules} modules, expected at least ${modulesMin}: the check is not looking`,
    )
  }
  console.log(`rooms: ${modules} modules, ${violations.length} violations`)
  process.exit(violations.length > 0 || modules < modulesMin ? 1 : 0)
}
