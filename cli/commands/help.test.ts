import type { Command } from 'commander'
import { expect, test, vi } from 'vitest'
import { topologies } from '#topologies'
import { orionProgram } from '../program.ts'
import { orion } from '../testing/run-orion.ts'

vi.setConfig({ testTimeout: 120_000 })

const LEVELS = [
  '',
  'start',
  'topology',
  'topology list',
  'topology describe',
  'topology diff',
  'topology reset',
  'topology replay',
  'store',
  'store list',
  'store get',
  'store range',
  'store checksum',
  'backup',
  'backup create',
  'backup restore',
  'topics',
  'topics list',
  'topics describe',
  'topics create',
  'topics tail',
  'dlq',
  'dlq list',
  'dlq show',
  'dlq replay',
  'sink',
  'sink check',
  'query',
  'reconcile',
  'token',
  'kafka',
  'kafka start',
  'kafka stop',
  'kafka wipe',
  'kafka status',
  'peer-app',
  'peer-app positions',
  'peer-app snapshot',
  'peer-app window',
  'bench',
]

test('there is help on every level', () => {
  const found = levelsOf(orionProgram({}))
  expect([...found.keys()].sort()).toEqual([...LEVELS].sort())
  for (const [level, command] of found) {
    const help = command.helpInformation()
    expect(help).toMatch(new RegExp(`^Usage: ${`orion ${level}`.trim()} `))
    expect(help.length, level).toBeGreaterThan(150)
  }
})

function levelsOf(command: Command, path = ''): Map<string, Command> {
  const levels = new Map([[path, command]])
  for (const one of command.commands)
    for (const [level, found] of levelsOf(one, `${path} ${one.name()}`.trim()))
      levels.set(level, found)
  return levels
}

test.each(['', 'topology reset'])('orion %s --help is on stdout, with status 0', async (level) => {
  const { status, stdout, stderr } = await orion(...level.split(' ').filter(Boolean), '--help')
  expect([status, stderr]).toEqual([0, ''])
  expect(stdout).toMatch(new RegExp(`^Usage: ${`orion ${level}`.trim()} `))
})

test('help on start names every option with its variable', async () => {
  const { stdout } = await orion('start', '--help')
  for (const name of [
    'PORT',
    'SQL_PORT',
    'REGISTRY_PORT',
    'DATA_DIR',
    'ENV',
    'SEED',
    'FEED',
    'RATE',
    'REPLAY',
    'SPEED',
    'EXIT_WHEN_DONE',
    'BROKERS',
    'REGISTRY',
    'CLICKHOUSE',
    'ROLE',
    'TOPOLOGY',
    'THREADS',
    'GUARANTEE',
    'HOST',
    'DISK_MAX',
    'START_TIME',
    'TICKS',
  ])
    expect(stdout).toContain(`[ORION_${name}]`)
  expect(stdout).toContain('(default 5GB)')
})

const WRONG = [
  [['tea'], "orion: unknown command 'tea'. See orion --help\n"],
  [['tea', '--help'], "orion: unknown command 'tea'. See orion --help\n"],
  [['help', 'tea'], "orion: unknown command 'tea'. See orion --help\n"],
  [['topics', 'tea', '-h'], "orion: unknown command 'tea'. See orion topics --help\n"],
  [['start', '--tea'], /^orion: unknown option '--tea'.* See orion start --help\n$/],
  [
    ['topics', 'describe'],
    "orion: missing required argument 'topic'. See orion topics describe --help\n",
  ],
  [
    ['topics', 'tail', 'x', '--from', 'tea'],
    /Give earliest, latest, an ISO 8601 time .* See orion topics tail --help\n$/,
  ],
  [
    ['topics', 'tail', 'x', '-n', '0'],
    /Give a whole number from 1 on\. See orion topics tail --help\n$/,
  ],
  [
    ['topics', 'create', 'x', '--cleanup', 'tea'],
    /delete, compact\. See orion topics create --help\n$/,
  ],
  [
    ['dlq', 'show', 'x', '0', 'tea'],
    /Give a whole number from 0 on\. See orion dlq show --help\n$/,
  ],
  [['token'], "orion: required option '--user <name>' not specified. See orion token --help\n"],
  [
    ['topology', 'describe', 'tea'],
    /^orion: TOPOLOGY_UNKNOWN: there is no topology tea here\. Choose among market-data, snapshots, bars, [a-z, -]+\n$/,
  ],
  [
    ['topology', 'describe', 'bars', '--format', 'tea'],
    /text, json, mermaid, svg\. See orion topology describe --help\n$/,
  ],
  [
    ['topics', 'list', '--data-dir', '/no/such'],
    /^orion: INSTALLATION_NOT_FOUND: there is no data directory \/no\/such\. Run orion start first/,
  ],
  [['reconcile', '--data-dir', '/no/such'], /^orion: RECONCILE_NOT_RUNNING: .*orion start/],
  [['reconcile', '--csv', '--json'], /cannot be used with .* See orion reconcile --help\n$/],
  [['token', '--user', 'quant', '--data-dir', '/no/such'], /^orion: INSTALLATION_NOT_FOUND/],
] as const

test.each(WRONG)('orion %j is answered in one line that says what to do', async (args, message) => {
  const { status, stdout, stderr } = await orion(...args)
  expect(status).toBe(1)
  expect(stdout).toBe('')
  expect(stderr).toMatch(/^orion: [^\n]+\n$/)
  expect(stderr).toMatch(message)
})

const FORMATS = [
  ['text', /^Topologies:\n {3}Sub-topology: 0/],
  ['json', /^\{[\s\S]*"snapshots"[\s\S]*\}\n$/],
  ['mermaid', /^(flowchart|graph) /],
  ['svg', /^<svg [\s\S]*<\/svg>\n$/],
] as const

test.each(FORMATS)('a topology is described as %s', async (format, shape) => {
  const { status, stdout } = await orion('topology', 'describe', 'snapshots', '--format', format)
  expect(status).toBe(0)
  expect(stdout).toMatch(shape)
  if (format === 'json') expect(() => JSON.parse(stdout)).not.toThrow()
})

test('topology list names the topologies in the order of the data, as a table and as JSON', async () => {
  const { stdout } = await orion('topology', 'list', '--json')
  const names = stdout
    .trim()
    .split('\n')
    .map((line) => (JSON.parse(line) as { topology: string }).topology)
  expect(names.slice(0, 3)).toEqual(['market-data', 'snapshots', 'bars'])
  expect(names).toEqual(topologies.map(({ name }) => name))
  expect((await orion('topology', 'list')).stdout).toMatch(/^topology +.*does\nmarket-data +\w/)
})
