import { dayOf, type EpochDay, easterSunday, epochDay, nthWeekday, weekday } from './dates.ts'

/**
 * Days besides weekends on which a market is closed. Rules, from 2015 on, and closures that were ordered for one day; those to come are
 * unknown. WEEKEND: Saturdays and Sundays alone. NONE: always open.
 */
export type CalendarName = 'TARGET' | 'US_SETTLEMENT' | 'NYSE' | 'UK' | 'WEEKEND' | 'NONE'

const [SUN, MON, THU, SAT] = [0, 1, 4, 6] as const

export function holidaysOf(calendar: CalendarName, year: number): ReadonlySet<EpochDay> {
  const key = `${calendar}${year}`
  const known = cache.get(key)
  if (known !== undefined) return known
  const days = new Set(RULES[calendar](year).filter((day) => !isWeekend(day)))
  cache.set(key, days)
  return days
}

export function isWeekend(day: EpochDay): boolean {
  const of = weekday(day)
  return of === SAT || of === SUN
}

const cache = new Map<string, ReadonlySet<EpochDay>>()

const RULES: Readonly<Record<CalendarName, (year: number) => readonly EpochDay[]>> = {
  TARGET: target,
  US_SETTLEMENT: usSettlement,
  NYSE: nyse,
  UK: uk,
  WEEKEND: () => [],
  NONE: () => [],
}

function target(year: number): readonly EpochDay[] {
  const easter = easterSunday(year)
  return [
    dayOf(year, 1, 1),
    easter - 2,
    easter + 1,
    dayOf(year, 5, 1),
    dayOf(year, 12, 25),
    dayOf(year, 12, 26),
  ]
}

/** Of the whole country: a Saturday's is kept on Friday, a Sunday's on Monday. */
function usDays(year: number): readonly EpochDay[] {
  return [
    nthWeekday(year, 1, MON, 3),
    nthWeekday(year, 2, MON, 3),
    nthWeekday(year, 5, MON, -1),
    ...(year >= 2022 ? [observed(dayOf(year, 6, 19))] : []),
    observed(dayOf(year, 7, 4)),
    nthWeekday(year, 9, MON, 1),
    nthWeekday(year, 11, THU, 4),
    observed(dayOf(year, 12, 25)),
  ]
}

function usSettlement(year: number): readonly EpochDay[] {
  return [
    observed(dayOf(year, 1, 1)),
    // The Friday before a Saturday's New Year belongs to the year before.
    observed(dayOf(year + 1, 1, 1)),
    ...usDays(year),
    nthWeekday(year, 10, MON, 2),
    observed(dayOf(year, 11, 11)),
  ]
}

const NYSE_ONE_OFF = ['2018-12-05', '2025-01-09'].map(epochDay)

function nyse(year: number): readonly EpochDay[] {
  // New Year's is not moved to the Friday before: that is the last day of the accounting year.
  const newYear = dayOf(year, 1, 1)
  return [
    weekday(newYear) === SUN ? newYear + 1 : newYear,
    easterSunday(year) - 2,
    ...usDays(year),
    ...NYSE_ONE_OFF,
  ]
}

/** Days of May that were moved, and days of the Crown. */
const UK_MOVED_MAY: Readonly<Record<number, number>> = { 2020: 8 }
const UK_MOVED_SPRING: Readonly<Record<number, EpochDay>> = { 2022: epochDay('2022-06-02') }
const UK_ONE_OFF = ['2022-06-03', '2022-09-19', '2023-05-08'].map(epochDay)

function uk(year: number): readonly EpochDay[] {
  const easter = easterSunday(year)
  const mayDay = UK_MOVED_MAY[year]
  const christmas = dayOf(year, 12, 25)
  return [
    substitute(dayOf(year, 1, 1)),
    easter - 2,
    easter + 1,
    mayDay === undefined ? nthWeekday(year, 5, MON, 1) : dayOf(year, 5, mayDay),
    UK_MOVED_SPRING[year] ?? nthWeekday(year, 5, MON, -1),
    nthWeekday(year, 8, MON, -1),
    christmas,
    christmas + 1,
    // A day of Christmas at the weekend is given back on the next days after both.
    ...(isWeekend(christmas) ? [dayOf(year, 12, 27)] : []),
    ...(isWeekend(christmas + 1) ? [dayOf(year, 12, 28)] : []),
    ...UK_ONE_OFF,
  ]
}

function observed(day: EpochDay): EpochDay {
  const of = weekday(day)
  if (of === SAT) return day - 1
  return of === SUN ? day + 1 : day
}

/** The next Monday for a day at the weekend. */
function substitute(day: EpochDay): EpochDay {
  const of = weekday(day)
  if (of === SAT) return day + 2
  return of === SUN ? day + 1 : day
}
