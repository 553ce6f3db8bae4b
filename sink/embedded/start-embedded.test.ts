import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { silentLogger, systemClock } from '#streams'
import { eventually, openEngineHouse } from '../testing/sink-house.ts'
import { startEmbeddedClickHouse } from './start-embedded.ts'

const SECRET = 'x'.repeat(32)

test('an engine that is killed comes back on the same port with its rows', async () => {
  const house = await openEngineHouse()
  try {
    await house.clickhouse.command(
      'CREATE TABLE orion.ticks (a Int8, tenant_id String) ENGINE = MergeTree ORDER BY a',
    )
    await house.clickhouse.command("INSERT INTO orion.ticks VALUES (7, 'demo')")
    const { url } = house.engine
    const pid = house.engine.pid()
    if (pid === undefined) throw new Error('the engine has no process')
    process.kill(pid, 'SIGKILL')
    await eventually(() => house.engine.restarts() === 1, { timeoutMs: 5_000, what: 'the restart' })
    await eventually(() => house.clickhouse.ping(), { timeoutMs: 20_000, what: 'an answer' })
    expect(house.engine.url).toBe(url)
    expect(await house.clickhouse.query('SELECT a FROM orion.ticks')).toEqual([{ a: 7 }])
  } finally {
    await house.close()
  }
})

test('an engine ends with its parent, even if that is killed, and the next one opens the directory', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'orion-orphan-'))
  const script = fileURLToPath(new URL('../testing/hold-engine.ts', import.meta.url))
  const parent = spawn(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', script, directory],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  )
  const [line] = await new Promise<string[]>((resolve) => {
    createInterface({ input: parent.stdout }).once('line', (text) => resolve([text]))
  })
  const pid = Number(line)
  expect(isAlive(pid)).toBe(true)
  parent.kill('SIGKILL')
  // At once, without waiting for the orphan: the lock is waited for.
  const next = await startEmbeddedClickHouse({
    directory,
    port: 0,
    jwks: { keys: [] },
    serviceToken: SECRET,
    logger: silentLogger,
    clock: systemClock,
  })
  // It held the lock until it ended; only its entry in the process table may stay a moment.
  await eventually(() => !isAlive(pid), { timeoutMs: 5_000, what: 'the end of the orphan' })
  await next.close()
  rmSync(directory, { recursive: true, force: true })
})

test('a service token that could be guessed is refused', async () => {
  await expect(
    startEmbeddedClickHouse({
      directory: tmpdir(),
      port: 0,
      jwks: { keys: [] },
      serviceToken: 'short',
      logger: silentLogger,
      clock: systemClock,
    }),
  ).rejects.toMatchObject({ code: 'SINK_SERVICE_TOKEN_WEAK' })
})

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
