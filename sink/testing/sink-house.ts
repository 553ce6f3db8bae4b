import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { exportJWK, generateKeyPair, type JSONWebKeySet, SignJWT } from 'jose'
import { openEmbeddedRegistry } from '#avro'
import { memoryEngine, rocksdbEngine } from '#state-stores'
import { noMetrics, silentLogger, systemClock } from '#streams'
import { type EmbeddedLog, openEmbeddedLog, partitionFor } from '#streams/log'
import { newTopics, openTopics, prepareTopics, recordKey, type Topics } from '#topics'
import { type ClickHouse, openClickHouse } from '../clickhouse.ts'
import {
  type EmbeddedClickHouse,
  type EmbeddedClickHouseOptions,
  startEmbeddedClickHouse,
} from '../embedded/start-embedded.ts'
import { tickEvent } from './market-events.ts'

const WHOLE_MARKET = ['UNKNOWN', 'FX', 'RATES', 'CREDIT', 'EQUITY', 'CRYPTO', 'COMMODITY']

/** Signs tokens as the identity provider does. */
interface TokenIssuer {
  readonly jwks: JSONWebKeySet
  token(claims?: {
    readonly tenant?: string
    readonly roles?: readonly string[]
    /** Of the entitlements; all when left out. */
    readonly assetClasses?: readonly string[]
    readonly user?: string
    /** Seconds from now. */
    readonly expiresIn?: number
    readonly issuer?: string
    readonly sessionId?: string
  }): Promise<string>
}

async function tokenIssuer(): Promise<TokenIssuer> {
  const { publicKey, privateKey } = await generateKeyPair('ES256')
  return {
    jwks: { keys: [{ ...(await exportJWK(publicKey)), kid: 'test', alg: 'ES256' }] },
    token: ({
      tenant = 'demo',
      roles = ['ANALYST'],
      assetClasses = WHOLE_MARKET,
      user = 'quant',
      expiresIn = 600,
      issuer = 'orion',
      sessionId = `session-${user}`,
    } = {}) =>
      new SignJWT({ tenant, roles, entitlements: { assetClasses }, sid: sessionId })
        .setProtectedHeader({ alg: 'ES256', kid: 'test' })
        .setSubject(user)
        .setIssuer(issuer)
        .setAudience('orion')
        .setExpirationTime(Math.floor(Date.now() / 1000) + expiresIn)
        .sign(privateKey),
  }
}

/** An embedded ClickHouse in a directory of its own. */
export interface EngineHouse {
  readonly engine: EmbeddedClickHouse
  readonly clickhouse: ClickHouse
  readonly issuer: TokenIssuer
  readonly serviceToken: string
  /** Sends a statement with a token; the status and the body. */
  ask(
    sql: string,
    token: string,
    search?: string,
  ): Promise<{ readonly status: number; readonly text: string }>
  close(): Promise<void>
}

export async function openEngineHouse(
  revoked: EmbeddedClickHouseOptions['revoked'] = [],
): Promise<EngineHouse> {
  const directory = mkdtempSync(join(tmpdir(), 'orion-engine-'))
  const issuer = await tokenIssuer()
  const serviceToken = randomBytes(32).toString('base64url')
  const engine = await startEmbeddedClickHouse({
    directory,
    port: 0,
    jwks: issuer.jwks,
    serviceToken,
    revoked,
    logger: silentLogger,
    clock: systemClock,
  })
  const clickhouse = openClickHouse({ url: engine.url, serviceToken })
  return {
    engine,
    clickhouse,
    issuer,
    serviceToken,
    ask: async (sql, token, search = '') => {
      const reply = await fetch(`${engine.url}/?${search}`, {
        method: 'POST',
        body: sql,
        headers: { authorization: `Bearer ${token}` },
      })
      return { status: reply.status, text: (await reply.text()).trim() }
    },
    close: async () => {
      await clickhouse.close()
      await engine.close()
      rmSync(directory, { recursive: true, force: true })
    },
  }
}

/** A log with the platform's topics, in memory or in a directory. */
export async function openLogHouse(directory?: string): Promise<{
  readonly log: EmbeddedLog
  readonly topics: Topics
}> {
  const log = await openEmbeddedLog({
    engine: directory === undefined ? memoryEngine() : rocksdbEngine(),
    directory: directory === undefined ? 'memory' : join(directory, 'log'),
    clock: systemClock,
    logger: silentLogger,
    metrics: noMetrics,
  })
  const registry = openEmbeddedRegistry(
    directory === undefined ? {} : { directory: join(directory, 'registry') },
  )
  const topics = openTopics({ env: 'test', registry })
  await log.admin.createTopics(newTopics(topics, { diskMaxBytes: 4_000_000_000 }))
  await prepareTopics(topics, registry)
  return { log, topics }
}

/** Appends `count` ticks, numbered from `first`, of ten instruments. */
export async function appendTicks(
  { log, topics }: { readonly log: EmbeddedLog; readonly topics: Topics },
  { first, count }: { readonly first: number; readonly count: number },
): Promise<void> {
  const producer = await log.createProducer({ clientId: 'test' })
  const { name, entry, valueSerde } = topics.marketdata.ticks
  for (let start = first; start < first + count; start += 2_000) {
    const partitions = new Map<
      number,
      { key: Uint8Array; value: Uint8Array; timestampMs: number }[]
    >()
    for (let index = start; index < Math.min(start + 2_000, first + count); index++) {
      const event = tickEvent(index)
      const key = Buffer.from(recordKey(event.tenantId, event.payload.instrumentId))
      const partition = partitionFor(key, entry.partitions)
      const records = partitions.get(partition) ?? []
      records.push({ key, value: valueSerde.serialize(name, event), timestampMs: event.occurredAt })
      partitions.set(partition, records)
    }
    await producer.send(
      [...partitions].map(([partition, records]) => ({ topic: name, partition, records })),
    )
  }
  await producer.close()
}

/** Waits until `done` says so, looking every 20 ms; fails after `timeoutMs`. */
export async function eventually(
  done: () => boolean | Promise<boolean>,
  { timeoutMs, what }: { readonly timeoutMs: number; readonly what: string },
): Promise<void> {
  const until = performance.now() + timeoutMs
  while (!(await done())) {
    if (performance.now() > until) throw new Error(`${what} did not happen within ${timeoutMs} ms`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}
