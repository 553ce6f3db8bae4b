import type { Clock, Logger } from '#streams'
import type { MarketChannel } from './market-channel.ts'

/** Part of the time that passes may take, other work in between them included. */
const PASS_SHARE = 0.5
/** Intervals that two passes are apart at most. */
const APART_MAX = 2

/**
 * Passes start `intervalMs` apart. One that takes longer than its share shows that the thread has more to do than it can: the next is
 * put off, so that frames become fewer before prices become old.
 */
export function startFrames(
  channel: MarketChannel,
  intervalMs: number,
  { clock, logger }: { readonly clock: Clock; readonly logger: Logger },
): () => void {
  let timer: NodeJS.Timeout | undefined
  let stopped = false
  const next = (startedMs: number) => {
    if (stopped) return
    const tookMs = clock.monotonicMs() - startedMs
    const apartMs = Math.max(intervalMs, Math.min(intervalMs * APART_MAX, tookMs / PASS_SHARE))
    timer = setTimeout(run, Math.max(0, apartMs - tookMs))
  }
  const run = () => {
    const startedMs = clock.monotonicMs()
    channel
      .pass()
      .catch((error: unknown) =>
        logger.error({ error: String(error) }, 'gateway: writing frames failed'),
      )
      .finally(() => next(startedMs))
  }
  next(clock.monotonicMs())
  return () => {
    stopped = true
    clearTimeout(timer)
  }
}
