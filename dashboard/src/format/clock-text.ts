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

const localDay = new Intl.DateTimeFormat('en-GB', { day: '2-digit', month: 'short' })

/** Today `14:03:05.1`, else `20 Nov 14:03`, local. */
export function localInstantText(timeMs: number, nowMs: number = Date.now()): string {
  const time = local.format(timeMs)
  if (new Date(timeMs).toDateString() === new Date(nowMs).toDateString())
    return `${time}.${Math.floor((timeMs % 1_000) / 100)}`
  return `${localDay.format(timeMs)} ${time.slice(0, 5)}`
}
