import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { type Logger, StreamsError } from '#streams'
import type { EmbeddedRegistry } from './embedded-registry.ts'
import { RegistryError } from './registry-error.ts'
import { answer } from './rest-routes.ts'

const CONTENT_TYPE = 'application/vnd.schemaregistry.v1+json'
const BODY_BYTES_MAX = 1024 * 1024
const CONNECTIONS_MAX = 256
const REQUEST_TIMEOUT_MS = 10_000

export interface ServeRegistryOptions {
  /** 0 takes a free one. */
  readonly port: number
  /** Loopback unless given: the API has no authentication. */
  readonly host?: string
  readonly logger?: Logger
}

export interface RegistryServer {
  readonly url: string
  readonly port: number
  /** Open requests are ended; the registry itself stays open. */
  close(): Promise<void>
}

/**
 * Serves the embedded registry over HTTP as Confluent's Schema Registry does: paths, bodies, codes. Bodies are at most 1 MiB.
 * @throws {StreamsError} REGISTRY_PORT_UNAVAILABLE
 */
export async function serveRegistry(
  registry: EmbeddedRegistry,
  { port, host = '127.0.0.1', logger }: ServeRegistryOptions,
): Promise<RegistryServer> {
  const server = createServer((request, response) => {
    handle(registry, request, response).catch((cause: unknown) => {
      logger?.error({ cause: String(cause) }, 'schema registry request failed')
      reply(response, 500, { error_code: 50001, message: 'Error in the backend data store' })
    })
  })
  server.maxConnections = CONNECTIONS_MAX
  server.requestTimeout = REQUEST_TIMEOUT_MS
  await listen(server, port, host)
  const address = server.address()
  const bound = typeof address === 'object' && address !== null ? address.port : port
  return {
    port: bound,
    url: `http://${host.includes(':') ? `[${host}]` : host}:${bound}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

function listen(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause) => {
      reject(
        new StreamsError(
          'REGISTRY_PORT_UNAVAILABLE',
          `cannot listen on ${host}:${port}: ${cause.message}`,
          {},
          'Choose another --registry-port.',
          cause,
        ),
      )
    })
    server.listen(port, host, resolve)
  })
}

async function handle(
  registry: EmbeddedRegistry,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  try {
    const { method = 'GET' } = request
    const url = requestUrl(request.url ?? '/')
    const path = url.pathname.split('/').slice(1).map(decoded)
    if (path.at(-1) === '') path.pop()
    const body = method === 'POST' || method === 'PUT' ? await readBody(request) : undefined
    reply(response, 200, answer(registry.store, { method, path, query: url.searchParams, body }))
  } catch (cause) {
    if (!(cause instanceof RegistryError)) throw cause
    if (cause.status === 413) response.setHeader('connection', 'close')
    reply(response, cause.status, { error_code: cause.errorCode, message: cause.message })
  }
}

function requestUrl(target: string): URL {
  const url = URL.parse(target, 'http://registry')
  if (url === null) throw new RegistryError(400, 'HTTP 400 Bad Request')
  return url
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    throw new RegistryError(400, 'HTTP 400 Bad Request')
  }
}

async function readBody(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes > BODY_BYTES_MAX) {
      throw new RegistryError(413, `The request is larger than ${BODY_BYTES_MAX} bytes`)
    }
    chunks.push(chunk)
  }
  if (bytes === 0) return undefined
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8'))
  } catch {
    throw new RegistryError(400, 'Unrecognized token: the body is not JSON')
  }
}

function reply(response: ServerResponse, status: number, body: unknown): void {
  if (response.headersSent || response.destroyed) return
  response.writeHead(status, { 'content-type': CONTENT_TYPE })
  response.end(JSON.stringify(body))
}
