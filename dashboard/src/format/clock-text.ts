const local = new Intl.DateTimeFormat('en-GB', { timeStyle: 'medium' })
const utc = new Intl.DateTimeFormat('en-GB', { timeStyle: 'medium', timeZone: 'UTC' })

export function localTimeText(timeMs: number): string {
  return local.format(timeMs)
}

export function utcTimeText(timeMs: number): string {
  return utc.format(timeMs)
}

/** `2026-11-21 14:03:05.123 UTC` */
export function utcInstantText(timeMs: number): string {
  return `${new Date(timeMs).toISOString().replace('T', ' ').replace('Z', '')} UTC`
}
