export { businessDaysAfter, isBusinessDay } from './business-days.ts'
export { CALENDARS, type CalendarName } from './holidays.ts'
