import { Agent, type ClientRequest, type IncomingMessage, request } from 'node:http'
import type { HostInfo } from '../../streams-client-metadata.ts'
import type { Timers } from '../../timers.ts'
import { Position } from '../position.ts'
import { isQueryProblemKind, QueryProblem } from './query-problem.ts'

export interface JsonCall {
  readonly host: HostInfo
  readonly method: 'GET' | 'POST'
  readonly path: string
  readonly body?: string
  readonly authorization: string
  readonly correlationId?: string
  readonly timeoutMs: number
}

export interface JsonClientOptions {
  readonly timers: Timers
  readonly responseBytesMax: number
  readonly connectionsPerHostMax?: number
}

interface Exchanged {
  readonly status: number
  readonly text: string
  /** NaN where the answer does not say. */
  readonly retryAfterS: number
}

/** JSON over HTTP with connections kept open. Time and bytes of an answer are bounded. */
export class JsonClient {
  readonly #options: JsonClientOptions
  readonly #agent: Agent

  constructor(options: JsonClientOptions) {
    this.#options = options
    this.#agent = new Agent({ keepAlive: true, maxSockets: options.connectionsPerHostMax ?? 64 })
  }

  /** @throws {QueryProblem} what the server answered; `unavailable` where it did not answer in time */
  async call(call: JsonCall): Promise<unknown> {
    const exchanged = await this.#exchange(call)
    const json = parsed(exchanged.text)
    if (exchanged.status === 200 && json !== undefined) return json
    throw problemOf(exchanged, json, call)
  }

  close(): void {
    this.#agent.destroy()
  }

  /** A connection that was kept open may have been closed at the other end as it was used again: then the question goes out once more. */
  async #exchange(call: JsonCall): Promise<Exchanged> {
    for (;;) {
      const exchanged = await this.#exchangeOnce(call)
      if (exchanged !== 'stale-connection') return exchanged
    }
  }

  #exchangeOnce(call: JsonCall): Promise<Exchanged | 'stale-connection'> {
    const { host, method, path, body } = call
    return new Promise((resolve, reject) => {
      const sent: ClientRequest = request({
        agent: this.#agent,
        host: host.host,
        port: host.port,
        method,
        path,
        headers: {
          authorization: call.authorization,
          accept: 'application/json',
          ...(call.correlationId === undefined ? {} : { 'x-correlation-id': call.correlationId }),
          ...(body === undefined
            ? {}
            : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }),
        },
      })
      const callOff = this.#options.timers.after(call.timeoutMs, () =>
        sent.destroy(new Error(`no answer within ${call.timeoutMs} ms`)),
      )
      const failed = (cause: unknown): void => {
        callOff()
        reject(unreachable(host, cause))
      }
      sent.on('error', (error: NodeJS.ErrnoException) => {
        if (!sent.reusedSocket || error.code !== 'ECONNRESET') return failed(error)
        callOff()
        resolve('stale-connection')
      })
      sent.on('response', (response) => {
        readText(response, this.#options.responseBytesMax).then((text) => {
          callOff()
          const retryAfterS = Number(response.headers['retry-after'] ?? Number.NaN)
          resolve({ status: response.statusCode ?? 0, text, retryAfterS })
        }, failed)
      })
      sent.end(body)
    })
  }
}

async function readText(response: IncomingMessage, bytesMax: number): Promise<string> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of response as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes > bytesMax) {
      response.destroy()
      throw new Error(`the answer has more than ${bytesMax} bytes`)
    }
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function problemOf(
  { status, retryAfterS }: Exchanged,
  json: unknown,
  { host }: JsonCall,
): QueryProblem {
  const { type, detail, position } = (json ?? {}) as Readonly<Record<string, unknown>>
  const kind = typeof type === 'string' ? type.slice(type.lastIndexOf(':') + 1) : ''
  const told = typeof detail === 'string' ? detail.slice(0, 2_000) : ''
  if (!isQueryProblemKind(kind))
    return unreachable(host, new Error(`it answered ${status} without saying why`))
  const later = Number.isSafeInteger(retryAfterS) && retryAfterS >= 0 ? { retryAfterS } : {}
  return new QueryProblem(kind, told, { ...positionIn(position), ...later })
}

function positionIn(json: unknown) {
  if (json === undefined) return {}
  try {
    return { position: Position.fromJson(json).toJSON() }
  } catch {
    return {}
  }
}

function unreachable({ host, port }: HostInfo, cause: unknown): QueryProblem {
  const why = cause instanceof Error ? cause.message : String(cause)
  return new QueryProblem('unavailable', `${host}:${port} did not answer: ${why}`, {
    cause,
    retryAfterS: 1,
  })
}
