import { civilFromDays, DAY_MS, dayOfWeek, daysFromCivil, MINUTE_MS } from './civil-time.ts'
import type { Recurrence } from './model.ts'
import type { TimeZone } from './time-zone.ts'

/** Before this no policy had a schedule; nothing is looked for further back. */
const EARLIEST = daysFromCivil(2000, 1, 1) * DAY_MS

type Fits = (value: number) => boolean

/** Which days a recurrence starts on, and for each minute of a day the last one up to it at which it starts. */
interface StartTimes {
  readonly year: Fits
  readonly month: Fits
  readonly day: (day: number, weekDay: number) => boolean
  /** -1: none so early. */
  readonly lastMinute: (minuteOfDay: number) => number
}

/** A compiled recurrence. */
export interface CompiledRecurrence {
  /** The last moment up to which it certainly lasts, where it applies at `at`; null where it does not. */
  lastsUntil(at: number): number | null
}

/**
 * Compiles a recurrence in a time zone: it applies from each minute that its fields fit, for the whole of its interval, both
 * ends included. Days of the interval are days of the calendar, of 23 or 25 hours too.
 *
 * Shape: a start that the clock jumps over is at the jump; one that the clock shows twice is there twice. Without an interval
 * it always applies.
 * Source: org.apache.ranger.plugin.policyevaluator.RangerValidityScheduleEvaluator (2.9), except for the search.
 */
export function compileRecurrence({ fields, interval }: Recurrence, zone: TimeZone): CompiledRecurrence {
  const { days, hours, minutes } = interval
  const total = (days * 24 + hours) * 60 + minutes
  if (total <= 0) return { lastsUntil: () => Infinity }
  const times = startTimesOf(fields)
  const endOf = (start: number): number => {
    const end = start + (hours * 60 + minutes) * MINUTE_MS
    return days === 0 ? end : zone.toMoment(zone.toWallClock(end) + days * DAY_MS)
  }
  return {
    lastsUntil: (at) => {
      const earliest = Math.max(EARLIEST, at - total * MINUTE_MS - DAY_MS)
      const start = lastStart(times, zone, at, earliest)
      if (start === null) return null
      const end = endOf(start)
      return at <= end ? end : null
    },
  }
}

/** The last moment up to `at` at which the fields fit; null where there is none since `earliest`. */
function lastStart(times: StartTimes, zone: TimeZone, at: number, earliest: number): number | null {
  let moment = at
  while (moment >= earliest) {
    const { start, offset } = zone.periodAt(moment)
    const before = zone.periodAt(start - 1).offset
    // What the clock jumped over belongs to the time after the jump, so that what begins there is not lost.
    const low = start + Math.min(offset, before)
    const wallClock = lastFit(times, moment + offset, Math.max(low, earliest + offset - DAY_MS))
    if (wallClock !== null) return Math.max(wallClock - offset, start)
    moment = start - 1
  }
  return null
}

/** The last minute of the calendar from `low` up to a time at which the fields fit. */
function lastFit(times: StartTimes, time: number, low: number): number | null {
  let day = Math.floor(time / DAY_MS)
  let minute = Math.floor((time - day * DAY_MS) / MINUTE_MS)
  while ((day + 1) * DAY_MS > low) {
    const civil = civilFromDays(day)
    if (!times.year(civil.year)) day = daysFromCivil(civil.year, 1, 1)
    else if (!times.month(civil.month)) day = daysFromCivil(civil.year, civil.month, 1)
    else if (times.day(civil.day, dayOfWeek(day))) {
      const last = times.lastMinute(minute)
      const fit = day * DAY_MS + last * MINUTE_MS
      if (last >= 0) return fit >= low ? fit : null
    }
    day -= 1
    minute = 24 * 60 - 1
  }
  return null
}

function startTimesOf(fields: Recurrence['fields']): StartTimes {
  const dayOfMonthFits = fits(fields.dayOfMonth)
  const weekDayFits = fits(fields.dayOfWeek)
  const lastOf = (field: string, size: number): number[] => {
    const isFit = fits(field) ?? (() => true)
    let last = -1
    return Array.from({ length: size }, (_, value) => (last = isFit(value) ? value : last))
  }
  const lastHour = lastOf(fields.hour, 24)
  const lastMinute = lastOf(fields.minute, 60)
  const minuteIn = (hour: number, upTo: number): number => {
    const minute = lastMinute[upTo] ?? -1
    return hour < 0 || minute < 0 ? -1 : hour * 60 + minute
  }
  return {
    year: fits(fields.year) ?? (() => true),
    month: fits(fields.month) ?? (() => true),
    day: (day, weekDay) => (dayOfMonthFits?.(day) ?? false) || (weekDayFits?.(weekDay) ?? false),
    lastMinute: (minuteOfDay) => {
      const hour = Math.floor(minuteOfDay / 60)
      const now = lastHour[hour] === hour ? minuteIn(hour, minuteOfDay % 60) : -1
      return now >= 0 ? now : minuteIn(lastHour[hour - 1] ?? -1, 59)
    },
  }
}

/** Reads a list of numbers and ranges; null for a blank one. A star anywhere is all. */
function fits(field: string): Fits | null {
  const specs = specsOf(field)
  if (specs.length === 0) return null
  if (specs.some((spec) => spec.includes('*'))) return () => true
  const ranges = specs.map((spec) => {
    const [low = '', high = low] = spec.split('-')
    return [Number(low), Number(high)] as const
  })
  return (value) => ranges.some(([low, high]) => value >= low && value <= high)
}

/** The parts of a field, without blanks. */
export const specsOf = (field: string): string[] =>
  field
    .replaceAll(/\s/g, '')
    .split(',')
    .filter((spec) => spec !== '')
