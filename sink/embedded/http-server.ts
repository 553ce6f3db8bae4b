import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { type Authenticate, type Caller, sessionEnded } from './access.ts'
import { ClickHouseError, engineError } from './clickhouse-error.ts'
import type { Engine, EngineReply, EngineRequest } from './engine.ts'
import { credentialsOf, readBody, requestParts } from './http-request.ts'
import { QueryLane } from './query-lane.ts'
import { RateLimit } from './rate-limit.ts'
import { READER_LIMITS, readerSettings } from './reader-limits.ts'
import type { RevokedSessions } from './revoked-sessions.ts'

/** Past the engine's own limit by this much, a query that does not look at the clock is stopped from outside. */
const STOP_AFTER_MS = READER_LIMITS.executionTimeMsMax + 2_000

export interface SqlServerOptions {
  readonly engine: Engine
  readonly authenticate: Authenticate
  readonly revoked: Pick<RevokedSessions, 'has'>
  readonly newQueryId: () => string
  readonly monotonicMs: () => number
}

/** ClickHouse's HTTP protocol over the engine: `GET /ping`, and statements at `/` by GET or POST. */
export function sqlServer({
  engine,
  authenticate,
  revoked,
  newQueryId,
  monotonicMs,
}: SqlServerOptions): Server {
  const users = new QueryLane({
    name: 'queries',
    runningMax: 2,
    waitingMax: 32,
    waitMsMax: 10_000,
    perOwnerMax: 4,
  })
  const reads = new QueryLane({
    name: 'service queries',
    runningMax: 2,
    waitingMax: 256,
    waitMsMax: 30_000,
    perOwnerMax: 512,
  })
  const writes = new QueryLane({
    name: 'inserts',
    runningMax: 2,
    waitingMax: 64,
    waitMsMax: 60_000,
    perOwnerMax: 128,
  })
  const rate = new RateLimit({ perSecond: 20, burst: 40 })
  const timezone = engine.timezone()

  const server = createServer((request, response) => {
    const queryId = newQueryId()
    answer(request, response, queryId).catch((cause: unknown) => {
      const error = engineError(cause)
      if (response.headersSent || response.destroyed) return response.destroy()
      response.writeHead(error.httpStatus, {
        ...common(queryId),
        'content-type': 'text/plain; charset=UTF-8',
        'x-clickhouse-exception-code': String(error.clickHouseCode),
        ...(error.httpStatus === 401
          ? { 'www-authenticate': 'Basic realm="ClickHouse server HTTP API"' }
          : {}),
        // What is left of a refused body is not read: the connection cannot be used again.
        ...(request.complete ? {} : { connection: 'close' }),
      })
      response.end(error.text())
    })
  })
  server.headersTimeout = 10_000
  server.requestTimeout = 120_000
  server.maxConnections = 256
  return server

  async function answer(
    request: IncomingMessage,
    response: ServerResponse,
    newId: string,
  ): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://localhost')
    const method = request.method ?? 'GET'
    if (
      url.pathname === '/ping' ||
      (url.pathname === '/' &&
        method === 'GET' &&
        url.search === '' &&
        request.headers.authorization === undefined)
    ) {
      response.writeHead(200, { 'content-type': 'text/html; charset=UTF-8' }).end('Ok.\n')
      return
    }
    if (url.pathname !== '/')
      throw new ClickHouseError(404, `There is nothing at ${url.pathname}: statements go to /`, 404)
    if (method !== 'GET' && method !== 'POST')
      throw new ClickHouseError(48, `${method} is not served`, 405)
    const caller = await authenticate(credentialsOf(url, request.headers))
    if (caller.kind === 'user') rate.take(caller.name, monotonicMs())
    const parts = requestParts(url, request.headers)
    if (
      parts.database !== 'orion' &&
      (caller.kind === 'user' || !/^\w{1,60}$/u.test(parts.database))
    ) {
      throw new ClickHouseError(81, `Database ${parts.database} does not exist`)
    }
    const body = await readBody(request, caller)
    const queryId = parts.queryId ?? newId
    const base = {
      // A user's id is his own text: the one that a query is stopped by is ours.
      queryId: newId,
      defaultFormat: parts.defaultFormat ?? 'TabSeparated',
      database: parts.database,
      parameters: parts.parameters,
      settings: caller.kind === 'user' ? readerSettings(parts.settings) : parts.settings,
    }
    const reply = await run(caller, base, parts.query, body, response)
    response.writeHead(200, {
      ...common(queryId),
      'content-type': contentType(reply.format),
      'content-length': reply.body.length,
      'x-clickhouse-format': reply.format,
      'x-clickhouse-timezone': timezone,
      'x-clickhouse-summary': JSON.stringify({
        // Rows read count those of other tenants that were filtered out: not told to users.
        read_rows: String(caller.kind === 'service' ? reply.rowsRead : 0),
        written_rows: String(reply.rowsWritten),
        result_bytes: String(reply.body.length),
      }),
    })
    response.end(reply.body)
  }

  function run(
    caller: Caller,
    base: Omit<EngineRequest, 'sql'>,
    query: string,
    body: Buffer,
    response: ServerResponse,
  ): Promise<EngineReply> {
    if (caller.kind === 'service') {
      const insert = /^\s*INSERT\s/iu.test(query === '' ? body.toString('utf8', 0, 64) : query)
      if (insert && query !== '' && body.length > 0) {
        return writes.run('service', () => engine.insert({ ...base, sql: query, data: body }))
      }
      const sql = joined(query, body)
      const format = /\bFORMAT\s+(\w+)\s*;?\s*$/iu.exec(sql)?.[1] ?? base.defaultFormat
      const work = () => engine.query(caller, { ...base, sql, defaultFormat: format })
      return insert ? writes.run('service', work) : reads.run('service', work)
    }
    const result = users.run(caller.name, async () => {
      // Whoever hung up while waiting costs nothing more.
      if (response.destroyed) throw new ClickHouseError(394, 'The client went away')
      if (revoked.has(caller.sessionId)) throw sessionEnded()
      const stop = () => engine.stop(base.queryId)
      const timer = setTimeout(stop, STOP_AFTER_MS)
      response.once('close', stop)
      try {
        return await engine.query(caller, { ...base, sql: joined(query, body) })
      } finally {
        clearTimeout(timer)
        response.off('close', stop)
      }
    })
    // Ended meanwhile: its rows, and what went wrong, are not handed out any more.
    return result.finally(() => {
      if (revoked.has(caller.sessionId)) throw sessionEnded()
    })
  }
}

function joined(query: string, body: Buffer): string {
  const text = body.toString('utf8')
  if (query === '') return text
  return text === '' ? query : `${query}\n${text}`
}

function common(queryId: string): Record<string, string> {
  return {
    'x-clickhouse-query-id': queryId,
    'x-clickhouse-server-display-name': 'orion',
    'cache-control': 'no-store',
  }
}

function contentType(format: string): string {
  if (/^JSON(?:Compact)?(?:Strings)?$/u.test(format)) return 'application/json; charset=UTF-8'
  if (/^(?:JSON.*EachRow.*|NDJSON|JSONLines)$/u.test(format))
    return 'application/x-ndjson; charset=UTF-8'
  if (/^CSV/u.test(format)) return 'text/csv; charset=UTF-8; header=absent'
  if (/^(?:TSV|TabSeparated)/u.test(format)) return 'text/tab-separated-values; charset=UTF-8'
  if (/^(?:Native|RowBinary.*|Arrow.*|Parquet|RawBLOB)$/u.test(format))
    return 'application/octet-stream'
  return 'text/plain; charset=UTF-8'
}
