import { readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { connectOperator } from '../operator/control-client.ts'
import type { OrionProcess } from '../testing/run-orion.ts'
import { isAlive, logLine, useOrion } from '../testing/use-orion.ts'

vi.setConfig({ testTimeout: 180_000 })

const ROOT = join(import.meta.dirname, '..', '..')
const ORION = ['node', join(ROOT, 'bin', 'orion.js'), 'start']
const NPM_START = ['npm', 'start', '--silent', '--']
const SMALL = ['--rate', '200', '--instruments', '20']
const CLOSE_MS_MAX = 10_000

const orion = useOrion()

test('the ready line is the only one on stdout; the logs on stderr are JSON', async () => {
  const process = orion.start(['--data-dir', orion.directory('data'), ...SMALL])
  const url = await process.ready()
  expect((await fetch(`${url}/healthz`)).status).toBe(200)
  const { gateway, sql, registry, demoPasswordFile } = logLine(process, 'running')
  expect(gateway).toBe(url)
  expect((await fetch(`${sql}/ping`)).status).toBe(200)
  expect((await fetch(`${registry}/subjects`)).status).toBe(200)
  expect(readFileSync(String(demoPasswordFile), 'utf8').trim()).not.toBe('')
  process.kill('SIGTERM')
  expect(await process.ended()).toBe(0)
  expect(process.output()).toBe(`ready ${url}\n`)
  expect(process.logs.length).toBeGreaterThan(5)
  for (const line of process.logs)
    expect(JSON.parse(line), line).toMatchObject({
      level: expect.any(String),
      msg: expect.any(String),
    })
})

test('a second start on the same data directory is refused in one line, and the first goes on', async () => {
  const dataDir = orion.directory('data')
  const first = orion.start(['--data-dir', dataDir, ...SMALL])
  const url = await first.ready()
  const second = orion.start(['--data-dir', dataDir, '--log-level', 'warn'])
  expect(await second.ended()).toBe(1)
  expect(second.logs).toEqual([
    `orion: START_ALREADY_RUNNING: another orion is running on the data directory ${dataDir}. Stop it first, or give another --data-dir`,
  ])
  expect(second.output()).toBe('')
  expect((await fetch(`${url}/healthz`)).status).toBe(200)
})

test('of two starts at the same moment one runs and the other is refused', async () => {
  const dataDir = orion.directory('data')
  const both = [0, 1].map(() =>
    orion.start(['--data-dir', dataDir, ...SMALL, '--log-level', 'warn']),
  )
  const readiness = await Promise.all(
    both.map((one) =>
      one.ready().then(
        () => true,
        () => false,
      ),
    ),
  )
  expect(readiness.filter(Boolean)).toHaveLength(1)
  const refused = both[readiness.indexOf(false)] as OrionProcess
  expect(await refused.ended()).toBe(1)
  expect(refused.logs.join('\n')).toMatch(/^orion: START_ALREADY_RUNNING: [^\n]+$/)
})

const STOPS = [
  ['SIGTERM', 'bin/orion.js', ORION],
  ['SIGINT', 'bin/orion.js', ORION],
  ['SIGTERM', 'npm start', NPM_START],
] as const

test.each(STOPS)(
  '%s to %s closes everything within ten seconds, with status 0',
  async (signal, _name, launcher) => {
    const dataDir = orion.directory('data')
    const process = orion.start(['--data-dir', dataDir, ...SMALL], {}, launcher)
    await process.ready()
    const pids = await pidsOf(process, dataDir)
    expect(pids.every(isAlive)).toBe(true)
    const startedMs = performance.now()
    process.kill(signal)
    expect(await process.ended(), process.logs.slice(-3).join('\n')).toBe(0)
    await vi.waitFor(() => expect(pids.filter(isAlive)).toEqual([]), { timeout: CLOSE_MS_MAX })
    expect(performance.now() - startedMs).toBeLessThan(CLOSE_MS_MAX)
  },
)

test('a signal during the start ends it with status 0 and without a ready line', async () => {
  const process = orion.start(['--data-dir', orion.directory('data'), ...SMALL])
  await vi.waitFor(() => expect(process.logs.length).toBeGreaterThan(0), { timeout: 60_000 })
  process.kill('SIGTERM')
  expect(await process.ended()).toBe(0)
  expect(process.output()).toBe('')
})

const AWAY = 'a Kafka broker does not answer: what it led or coordinated is asked of the others'

test('a signal while the brokers do not answer ends the start within two seconds, with status 0', async () => {
  const process = orion.start(['--data-dir', orion.directory('data'), '--brokers', '127.0.0.1:1'])
  await vi.waitFor(() => logLine(process, AWAY), { timeout: 60_000 })
  const startedMs = performance.now()
  process.kill('SIGTERM')
  expect(await process.ended(), process.logs.slice(-3).join('\n')).toBe(0)
  expect(performance.now() - startedMs).toBeLessThan(2_000)
  expect(process.output()).toBe('')
})

test('after kill -9 the engine ends too, and a start on the same directory and ports works at once', async () => {
  const dataDir = orion.directory('data')
  const killed = orion.start(['--data-dir', dataDir, ...SMALL])
  await killed.ready()
  const [main = 0, engine = 0] = await pidsOf(killed, dataDir)
  const ports = await portsOf(dataDir)
  process.kill(main, 'SIGKILL')
  const next = orion.start([
    '--data-dir',
    dataDir,
    ...SMALL,
    '--port',
    String(ports.gateway),
    '--sql-port',
    String(ports.sql),
    '--registry-port',
    String(ports.registry),
  ])
  await next.ready()
  await vi.waitFor(() => expect(isAlive(engine)).toBe(false), { timeout: 30_000 })
  expect(await portsOf(dataDir)).toMatchObject({
    gateway: ports.gateway,
    sql: ports.sql,
    registry: ports.registry,
  })
})

test('outside of dev there are no demo users', async () => {
  const process = orion.start([
    '--data-dir',
    orion.directory('data'),
    '--env',
    'prod',
    '--feed',
    'none',
  ])
  const url = await process.ready()
  for (const password of ['', 'demo', 'password']) {
    const response = await fetch(`${url}/api/v1/login`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ tenant: 'demo', user: 'trader', password }),
    })
    expect([400, 401, 403]).toContain(response.status)
    expect(await response.text()).not.toContain('accessToken')
  }
})

