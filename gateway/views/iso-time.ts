const TIME_MS_MAX = 8_640_000_000_000_000

/** ISO 8601 of ms since the epoch; a time beyond what a Date holds is shown as the last one. */
export function isoTime(timeMs: number): string {
  return new Date(Math.max(-TIME_MS_MAX, Math.min(TIME_MS_MAX, timeMs))).toISOString()
}
