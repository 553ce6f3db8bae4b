import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { noMetrics, silentLogger } from '#streams'
import type { Config } from '../config/options.ts'
import { openIdentity } from '../identity.ts'
import { startClickHouse } from './clickhouse.ts'
import { Closers } from './closers.ts'

const CREDENTIALS = { tenant: 'demo', user: 'quant', clientAddress: '::1', correlationId: 'c' }

test('a log-out is heard at the SQL port within a second, and by the next start', async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'orion-session-'))
  const config = { dataDir, host: '127.0.0.1', sqlPort: 0 } as Config
  const open = async (closers: Closers) => {
    const identity = await openIdentity({
      dataDir,
      env: 'dev',
      demoPassword: 'secret',
      logger: silentLogger,
      metrics: noMetrics,
    })
    closers.add('identity', () => identity.close())
    const { sqlPort } = await startClickHouse(config, {
      identity,
      logger: silentLogger,
      metrics: noMetrics,
      closers,
    })
    const ask = async (token: string) => {
      const headers = { authorization: `Bearer ${token}` }
      const reply = await fetch(`http://127.0.0.1:${sqlPort}/?query=SELECT%201`, { headers })
      return reply.status
    }
    return { identity, ask }
  }
  const first = new Closers(silentLogger)
  const second = new Closers(silentLogger)
  try {
    const { identity, ask } = await open(first)
    const [{ accessToken: ended }, { accessToken: kept }] = [
      await identity.login({ ...CREDENTIALS, password: 'secret' }),
      await identity.login({ ...CREDENTIALS, password: 'secret' }),
    ]
    expect([await ask(ended), await ask(kept)]).toEqual([200, 200])
    const principal = identity.verify(ended)
    if (principal === undefined) throw new Error('the token is not valid')
    await identity.logout(principal, 'c')
    await vi.waitFor(async () => expect(await ask(ended)).toBe(403), { timeout: 1_000 })
    expect(await ask(kept)).toBe(200)
    await first.close()
    const next = await open(second)
    expect([await next.ask(ended), await next.ask(kept)]).toEqual([403, 200])
  } finally {
    await first.close()
    await second.close()
    rmSync(dataDir, { recursive: true, force: true })
  }
})