const PORTS = ['--port', '--sql-port', '--registry-port']

test.each(PORTS)('%s that is taken is named in one line', async (flag) => {
  const taken = createServer()
  await new Promise<void>((resolve) => {
    taken.listen(0, '127.0.0.1', resolve)
  })
  const { port } = taken.address() as { port: number }
  try {
    const process = orion.start([
      '--data-dir',
      orion.directory('data'),
      '--feed',
      'none',
      '--log-level',
      'error',
      flag,
      String(port),
    ])
    expect(await process.ended()).toBe(1)
    expect(process.logs).toHaveLength(1)
    expect(process.logs[0]).toMatch(/^orion: [A-Z_]+: /)
    expect(process.logs[0]).toContain(String(port))
    expect(process.logs[0]).toContain(flag)
  } finally {
    taken.close()
  }
})

test('with --topology only that one runs', async () => {
  const dataDir = orion.directory('data')
  const process = orion.start(['--data-dir', dataDir, '--feed', 'none', '--topology', 'snapshots'])
  const url = await process.ready()
  const names = new Set<string>()
  for await (const { topology } of connectOperator(dataDir).storeList({})) names.add(topology)
  expect([...names]).toEqual(['snapshots'])
  expect(await (await fetch(`${url}/metrics`)).text()).not.toContain('orion-dev-bars')
})

test('every part has its lines in /metrics', async () => {
  const process = orion.start(['--data-dir', orion.directory('data'), ...SMALL])
  const url = await process.ready()
  await vi.waitFor(
    async () => {
      const text = await (await fetch(`${url}/metrics`)).text()
      for (const part of ['log', 'task', 'thread', 'sink', 'gateway', 'feed', 'nodejs'])
        expect(new RegExp(`^orion_${part}_\\S+ [0-9.e+-]+$`, 'm').test(text), part).toBe(true)
      for (const name of [
        'orion_store_size_bytes{application="orion-dev-snapshots",task="0_0",store="snapshots"}',
        'orion_store_cache_hits_total{application="orion-dev-snapshots",task="0_0",store="snapshots"}',
        'orion_disk_used_bytes',
      ])
        expect(figureOf(text, name), name).toBeGreaterThan(0)
      expect(figureOf(text, 'orion_disk_max_bytes')).toBe(5_000_000_000)
      expect(Number(/^orion_feed_messages_total\S* (\d+)$/m.exec(text)?.[1])).toBeGreaterThan(0)
    },
    { timeout: 60_000, interval: 250 },
  )
})

function figureOf(metrics: string, series: string): number {
  const line = metrics.split('\n').find((one) => one.startsWith(`${series} `))
  return Number(line?.slice(series.length))
}

/** Of the process that runs on the directory, and of its ClickHouse. */
async function pidsOf(process: OrionProcess, dataDir: string): Promise<readonly number[]> {
  const engine = Number(logLine(process, 'clickhouse engine answers')['pid'])
  return [(await portsOf(dataDir)).pid, engine, process.child.pid ?? 0]
}

async function portsOf(dataDir: string) {
  for await (const ports of connectOperator(dataDir).ports({})) return ports
  throw new Error('no ports')
}
