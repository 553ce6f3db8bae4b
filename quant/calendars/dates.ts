/** A calendar day as its number since 1970-01-01 (a Thursday): no clock, no zone. */
export type EpochDay = number

const DAY_MS = 86_400_000

/** @param isoDate `YYYY-MM-DD` */
export function epochDay(isoDate: string): EpochDay {
  return Date.parse(`${isoDate}T00:00:00Z`) / DAY_MS
}

export function isoDate(day: EpochDay): string {
  return new Date(day * DAY_MS).toISOString().slice(0, 10)
}

/** @param month 1 to 12 */
export function dayOf(year: number, month: number, dayOfMonth: number): EpochDay {
  return Date.UTC(year, month - 1, dayOfMonth) / DAY_MS
}

export function yearOf(day: EpochDay): number {
  return new Date(day * DAY_MS).getUTCFullYear()
}

/** 0 is Sunday. */
export function weekday(day: EpochDay): number {
  return (((day + 4) % 7) + 7) % 7
}

/** The nth such weekday of a month; counted from its end where n is negative. */
export function nthWeekday(year: number, month: number, of: number, n: number): EpochDay {
  if (n < 0) {
    const last = dayOf(year, month + 1, 0)
    return last - ((weekday(last) - of + 7) % 7) + (n + 1) * 7
  }
  const first = dayOf(year, month, 1)
  return first + ((of - weekday(first) + 7) % 7) + (n - 1) * 7
}

/** Gregorian Easter Sunday (Meeus, Jones, Butcher). */
export function easterSunday(year: number): EpochDay {
  const a = year % 19
  const b = Math.floor(year / 100)
  const c = year % 100
  const d = Math.floor(b / 4)
  const e = b % 4
  const g = Math.floor((8 * b + 13) / 25)
  const h = (19 * a + b - d - g + 15) % 30
  const i = Math.floor(c / 4)
  const k = c % 4
  const l = (32 + 2 * e + 2 * i - h - k) % 7
  const m = Math.floor((a + 11 * h + 22 * l) / 451)
  const month = Math.floor((h + l - 7 * m + 114) / 31)
  return dayOf(year, month, ((h + l - 7 * m + 114) % 31) + 1)
}
