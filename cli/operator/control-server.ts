import { chmodSync, existsSync, unlinkSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { connect } from 'node:net'
import { join } from 'node:path'
import { z } from 'zod'
import { type Logger, StreamsError } from '#streams'
import type { Operator } from './operator.ts'

const REQUEST_BYTES_MAX = 65_536

const requestSchema = z.object({ method: z.string(), args: z.record(z.string(), z.unknown()) })

export function controlSocket(dataDir: string): string {
  return join(dataDir, 'control.sock')
}

/** True when a process answers on the socket of this data directory. */
export function isRunning(dataDir: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(controlSocket(dataDir))
    socket.on('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.on('error', () => resolve(false))
  })
}

/**
 * Serves an operator's methods on a socket that only this user can open: `POST {method, args}`, answered by JSON lines. A failure is a
 * last line `{"error": {...}}`.
 */
export async function serveControl(
  dataDir: string,
  operator: Operator,
  logger: Logger,
): Promise<{ close(): Promise<void> }> {
  const path = controlSocket(dataDir)
  if (existsSync(path)) unlinkSync(path)
  const server = createServer((request, response) => {
    answer(operator, request, response).catch((error: unknown) => {
      logger.warn({ entity: 'control', error: String(error) }, 'a control request failed')
      response.destroy()
    })
  })
  await listen(server, path)
  chmodSync(path, 0o600)
  return {
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

function listen(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(path, () => resolve())
  })
}

async function answer(
  operator: Operator,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  response.setHeader('content-type', 'application/x-ndjson')
  const stop = new AbortController()
  response.on('close', () => stop.abort())
  try {
    const { method, args } = requestSchema.parse(JSON.parse(await readBody(request)))
    const call = (
      operator as unknown as Record<string, ((args: unknown) => AsyncIterable<unknown>) | undefined>
    )[method]
    if (typeof call !== 'function')
      throw new StreamsError(
        'CONTROL_UNKNOWN_METHOD',
        `no method ${method}`,
        {},
        'Use the same version of orion for both',
      )
    for await (const line of call.call(operator, args)) {
      if (stop.signal.aborted) break
      if (!response.write(`${JSON.stringify(line)}\n`)) await drained(response, stop.signal)
    }
  } catch (error) {
    response.write(
      `${JSON.stringify({ error: { message: error instanceof Error ? error.message : String(error) } })}\n`,
    )
  }
  response.end()
}

function drained(response: ServerResponse, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    response.once('drain', resolve)
    signal.addEventListener('abort', () => resolve(), { once: true })
  })
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes > REQUEST_BYTES_MAX)
      throw new StreamsError(
        'CONTROL_TOO_LARGE',
        `a request of over ${REQUEST_BYTES_MAX} bytes`,
        {},
        'Ask for less',
      )
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}
