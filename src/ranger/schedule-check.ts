import { parseWallClock } from './civil-time.ts'
import type { Recurrence, ValiditySchedule } from './model.ts'
import { specsOf } from './recurrence.ts'
import { TimeZone } from './time-zone.ts'
import type { ScheduleProblem } from './validity.ts'

interface FieldRule {
  readonly name: keyof Recurrence['fields']
  readonly marks: string
  readonly minimum: number
  readonly maximum: number
}

const RULES: readonly FieldRule[] = [
  { name: 'minute', marks: ',', minimum: 0, maximum: 59 },
  { name: 'hour', marks: ',*-', minimum: 0, maximum: 23 },
  { name: 'dayOfMonth', marks: ',*-', minimum: 1, maximum: 31 },
  { name: 'dayOfWeek', marks: ',*-', minimum: 1, maximum: 7 },
  { name: 'month', marks: ',*-', minimum: 1, maximum: 12 },
  { name: 'year', marks: ',*-', minimum: 2017, maximum: 2100 },
]

/**
 * What Ranger Admin says about a schedule before it saves it, in its words.
 *
 * Shape: none for a good one. Where the start is open, Admin reads its clock; here any year that it knows is late enough.
 * Source: org.apache.ranger.plugin.model.validation.RangerValidityScheduleValidator (2.9).
 */
export function adminProblems(schedule: ValiditySchedule): ScheduleProblem[] {
  const { start, end, timeZone, recurrences } = schedule
  if (start === null && end === null && recurrences.length === 0) {
    return [{ field: 'startTime,endTime,recurrences', message: 'empty values' }]
  }
  const from = start === null ? null : parseWallClock(start)
  const to = end === null ? null : parseWallClock(end)
  const problems: ScheduleProblem[] = []
  const wrong = (field: string, message: string): void => void problems.push({ field, message })
  if (start !== null && from === null) wrong('startTime', 'invalid value')
  if (end !== null && to === null) wrong('endTime', 'invalid value')
  if (from !== null && to !== null && from >= to) wrong('startTime', 'endTime is not later than startTime')
  if (TimeZone.of(timeZone) === null) wrong('timeZone', 'invalid timeZone')
  const years = { minimum: yearOf(start) ?? 0, maximum: yearOf(end) ?? Infinity }
  for (const recurrence of recurrences) problems.push(...recurrenceProblems(recurrence, years))
  return problems
}

function recurrenceProblems(
  { fields, interval }: Recurrence,
  years: { minimum: number; maximum: number },
): ScheduleProblem[] {
  const { days, hours, minutes } = interval
  const problems: ScheduleProblem[] = []
  const isLong = days > 0 || hours > 0 || minutes > 0
  const isInRange = days >= 0 && hours >= 0 && hours <= 23 && minutes >= 0 && minutes <= 59
  if (!isLong || !isInRange) problems.push({ field: 'interval', message: 'invalid interval' })
  if (fields.dayOfMonth.trim() === '' && fields.dayOfWeek.trim() === '') {
    problems.push({ field: 'validitySchedule', message: 'empty dayOfMonth and dayOfWeek' })
  }
  for (const rule of RULES) {
    const messages = fieldProblems(fields[rule.name], rule)
    if (messages.length === 0 && rule.name === 'year') {
      messages.push(...fieldProblems(fields.year, { ...rule, ...years }))
    }
    problems.push(...messages.map((message) => ({ field: rule.name, message })))
  }
  return problems
}

function fieldProblems(text: string, { name, marks, minimum, maximum }: FieldRule): string[] {
  const isDay = name === 'dayOfMonth' || name === 'dayOfWeek'
  if (text.trim() === '') return isDay ? [] : ['No value provided']
  if (text.split('').some((mark) => !/[\d\s]/.test(mark) && !marks.includes(mark)))
    return ['invalid character(s)']
  const problems: string[] = []
  const ranges: (readonly [number, number])[] = []
  for (const spec of specsOf(text)) {
    const parts = spec.split('-')
    const [low = '', high = low] = parts
    if (parts.length > 2 || parts.includes('')) {
      problems.push(`incorrect range spec: ${spec}`)
      continue
    }
    const from = low === '*' ? minimum : Number(low)
    const to = high === '*' ? maximum : Number(high)
    const isOutside = (value: number): boolean => value < minimum || value > maximum
    if (parts.length === 1) {
      if (isOutside(from)) problems.push(`incorrect value: ${from}. Valid range: (${minimum}-${maximum})`)
      continue
    }
    // Of a range of years one end may lie outside.
    const isWrong = name === 'year' ? from < minimum && to > maximum : isOutside(from) || isOutside(to)
    if (isWrong) problems.push(`incorrect range: (${from}, ${to}). valid range: (${minimum}, ${maximum})`)
    else if (from >= to) problems.push(`incorrect range: min=${from}, max=${to}`)
    else if (ranges.some(([a, b]) => a === from || b === to)) problems.push('duplicate range')
    else ranges.push([from, to])
  }
  const sorted = ranges.toSorted(([a], [b]) => a - b)
  const overlaps = sorted.some(([, to], index) => sorted.slice(index + 1).some(([from]) => to > from))
  return overlaps ? [...problems, 'overlapping range value'] : problems
}

const yearOf = (text: string | null): number | null => (text === null ? null : Number(text.slice(0, 4)))
