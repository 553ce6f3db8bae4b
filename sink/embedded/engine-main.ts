/**
 * The engine's process: opens the database, serves the SQL port, and ends with its parent. Started by start-embedded.ts.
 */
import { randomUUID } from 'node:crypto'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { constants, setPriority } from 'node:os'
import { join } from 'node:path'
import { authenticator } from './access.ts'
import { Engine } from './engine.ts'
import { writeEngineConfig } from './engine-config.ts'
import { sqlServer } from './http-server.ts'
import type { ChildMessage, RevokeMessage, StartMessage, StopMessage } from './messages.ts'
import { RevokedSessions } from './revoked-sessions.ts'

/** A predecessor that was killed may take this long to let go of the directory. */
const LOCK_WAIT_MS_MAX = 15_000
const CLOSE_MS_MAX = 8_000

const revoked = new RevokedSessions(() => Date.now())
let server: Server | undefined
let engine: Engine | undefined

// The channel breaks when the parent ends, whatever ended it. The data is safe at any instant: the engine may end at once.
process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'))
// The parent decides when to stop: a Ctrl-C goes to both.
process.on('SIGINT', () => {})
process.on('SIGTERM', () => {})
process.on('message', (message: StartMessage | RevokeMessage | StopMessage) => {
  if (message.kind === 'stop') stop()
  else if (message.kind === 'revoke') revoked.add(...message.session)
  else start(message).catch((cause: unknown) => fail(cause))
})

async function start(message: StartMessage): Promise<void> {
  try {
    // A long query gives way to trading.
    setPriority(constants.priority.PRIORITY_BELOW_NORMAL)
  } catch {
    // Not permitted here: it runs at the parent's priority.
  }
  for (const session of message.revoked) revoked.add(...session)
  const config = writeEngineConfig(join(message.directory, 'config'), message)
  engine = await open(join(message.directory, 'data'), config)
  const started = sqlServer({
    engine,
    authenticate: authenticator({ ...message, revoked }),
    revoked,
    newQueryId: randomUUID,
    monotonicMs: () => performance.now(),
  })
  server = started
  started.on('error', fail)
  started.listen({ host: message.host, port: message.port }, () => {
    const address = started.address() as AddressInfo
    tell({ kind: 'ready', port: address.port })
  })
}

async function open(directory: string, config: string): Promise<Engine> {
  const until = performance.now() + LOCK_WAIT_MS_MAX
  for (;;) {
    try {
      return new Engine(directory, config)
    } catch (cause) {
      if (performance.now() >= until) throw cause
      await new Promise((resolve) => setTimeout(resolve, 200))
    }
  }
}

function stop(): void {
  const force = setTimeout(() => process.exit(0), CLOSE_MS_MAX)
  force.unref()
  const end = () => {
    engine?.close()
    process.exit(0)
  }
  if (server === undefined) {
    end()
    return
  }
  server.close(end)
  server.closeIdleConnections()
}

function fail(cause: unknown): void {
  tell({
    kind: 'failed',
    what: cause instanceof Error ? cause.message : String(cause),
  })
  setTimeout(() => process.exit(1), 50)
}

function tell(message: ChildMessage): void {
  process.send?.(message)
}
