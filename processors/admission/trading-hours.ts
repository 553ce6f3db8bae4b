/** Weekday (Sunday is 0) and minute of the day, by the clock on a wall. */
interface LocalTime {
  readonly weekday: number
  readonly minute: number
}

interface Span {
  readonly fromMinute: number
  readonly toMinute: number
  readonly zone: string
}

const FRIDAY = 5
const SUNDAY = 0
const SATURDAY = 6

/** The week of currencies and swaps turns at five in the afternoon in New York. */
const WEEK_ZONE = 'America/New_York'
const WEEK_MINUTE = 17 * 60

/**
 * Whether a market with these hours is open at a time: `24x7`; `24x5`, Sunday to Friday 17:00 New York; `HH:MM-HH:MM Area/City`, Monday
 * to Friday by the local clock, the end excluded. Where the end is before the start, the session runs over midnight: it begins Sunday to
 * Thursday. Holidays are not known. Undefined when the text cannot be read.
 */
export function isOpenAt(hours: string, timeMs: number): boolean | undefined {
  if (hours === '24x7') return true
  if (hours === '24x5') return isInWeek(localTimeOf(WEEK_ZONE, timeMs))
  const span = spanOf(hours)
  if (span === undefined) return undefined
  const local = localTimeOf(span.zone, timeMs)
  return local === undefined ? undefined : isInSpan(span, local)
}

function isInWeek(local: LocalTime | undefined): boolean | undefined {
  if (local === undefined) return undefined
  const { weekday, minute } = local
  if (weekday === SATURDAY) return false
  if (weekday === SUNDAY) return minute >= WEEK_MINUTE
  return weekday < FRIDAY || minute < WEEK_MINUTE
}

function isInSpan({ fromMinute, toMinute }: Span, { weekday, minute }: LocalTime): boolean {
  const isWorkday = weekday !== SUNDAY && weekday !== SATURDAY
  if (fromMinute < toMinute) return isWorkday && minute >= fromMinute && minute < toMinute
  const beginsToday = weekday < FRIDAY && minute >= fromMinute
  return beginsToday || (isWorkday && minute < toMinute)
}

const SPAN = /^([01]\d|2[0-3]):([0-5]\d)-(?:([01]\d|2[0-3]):([0-5]\d)|24:00) ([A-Za-z_+\-/0-9]+)$/

function spanOf(hours: string): Span | undefined {
  const match = SPAN.exec(hours)
  if (match === null) return undefined
  const [, fromHour, fromMinute, toHour, toMinute, zone = ''] = match
  return {
    fromMinute: Number(fromHour) * 60 + Number(fromMinute),
    toMinute: toHour === undefined ? 24 * 60 : Number(toHour) * 60 + Number(toMinute),
    zone,
  }
}

const WEEKDAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat']

/** One for each zone that exists and was asked for: some hundreds at most. */
const clocks = new Map<string, Intl.DateTimeFormat>()

function localTimeOf(zone: string, timeMs: number): LocalTime | undefined {
  const clock = clocks.get(zone) ?? openClock(zone)
  if (clock === undefined) return undefined
  let weekday = 0
  let minute = 0
  for (const { type, value } of clock.formatToParts(timeMs)) {
    if (type === 'weekday') weekday = WEEKDAYS.indexOf(value)
    else if (type === 'hour') minute += Number(value) * 60
    else if (type === 'minute') minute += Number(value)
  }
  return { weekday, minute }
}

function openClock(timeZone: string): Intl.DateTimeFormat | undefined {
  try {
    const clock = new Intl.DateTimeFormat('en-US', {
      timeZone,
      hourCycle: 'h23',
      weekday: 'short',
      hour: 'numeric',
      minute: 'numeric',
    })
    clocks.set(timeZone, clock)
    return clock
  } catch {
    return undefined
  }
}
