import type { TemplatedApp, us_listen_socket } from 'uWebSockets.js'
import { createServer } from 'node:net'
import { StreamsError } from '#streams'
import { assemble } from './assemble.ts'
import type { GatewayOptions } from './gateway-options.ts'
import type { HttpFront } from './http/http-front.ts'
import { loadUws } from './http/load-uws.ts'
import { gatewayLimits } from './limits.ts'
import { startFrames } from './stream/start-frames.ts'

export interface Gateway {
  readonly url: string
  readonly port: number
  /** Open WebSocket connections. */
  readonly connections: number
  /** May be called again. Ends connections with 1001, waits up to 2 s for requests under way, stops the views. */
  close(): Promise<void>
}

const CLOSE_MS_MAX = 2_000

/**
 * Starts the gateway; resolves when it listens. The views fill while it serves: `/readyz` says when they have caught up.
 * @throws {StreamsError} GATEWAY_UNSUPPORTED_NODE, GATEWAY_PORT_UNAVAILABLE, GATEWAY_BAD_LIMIT
 */
export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  const limits = gatewayLimits(options.limits)
  const uws = await loadUws()
  await options.identity.prepare()
  const parts = assemble(options, limits)
  const app = uws.App()
  parts.stream.attach(app)
  app.any('/*', (res, req) => parts.http.handle(res, req))
  const listening = await listenAlone(app, options)
  if (listening === false) {
    parts.stream.close()
    throw new StreamsError(
      'GATEWAY_PORT_UNAVAILABLE',
      `cannot listen on ${options.host}:${options.port}`,
      {},
      'End what listens there, or choose another --port.',
    )
  }
  for (const view of parts.views) view.start()
  const stopFrames = startFrames(parts.channel, limits.coalesceIntervalMs, options)
  const port = uws.us_socket_local_port(listening)
  let closed: Promise<void> | undefined
  const close = async (): Promise<void> => {
    uws.us_listen_socket_close(listening)
    stopFrames()
    parts.stream.close()
    parts.channels.close()
    await idle(parts.http)
    await Promise.all(parts.views.map((view) => view.close()))
    await parts.writer.close()
    app.close()
  }
  const name =
    options.host === '127.0.0.1' || options.host === '0.0.0.0' || options.host === '::'
      ? 'localhost'
      : options.host
  return {
    url: `http://${name}:${port}`,
    port,
    get connections() {
      return parts.stream.connections
    },
    close: () => {
      closed ??= close()
      return closed
    },
  }
}

/**
 * uWebSockets shares a port that another process listens on (SO_REUSEPORT), and its exclusive flag refuses a port with connections in TIME_WAIT, that is
 * every restart with a client open. So Node's own listener asks first, which minds the one and not the other. The typings lack this form of `listen`.
 */
async function listenAlone(
  app: TemplatedApp,
  { host, port }: { readonly host: string; readonly port: number },
): Promise<us_listen_socket | false> {
  if (port !== 0 && !(await portIsFree({ host, port }))) return false
  const listener = app as unknown as {
    listen(host: string, port: number, done: (socket: us_listen_socket | false) => void): void
  }
  return new Promise((resolve) => listener.listen(host, port, resolve))
}

function portIsFree({
  host,
  port,
}: {
  readonly host: string
  readonly port: number
}): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer()
    probe.once('error', () => resolve(false))
    probe.listen({ host, port, exclusive: true }, () => probe.close(() => resolve(true)))
  })
}

async function idle(http: HttpFront): Promise<void> {
  const steps = CLOSE_MS_MAX / 10
  for (let step = 0; step < steps && http.inFlight > 0; step += 1) {
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}
