export { businessDaysAfter, isBusinessDay } from './business-days.ts'
export type { CalendarName } from './holidays.ts'
