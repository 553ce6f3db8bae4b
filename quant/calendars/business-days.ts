import { type EpochDay, epochDay, isoDate, yearOf } from './dates.ts'
import { type CalendarName, holidaysOf, isWeekend } from './holidays.ts'

/** Whether a calendar, or each of several, is open. @param date `YYYY-MM-DD` */
export function isBusinessDay(date: string, calendars: readonly CalendarName[]): boolean {
  return isOpen(epochDay(date), calendars)
}

/**
 * The day this many days of business after a date; with 0 the date itself, or the next day of business. A day counts when all of
 * `counting` are open; the day that is found is one on which all of `final` are (`counting` unless given).
 */
export function businessDaysAfter(
  date: string,
  days: number,
  counting: readonly CalendarName[],
  final: readonly CalendarName[] = counting,
): string {
  let day = epochDay(date)
  for (let left = days; left > 0; ) {
    day += 1
    if (isOpen(day, counting)) left -= 1
  }
  while (!isOpen(day, final)) day += 1
  return isoDate(day)
}

function isOpen(day: EpochDay, calendars: readonly CalendarName[]): boolean {
  return calendars.every(
    (calendar) =>
      calendar === 'NONE' || !(isWeekend(day) || holidaysOf(calendar, yearOf(day)).has(day)),
  )
}
