export { businessDaysAfter, isBusinessDay } from './calendars/business-days.ts'
export { CALENDARS, type CalendarName } from './calendars/holidays.ts'
