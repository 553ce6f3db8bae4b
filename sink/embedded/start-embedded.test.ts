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

test('a session that is ended is refused within a second, after a restart, and when it was ended before the start', async () => {
  const house = await openEngineHouse()
  try {
    const quant = await house.issuer.token({ sessionId: 'one' })
    const other = await house.issuer.token({ sessionId: 'two' })
    const status = async (token: string) => (await house.ask('SELECT 1', token)).status
    expect(await status(quant)).toBe(200)
    const untilMs = systemClock.nowMs() + 600_000
    house.engine.revoke('one', untilMs)
    await eventually(async () => (await status(quant)) === 403, {
      timeoutMs: 1_000,
      what: 'the refusal',
    })
    expect((await house.ask('SELECT 1', quant)).text).toMatch(/^Code: 516\..*has ended/u)
    expect(await status(other)).toBe(200)
    const pid = house.engine.pid()
    if (pid === undefined) throw new Error('the engine has no process')
    process.kill(pid, 'SIGKILL')
    // Ended while there is no engine to tell.
    house.engine.revoke('two', untilMs)
    await eventually(() => house.clickhouse.ping(), { timeoutMs: 20_000, what: 'an answer' })
    expect([await status(quant), await status(other)]).toEqual([403, 403])
  } finally {
    await house.close()
  }
  const next = await openEngineHouse([['three', systemClock.nowMs() + 600_000]])
  try {
    const quant = await next.issuer.token({ sessionId: 'three' })
    expect((await next.ask('SELECT 1', quant)).status).toBe(403)
  } finally {
    await next.close()
  }
})

test('rows of a statement under way when its session ends are not handed out', async () => {
  const house = await openEngineHouse()
  try {
    const quant = await house.issuer.token({ sessionId: 'one' })
    const sql = 'SELECT count() FROM numbers(60000000) WHERE sipHash64(number) = 1'
    const reply = house.ask(sql, quant)
    const running = async () =>
      (
        await house.clickhouse.query(
          "SELECT 1 FROM system.processes WHERE query LIKE '%sipHash64(number) = 1%' AND query NOT LIKE '%processes%'",
        )
      ).length > 0
    await eventually(running, { timeoutMs: 5_000, what: 'the statement' })
    house.engine.revoke('one', systemClock.nowMs() + 600_000)
    expect((await reply).status).toBe(403)
  } finally {
    await house.close()
  }
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
