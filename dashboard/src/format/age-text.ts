/** How long ago, in the largest unit that fits: `0 s`, `42 s`, `3 min`, `2 h`, `5 d`. */
export function ageText(ageMs: number): string {
  const seconds = Math.max(0, Math.floor(ageMs / 1_000))
  if (seconds < 60) return `${seconds} s`
  const minutes = Math.floor(seconds / 60)
  if (minutes < 60) return `${minutes} min`
  const hours = Math.floor(minutes / 60)
  return hours < 48 ? `${hours} h` : `${Math.floor(hours / 24)} d`
}

/** Clocks of server and screen differ a little: the future is now. */
export function ageOf(timeMs: number, nowMs: number): string {
  return ageText(nowMs - timeMs)
}
