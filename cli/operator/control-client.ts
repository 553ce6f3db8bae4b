import { request } from 'node:http'
import { createInterface } from 'node:readline'
import { StreamsError } from '#streams'
import { controlSocket } from './control-server.ts'
import type { Operator } from './operator.ts'

/** The operator of a running process, over the socket in its data directory. */
export function connectOperator(dataDir: string): Operator {
  return new Proxy({} as Operator, {
    get: (_target, method) => (args: unknown) => call(controlSocket(dataDir), String(method), args),
  })
}

async function* call(socketPath: string, method: string, args: unknown): AsyncIterable<unknown> {
  const response = await new Promise<NodeJS.ReadableStream>((resolve, reject) => {
    const outgoing = request(
      { socketPath, method: 'POST', path: '/', headers: { 'content-type': 'application/json' } },
      resolve,
    )
    outgoing.on('error', (cause) =>
      reject(
        new StreamsError(
          'CONTROL_UNREACHABLE',
          `the orion that runs on this data directory does not answer on ${socketPath}: ${cause.message}`,
          {},
          'Try again; it may be closing',
          cause,
        ),
      ),
    )
    outgoing.end(JSON.stringify({ method, args }))
  })
  for await (const line of createInterface({ input: response })) {
    const value = JSON.parse(line) as { error?: { message: string } }
    // Code, place and remedy are in the message already.
    if (value.error !== undefined) throw new Error(value.error.message)
    yield value
  }
}
