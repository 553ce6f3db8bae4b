import type { IncomingMessage } from 'node:http'
import { gunzipSync } from 'node:zlib'
import type { Caller, Credentials } from './access.ts'
import { ClickHouseError } from './clickhouse-error.ts'

/** Of a user's request: a statement with its parameters. */
const USER_BODY_BYTES_MAX = 1_048_576
/** Of the sink's: one batch. */
const SERVICE_BODY_BYTES_MAX = 134_217_728

/** What a request says apart from its body. */
export interface RequestParts {
  readonly query: string
  readonly database: string
  readonly queryId: string | undefined
  readonly defaultFormat: string | undefined
  readonly settings: ReadonlyMap<string, string>
  readonly parameters: ReadonlyMap<string, string>
}

/** Parameters of the protocol that change nothing here: replies are always whole, uncompressed and without progress headers. */
const IGNORED: ReadonlySet<string> = new Set([
  'user',
  'password',
  'session_id',
  'session_check',
  'session_timeout',
  'client_protocol_version',
  'send_progress_in_http_headers',
  'http_headers_progress_interval_ms',
  'wait_end_of_query',
  'buffer_size',
  'enable_http_compression',
  'cancel_http_readonly_queries_on_client_close',
  'add_http_cors_header',
  'quota_key',
  'role',
  'http_make_head_request',
  'log_queries',
])

/** @throws {ClickHouseError} 48 where native block compression is asked for */
export function requestParts(url: URL, headers: IncomingMessage['headers']): RequestParts {
  let query = ''
  let database = header(headers, 'x-clickhouse-database') ?? 'orion'
  let queryId = header(headers, 'x-clickhouse-query-id')
  let defaultFormat = header(headers, 'x-clickhouse-format')
  const settings = new Map<string, string>()
  const parameters = new Map<string, string>()
  for (const [name, value] of url.searchParams) {
    if (name === 'query') query = value
    else if (name === 'database') database = value
    else if (name === 'query_id') queryId = value
    else if (name === 'default_format') defaultFormat = value
    else if (name === 'compress' || name === 'decompress') {
      if (value !== '0' && value !== 'false') {
        throw new ClickHouseError(
          48,
          `${name}=1 (ClickHouse's own block compression) is not served: use Content-Encoding: gzip, or none`,
        )
      }
    } else if (name.startsWith('param_')) parameters.set(identifier(name.slice(6)), value)
    else if (!IGNORED.has(name)) settings.set(identifier(name), value)
  }
  if (queryId !== undefined && !/^[\w.:-]{1,100}$/u.test(queryId)) queryId = undefined
  if (defaultFormat !== undefined && !/^\w{1,60}$/u.test(defaultFormat)) {
    throw new ClickHouseError(73, 'Unknown format')
  }
  if (database === '' || database === 'default') database = 'orion'
  return { query, database, queryId, defaultFormat, settings, parameters }
}

/** @throws {ClickHouseError} 194 where there are none */
export function credentialsOf(url: URL, headers: IncomingMessage['headers']): Credentials {
  const authorization = headers.authorization
  if (authorization !== undefined) {
    const [scheme = '', value = ''] = authorization.split(' ', 2)
    if (scheme.toLowerCase() === 'bearer') return { user: '', secret: value }
    if (scheme.toLowerCase() === 'basic') {
      const text = Buffer.from(value, 'base64').toString()
      const colon = text.indexOf(':')
      return { user: text.slice(0, Math.max(colon, 0)), secret: text.slice(colon + 1) }
    }
    throw new ClickHouseError(
      194,
      `Authorization by ${JSON.stringify(scheme)} is not served: use Basic or Bearer`,
    )
  }
  const key = header(headers, 'x-clickhouse-key')
  if (key !== undefined) return { user: header(headers, 'x-clickhouse-user') ?? '', secret: key }
  return {
    user: url.searchParams.get('user') ?? '',
    secret: url.searchParams.get('password') ?? '',
  }
}

/** The whole body, unpacked. @throws {ClickHouseError} 223 beyond the bound, 48 for an encoding other than gzip */
export async function readBody(request: IncomingMessage, caller: Caller): Promise<Buffer> {
  const bytesMax = caller.kind === 'service' ? SERVICE_BODY_BYTES_MAX : USER_BODY_BYTES_MAX
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes > bytesMax)
      throw new ClickHouseError(223, `The body is longer than ${bytesMax} bytes`)
    chunks.push(chunk)
  }
  const body = Buffer.concat(chunks)
  const encoding = request.headers['content-encoding'] ?? 'identity'
  if (encoding === 'identity' || body.length === 0) return body
  if (encoding !== 'gzip')
    throw new ClickHouseError(
      48,
      `Content-Encoding ${encoding} is not served: use gzip, or none`,
      415,
    )
  try {
    return gunzipSync(body, { maxOutputLength: bytesMax })
  } catch (cause) {
    throw new ClickHouseError(
      223,
      `The body cannot be unpacked within ${bytesMax} bytes: ${String(cause)}`,
    )
  }
}

function identifier(name: string): string {
  if (!/^[A-Za-z_]\w{0,100}$/u.test(name))
    throw new ClickHouseError(115, `Unknown setting ${JSON.stringify(name)}`)
  return name
}

function header(headers: IncomingMessage['headers'], name: string): string | undefined {
  const value = headers[name]
  return Array.isArray(value) ? value[0] : value
}
