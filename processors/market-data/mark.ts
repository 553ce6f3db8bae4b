import type { MarketSnapshotUpdated, MarkState } from '#avro'

const MARK_EVERY_MS = 1_000
/** A move of the mid that is told at once: 5 basis points. */
const JUMP = 5e-4

/**
 * The mark after a snapshot, or undefined where the last one stands: at most one a second of event time, at once on a jump, and only when a
 * price changed. Not from a crossed or suspicious market, nor from a message that came late. The mid of an instrument without one is the
 * last traded price.
 */
export function markAfter(
  last: MarkState | undefined,
  snapshot: MarketSnapshotUpdated,
): MarkState | undefined {
  const { bid, ask, eventTimeMs, flags } = snapshot
  if (flags.length > 0 && (flags.includes('CROSSED') || flags.includes('SUSPICIOUS')))
    return undefined
  const mid = snapshot.mid ?? snapshot.lastPrice
  if (last === undefined)
    return bid === null && ask === null && mid === null
      ? undefined
      : { sequence: 1, bid, ask, mid, eventTimeMs }
  const elapsedMs = eventTimeMs - last.eventTimeMs
  if (elapsedMs < 0) return undefined
  if (elapsedMs < MARK_EVERY_MS && !isJump(last.mid, mid)) return undefined
  if (bid === last.bid && ask === last.ask && mid === last.mid) return undefined
  return { sequence: last.sequence + 1, bid, ask, mid, eventTimeMs }
}

function isJump(from: number | null, to: number | null): boolean {
  if (from === null || to === null) return from !== to
  return from !== to && Math.abs(to - from) >= Math.abs(from) * JUMP
}
