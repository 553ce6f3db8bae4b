import type { Logger } from '#streams'

const CLOSE_MS_MAX = 9_500

export interface StopRequest {
  /** Resolves once, with true when the process is to end in failure. */
  readonly requested: Promise<boolean>
  stop(why: string, failed: boolean): void
  readonly stopping: boolean
  /** Aborted with the request, for waits that can be cut short. */
  readonly signal: AbortSignal
  /** For the start, between its parts. @throws {StartStopped} when it is to stop */
  goOn(): void
}

/** The start was asked to stop before it was ready: no failure. */
class StartStopped extends Error {}

/** SIGTERM, SIGINT, or a call of `stop`. A close that hangs is cut off, so that the process ends within ten seconds. */
export function untilStopped(logger: Logger): StopRequest {
  let resolve: (failed: boolean) => void = () => undefined
  let stopping = false
  const abort = new AbortController()
  const requested = new Promise<boolean>((settle) => {
    resolve = settle
  })
  const stop = (why: string, failed: boolean): void => {
    if (stopping) return
    stopping = true
    logger.info({ entity: 'orion', why }, 'closing')
    setTimeout(() => {
      logger.error({ entity: 'orion' }, `not closed after ${CLOSE_MS_MAX} ms: ended without`)
      process.exit(1)
    }, CLOSE_MS_MAX).unref()
    abort.abort()
    resolve(failed)
  }
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const)
    process.on(signal, () => stop(signal, false))
  return {
    requested,
    stop,
    signal: abort.signal,
    get stopping() {
      return stopping
    },
    goOn: () => {
      if (stopping) throw new StartStopped('stopped while starting')
    },
  }
}
