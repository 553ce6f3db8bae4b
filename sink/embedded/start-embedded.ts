import { type ChildProcess, fork } from 'node:child_process'
import { mkdirSync, statfsSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { JSONWebKeySet } from 'jose'
import { type Clock, type Counter, type Logger, type Metrics, StreamsError } from '#streams'
import type { ChildMessage, RevokeMessage, StartMessage } from './messages.ts'
import { type RevokedSession, RevokedSessions } from './revoked-sessions.ts'

export interface EmbeddedClickHouseOptions {
  /** Own directory, made if missing. */
  readonly directory: string
  /** 0: any free port, kept over restarts. */
  readonly port: number
  /** Default 127.0.0.1. */
  readonly host?: string
  /** Public keys of the identity provider whose tokens users send. */
  readonly jwks: JSONWebKeySet
  /** Secret that may write and sees all rows: 32 random bytes as text. */
  readonly serviceToken: string
  /** Sessions that were ended before this start while tokens of theirs are in date. */
  readonly revoked?: readonly RevokedSession[]
  readonly logger: Logger
  readonly clock: Clock
  readonly metrics?: Metrics
  /** Of the tokens; default `orion`. */
  readonly issuer?: string
  readonly audience?: string
  /** Of the engine; beyond it, queries fail, not the process. Default 1.5 GB. */
  readonly memoryBytesMax?: number
}

export interface EmbeddedClickHouse {
  /** `http://host:port`; stays the same when the engine is restarted. */
  readonly url: string
  /** Of the running process; undefined between a crash and the restart. */
  pid(): number | undefined
  /** How often the process was started again. */
  restarts(): number
  /**
   * Refuses the tokens of a session from now on (some ms), also after a restart of the engine; what it asked is not answered any more.
   * `untilMs`: when the last of them expires, ms since 1970.
   */
  revoke(sessionId: string, untilMs: number): void
  /** Lets running queries finish for 8 s. */
  close(): Promise<void>
}

const SERVICE_TOKEN_LENGTH_MIN = 32
const START_MS_MAX = 60_000
const CLOSE_MS_MAX = 9_000
const BACKOFF_MS_MIN = 200
const BACKOFF_MS_MAX = 10_000
/** A process that ran for this long starts with the least backoff again. */
const HEALTHY_MS = 30_000

/**
 * Starts ClickHouse in a process of its own and resolves when it answers. A crash is answered with a restart on the same port, after a
 * backoff of 0.2 to 10 s; the process ends when this one does, however it ends.
 * @throws {StreamsError} SINK_ENGINE_FAILED when the first start fails
 */
export async function startEmbeddedClickHouse(
  options: EmbeddedClickHouseOptions,
): Promise<EmbeddedClickHouse> {
  if (options.serviceToken.length < SERVICE_TOKEN_LENGTH_MIN) {
    throw new StreamsError(
      'SINK_SERVICE_TOKEN_WEAK',
      `the service token has ${options.serviceToken.length} characters`,
      {},
      `Give ${SERVICE_TOKEN_LENGTH_MIN} or more random characters.`,
    )
  }
  mkdirSync(options.directory, { recursive: true })
  const supervisor = new Supervisor(options)
  await supervisor.start()
  return supervisor
}

class Supervisor implements EmbeddedClickHouse {
  readonly #options: EmbeddedClickHouseOptions
  readonly #host: string
  readonly #revoked: RevokedSessions
  readonly #restartCounter: Counter | undefined
  #port: number
  #child: ChildProcess | undefined
  #restarts = 0
  #backoffMs = BACKOFF_MS_MIN
  #closing = false
  #timer: NodeJS.Timeout | undefined

  constructor(options: EmbeddedClickHouseOptions) {
    this.#options = options
    this.#host = options.host ?? '127.0.0.1'
    this.#port = options.port
    this.#revoked = new RevokedSessions(() => options.clock.nowMs())
    for (const session of options.revoked ?? []) this.#revoked.add(...session)
    this.#restartCounter = options.metrics?.counter(
      'orion_sink_engine_restarts_total',
      'Starts of the embedded ClickHouse after it ended unasked.',
    )
  }

  get url(): string {
    return `http://${this.#host.includes(':') ? `[${this.#host}]` : this.#host}:${this.#port}`
  }

  pid(): number | undefined {
    return this.#child?.pid
  }

  restarts(): number {
    return this.#restarts
  }

  revoke(sessionId: string, untilMs: number): void {
    this.#revoked.add(sessionId, untilMs)
    const message: RevokeMessage = { kind: 'revoke', session: [sessionId, untilMs] }
    // A process that has just ended is followed by one that gets the whole table.
    this.#child?.send(message, () => {})
  }

  async start(): Promise<void> {
    try {
      await this.#spawn()
    } catch (cause) {
      this.#closing = true
      this.#child?.kill('SIGKILL')
      throw cause
    }
  }

  async close(): Promise<void> {
    this.#closing = true
    clearTimeout(this.#timer)
    const child = this.#child
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
    await new Promise<void>((resolve) => {
      const force = setTimeout(() => child.kill('SIGKILL'), CLOSE_MS_MAX)
      child.once('exit', () => {
        clearTimeout(force)
        resolve()
      })
      child.send({ kind: 'stop' }, () => {})
    })
  }

  /** Resolves when the process answers; from then on its end means a restart. */
  #spawn(): Promise<void> {
    const { logger, clock, directory } = this.#options
    const startedMs = clock.monotonicMs()
    const child = fork(fileURLToPath(new URL('./engine-main.ts', import.meta.url)), [], {
      execPath: process.execPath,
      execArgv: ['--disable-warning=ExperimentalWarning', '--max-old-space-size=512'],
      // Statements run on libuv's threads: four users' and service's, two writers', and some for the file system.
      env: { ...process.env, UV_THREADPOOL_SIZE: '10' },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      serialization: 'json',
    })
    this.#child = child
    for (const stream of [child.stdout, child.stderr]) {
      if (stream !== null) {
        createInterface({ input: stream }).on('line', (line) =>
          logger.warn({ line: line.slice(0, 2_000) }, 'clickhouse engine wrote'),
        )
      }
    }
    return new Promise((resolve, reject) => {
      let ready = false
      let failure: string | undefined
      const deadline = setTimeout(() => child.kill('SIGKILL'), START_MS_MAX)
      child.on('message', (message: ChildMessage) => {
        switch (message.kind) {
          case 'ready':
            ready = true
            clearTimeout(deadline)
            this.#port = message.port
            logger.info(
              {
                url: this.url,
                pid: child.pid,
                startMs: Math.round(clock.monotonicMs() - startedMs),
              },
              'clickhouse engine answers',
            )
            return resolve()
          case 'failed':
            failure = message.what
            return
        }
      })
      child.once('error', (cause) => {
        failure ??= cause.message
      })
      child.once('exit', (code, signal) => {
        clearTimeout(deadline)
        if (this.#child === child) this.#child = undefined
        if (!ready) {
          reject(
            new StreamsError(
              'SINK_ENGINE_FAILED',
              `the embedded ClickHouse did not start: ${failure ?? `exit ${code ?? signal}`}`,
              { path: directory },
              'See whether another process holds the directory or the port; other platforms than Linux and macOS with glibc need --clickhouse URL.',
            ),
          )
        }
        if (this.#closing) return
        if (ready)
          logger.error(
            { code, signal, ...freeDisk(directory) },
            'clickhouse engine ended; it is started again',
          )
        if (ready || this.#restarts > 0)
          this.#restartLater(ready && clock.monotonicMs() - startedMs > HEALTHY_MS)
      })
      const message: StartMessage = {
        kind: 'start',
        directory,
        host: this.#host,
        port: this.#port,
        jwks: this.#options.jwks,
        serviceToken: this.#options.serviceToken,
        issuer: this.#options.issuer ?? 'orion',
        audience: this.#options.audience ?? 'orion',
        memoryBytesMax: this.#options.memoryBytesMax ?? 1_500_000_000,
        revoked: this.#revoked.entries(),
      }
      child.send(message, (cause) => {
        if (cause !== null) failure ??= cause.message
      })
    })
  }

  #restartLater(wasHealthy: boolean): void {
    this.#backoffMs = wasHealthy ? BACKOFF_MS_MIN : Math.min(this.#backoffMs * 2, BACKOFF_MS_MAX)
    this.#restarts += 1
    this.#restartCounter?.add(1)
    this.#timer = setTimeout(() => {
      this.#spawn().catch((cause: unknown) => {
        this.#options.logger.error(
          { cause: String(cause), backoffMs: this.#backoffMs },
          'clickhouse engine did not come back; trying again',
        )
      })
    }, this.#backoffMs)
  }
}

function freeDisk(directory: string): { readonly freeBytes?: number } {
  try {
    const { bavail, bsize } = statfsSync(directory)
    return { freeBytes: bavail * bsize }
  } catch {
    return {}
  }
}
