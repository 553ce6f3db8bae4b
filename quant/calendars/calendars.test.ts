import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { epochDay, isoDate } from './dates.ts'
import { isWeekend } from './holidays.ts'
import { businessDaysAfter, type CalendarName, isBusinessDay } from './index.ts'

interface Golden {
  readonly from: string
  readonly to: string
  readonly calendars: Readonly<Record<string, readonly string[]>>
}

const golden: Golden = JSON.parse(
  readFileSync(new URL('golden/holidays.json', import.meta.url), 'utf8'),
)

test.each(Object.entries(golden.calendars))(
  '%s closes on the days that were published',
  (name, days) => {
    const closed: string[] = []
    for (let day = epochDay(golden.from); day <= epochDay(golden.to); day++) {
      const date = isoDate(day)
      if (!isWeekend(day) && !isBusinessDay(date, [name as CalendarName])) closed.push(date)
    }
    expect(closed).toEqual(days)
  },
)

test.each([
  // [from, days, counting, final, found]
  ['2026-11-20', 2, ['TARGET', 'US_SETTLEMENT'], undefined, '2026-11-24'],
  ['2026-11-24', 2, ['TARGET'], ['TARGET', 'US_SETTLEMENT'], '2026-11-27'],
  ['2026-11-24', 2, ['TARGET', 'US_SETTLEMENT'], undefined, '2026-11-27'],
  ['2026-11-25', 2, ['TARGET'], ['TARGET', 'US_SETTLEMENT'], '2026-11-27'],
  ['2026-11-25', 2, ['TARGET', 'US_SETTLEMENT'], undefined, '2026-11-30'],
  ['2026-12-24', 1, ['UK'], undefined, '2026-12-29'],
  ['2026-11-21', 0, ['WEEKEND'], undefined, '2026-11-23'],
  ['2026-11-21', 0, ['NONE'], undefined, '2026-11-21'],
  ['2026-11-20', 1, [], undefined, '2026-11-21'],
] as const)('%s and %i days of business of %j (%j) is %s', (from, days, counting, final, found) => {
  expect(businessDaysAfter(from, days, counting, final)).toBe(found)
})
