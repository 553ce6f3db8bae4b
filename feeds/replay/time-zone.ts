/**
 * Midnight of a day (`yyyymmdd`) in an IANA zone, as ms since the epoch. The offset is that of the day's noon, so that local
 * times of a trading day are right; a change of daylight saving falls on nights without trading.
 */
export function zoneMidnightMs(day: string, zone: string): number {
  const utcMidnightMs = Date.UTC(
    Number(day.slice(0, 4)),
    Number(day.slice(4, 6)) - 1,
    Number(day.slice(6, 8)),
  )
  const noonMs = utcMidnightMs + 12 * 3_600_000
  const parts = new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
  }).formatToParts(noonMs)
  const part = (type: Intl.DateTimeFormatPartTypes): number =>
    Number(parts.find((one) => one.type === type)?.value)
  const localNoonMs = Date.UTC(
    part('year'),
    part('month') - 1,
    part('day'),
    part('hour'),
    part('minute'),
  )
  return utcMidnightMs - (localNoonMs - noonMs)
}
