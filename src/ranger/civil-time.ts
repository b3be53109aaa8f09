/** Days and times as a calendar on the wall shows them, counted without a zone in milliseconds since 1970. */

export const MINUTE_MS = 60_000
export const DAY_MS = 86_400_000

const BOUND = /^(\d{4})\/(\d{1,2})\/(\d{1,2}) (\d{1,2}):(\d{1,2}):(\d{1,2})$/
const DAYS_OF_400_YEARS = 146_097
/** From the first of March of the year 0 to the first of January 1970. */
const DAYS_BEFORE_1970 = 719_468

/** A day of the calendar. `month` 1 to 12. */
export interface CivilDay {
  readonly year: number
  readonly month: number
  readonly day: number
}

/** The number of days from 1970 to a day; months and days that are too large run on. */
export function daysFromCivil(year: number, month: number, day: number): number {
  // Years are counted from March, so that the day that is not always there is the last one.
  const marchYear = month <= 2 ? year - 1 : year
  const era = Math.floor(marchYear / 400)
  const yearOfEra = marchYear - era * 400
  const dayOfYear = Math.floor((153 * ((month + 9) % 12) + 2) / 5) + day - 1
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear
  return era * DAYS_OF_400_YEARS + dayOfEra - DAYS_BEFORE_1970
}

/** The day that is so many days after the first of January 1970. */
export function civilFromDays(days: number): CivilDay {
  const shifted = days + DAYS_BEFORE_1970
  const era = Math.floor(shifted / DAYS_OF_400_YEARS)
  const dayOfEra = shifted - era * DAYS_OF_400_YEARS
  const leapDays =
    Math.floor(dayOfEra / 1460) - Math.floor(dayOfEra / 36_524) + Math.floor(dayOfEra / 146_096)
  const yearOfEra = Math.floor((dayOfEra - leapDays) / 365)
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100))
  const monthFromMarch = Math.floor((5 * dayOfYear + 2) / 153)
  const month = ((monthFromMarch + 2) % 12) + 1
  return {
    year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0),
    month,
    day: dayOfYear - Math.floor((153 * monthFromMarch + 2) / 5) + 1,
  }
}

/** The day of the week as Java counts: 1 is Sunday, 7 is Saturday. */
export const dayOfWeek = (days: number): number => ((((days + 4) % 7) + 7) % 7) + 1

/** Reads `yyyy/MM/dd HH:mm:ss`; null for a text that is no such time, and for a day or an hour that does not exist. */
export function parseWallClock(text: string): number | null {
  const match = BOUND.exec(text)
  if (match === null) return null
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match.slice(1).map(Number)
  const days = daysFromCivil(year, month, day)
  const civil = civilFromDays(days)
  const exists = civil.year === year && civil.month === month && civil.day === day
  if (!exists || hour > 23 || minute > 59 || second > 59) return null
  return days * DAY_MS + (hour * 60 + minute) * MINUTE_MS + second * 1000
}
