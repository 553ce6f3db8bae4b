import { chmodSync, unlinkSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { connect } from 'node:net'
import { join, resolve } from 'node:path'
import { z } from 'zod'
import { type Logger, StreamsError } from '#streams'
import type { Operator } from './operator.ts'

const REQUEST_BYTES_MAX = 65_536
/** What every platform's socket addresses have room for. */
const SOCKET_PATH_BYTES_MAX = 103

const requestSchema = z.object({ method: z.string(), args: z.record(z.string(), z.unknown()) })

export function controlSocket(dataDir: string): string {
  return join(dataDir, 'control.sock')
}

/** True when a process answers on the socket of this data directory. */
export function isRunning(dataDir: string): Promise<boolean> {
  return new Promise((answered) => {
    const socket = connect(controlSocket(dataDir))
    socket.on('connect', () => {
      socket.destroy()
      answered(true)
    })
    socket.on('error', () => answered(false))
  })
}

export interface Control {
  /** From now on requests are answered; before, they are told that the start is under way. */
  serve(operator: Operator): void
  close(): Promise<void>
}

/**
 * Takes the socket of a data directory, and with it the directory: one process at a time has it. Only this user can open it: `POST {method,
 * args}`, answered by JSON lines. A failure is a last line `{"error": {...}}`.
 * @throws {StreamsError} START_ALREADY_RUNNING, START_PATH_TOO_LONG
 */
export async function openControl(dataDir: string, logger: Logger): Promise<Control> {
  const path = controlSocket(dataDir)
  let operator: Operator | undefined
  const server = createServer((request, response) => {
    answer(operator, request, response).catch((error: unknown) => {
      logger.warn({ entity: 'control', error: String(error) }, 'a control request failed')
      response.destroy()
    })
  })
  await takeSocket(server, dataDir, path)
  chmodSync(path, 0o600)
  return {
    serve: (ready) => {
      operator = ready
    },
    close: () =>
      new Promise((closed) => {
        server.close(() => closed())
        server.closeAllConnections()
      }),
  }
}

/** A socket on which nobody answers is what a killed process left behind. */
async function takeSocket(server: Server, dataDir: string, path: string): Promise<void> {
  if (Buffer.byteLength(resolve(path)) > SOCKET_PATH_BYTES_MAX)
    throw new StreamsError(
      'START_PATH_TOO_LONG',
      `the path of the data directory leaves no room for a socket in it (${SOCKET_PATH_BYTES_MAX} bytes at most): ${resolve(path)}`,
      {},
      'Give a shorter --data-dir',
    )
  try {
    await listen(server, path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error
    if (await isRunning(dataDir))
      throw new StreamsError(
        'START_ALREADY_RUNNING',
        `another orion is running on the data directory ${resolve(dataDir)}`,
        {},
        'Stop it first, or give another --data-dir',
      )
    unlinkSync(path)
    await listen(server, path)
  }
}

function listen(server: Server, path: string): Promise<void> {
  return new Promise((done, reject) => {
    server.once('error', reject)
    server.listen(path, () => {
      server.off('error', reject)
      done()
    })
  })
}

async function answer(
  operator: Operator | undefined,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  response.setHeader('content-type', 'application/x-ndjson')
  const stop = new AbortController()
  response.on('close', () => stop.abort())
  try {
    const { method, args } = requestSchema.parse(JSON.parse(await readBody(request)))
    if (operator === undefined)
      throw new StreamsError(
        'CONTROL_NOT_READY',
        'orion is still starting on this data directory',
        {},
        'Try again after its ready line',
      )
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
  return new Promise((writable) => {
    response.once('drain', writable)
    signal.addEventListener('abort', () => writable(), { once: true })
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
