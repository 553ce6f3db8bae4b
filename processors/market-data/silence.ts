/** What is known, in memory, of how long an instrument has been silent. Mutable: one object an instrument, touched by every message. */
export interface Watch {
  readonly instrumentId: string
  /** Wall clock at the last message; undefined after a restart until the first look, from which silence then counts. */
  lastSeenMs: number | undefined
  lastEventTimeMs: number
  staleAfterMs: number
  stale: boolean
  /** When the silence began that made it stale. */
  sinceMs: number
  sequence: number
}

export interface Silence {
  readonly silentForMs: number
}

/**
 * Looks at an instrument at a moment of the wall clock; a silence longer than its limit turns it stale, once. After a restart silence
 * counts from the first look: time during which nobody listened is not the source's silence.
 */
export function look(watch: Watch, nowMs: number): Silence | undefined {
  if (watch.lastSeenMs === undefined) {
    watch.lastSeenMs = nowMs
    return undefined
  }
  const silentForMs = nowMs - watch.lastSeenMs
  if (watch.stale || silentForMs <= watch.staleAfterMs) return undefined
  watch.stale = true
  watch.sinceMs = watch.lastSeenMs
  watch.sequence++
  return { silentForMs }
}

/** Notes a message; the first one after a silence ends it. */
export function hear(watch: Watch, eventTimeMs: number, nowMs: number): Silence | undefined {
  watch.lastSeenMs = nowMs
  if (eventTimeMs > watch.lastEventTimeMs) watch.lastEventTimeMs = eventTimeMs
  if (!watch.stale) return undefined
  const silentForMs = Math.max(0, nowMs - watch.sinceMs)
  watch.stale = false
  watch.sinceMs = 0
  watch.sequence++
  return { silentForMs }
}
