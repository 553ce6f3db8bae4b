import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { prometheusMetrics } from './prometheus.ts'

const ROOT = join(import.meta.dirname, '..')
const COMPOSE = join(ROOT, 'compose')
const REPORTING_ROOMS = ['cli', 'gateway', 'sink', 'streams', 'feeds']
const compose = readFileSync(join(COMPOSE, 'compose.yaml'), 'utf8')

test('every metric on the Grafana dashboard is one that the code reports', async () => {
  const dashboard = readFileSync(join(COMPOSE, 'grafana', 'dashboards', 'orion.json'), 'utf8')
  const reported = new Set([...namesInSource(), ...(await processMetrics())])
  const shown = [...new Set(dashboard.match(/orion_[a-z0-9_]+/g))]
  expect(shown.length).toBeGreaterThan(15)
  expect(shown.filter((name) => !reported.has(name) && !isBucket(name, reported))).toEqual([])
})

test('panels ask the data source that is provisioned', () => {
  const { panels } = JSON.parse(
    readFileSync(join(COMPOSE, 'grafana', 'dashboards', 'orion.json'), 'utf8'),
  ) as { panels: { datasource: { uid: string } }[] }
  const source = readFileSync(
    join(COMPOSE, 'grafana', 'provisioning', 'datasources', 'prometheus.yaml'),
    'utf8',
  )
  const uid = /uid: (\S+)/.exec(source)?.[1]
  expect(new Set(panels.map(({ datasource }) => datasource.uid))).toEqual(new Set([uid]))
})

test('what compose.yaml mounts and builds from is there', () => {
  const mounted = [...compose.matchAll(/- \.\/(\S+?):\//g)].map(([, path = '']) => path)
  expect(mounted.length).toBeGreaterThan(2)
  expect(mounted.filter((path) => !existsSync(join(COMPOSE, path)))).toEqual([])
  const dockerfile = /dockerfile: (\S+)/.exec(compose)?.[1] ?? 'none'
  expect(existsSync(join(ROOT, dockerfile))).toBe(true)
})

test('no password is written down: each is a variable with a default that says what it is', () => {
  const passwords = [...compose.matchAll(/^ *\S*PASSWORD: (.+)$/gm)].map(([, value]) => value)
  expect(passwords.length).toBeGreaterThan(2)
  for (const value of passwords) expect(value).toMatch(/^\$\{[A-Z_]+:-demo-only\}$/)
})

function namesInSource(): readonly string[] {
  return REPORTING_ROOMS.flatMap((room) =>
    readdirSync(join(ROOT, room), { recursive: true, withFileTypes: true })
      .filter(({ name }) => name.endsWith('.ts') && !name.endsWith('.test.ts'))
      .flatMap((file) => {
        const text = readFileSync(join(file.parentPath, file.name), 'utf8')
        return [...text.matchAll(/'(orion_[a-z0-9_]+)'/g)].map(([, name = '']) => name)
      }),
  )
}

/** Those of Node and the process, which come with the metrics library. */
async function processMetrics(): Promise<readonly string[]> {
  const text = await prometheusMetrics().text()
  return [...text.matchAll(/^# TYPE (\S+)/gm)].map(([, name = '']) => name)
}

function isBucket(name: string, reported: ReadonlySet<string>): boolean {
  return name.endsWith('_bucket') && reported.has(name.slice(0, -'_bucket'.length))
}
