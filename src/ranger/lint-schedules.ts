import { parseWallClock } from './civil-time.ts'
import { type PlacedPolicy, type RangerFindings } from './lint-finding.ts'
import type { Recurrence, ValiditySchedule } from './model.ts'
import { specsOf } from './recurrence.ts'
import { adminProblems } from './schedule-check.ts'
import { TimeZone } from './time-zone.ts'

const LIMITS = {
  minute: [0, 59],
  hour: [0, 23],
  dayOfMonth: [1, 31],
  dayOfWeek: [1, 7],
  month: [1, 12],
  year: [1970, 9999],
} as const satisfies Record<keyof Recurrence['fields'], readonly [number, number]>

/** Looks for schedules that are over, that never begin, or that Ranger Admin would not have saved. */
export function lintSchedules(placed: PlacedPolicy, now: number, found: RangerFindings): void {
  const { schedules } = placed.policy
  let over = 0
  for (const [index, schedule] of schedules.entries()) {
    const place = `validitySchedules[${index}]`
    const why = neverStarts(schedule)
    if (why !== null) found.add(placed, 'never_starts', place, why)
    else if (isOver(schedule, now)) over += 1
    else
      for (const { field, message } of adminProblems(schedule))
        found.add(placed, 'odd_schedule', place, `Ranger Admin says of \`${field}\`: ${message}`)
  }
  if (over > 0 && over === schedules.length)
    found.add(placed, 'expired', 'validitySchedules', `its last schedule ended at ${lastEnd(schedules)}`)
}

function neverStarts({ start, end, recurrences }: ValiditySchedule): string | null {
  const from = start === null ? null : parseWallClock(start)
  const to = end === null ? null : parseWallClock(end)
  if (from !== null && to !== null && from > to) return `it starts at ${start} and ends at ${end}`
  const reasons = recurrences.map(whyNever)
  const [first] = reasons
  return first !== undefined && reasons.every((reason) => reason !== null) ? first : null
}

/** Without a length it is there all the time. */
function whyNever({ fields, interval: { days, hours, minutes } }: Recurrence): string | null {
  if ((days * 24 + hours) * 60 + minutes <= 0) return null
  const { dayOfMonth, dayOfWeek, ...others } = fields
  if (specsOf(dayOfMonth).length === 0 && specsOf(dayOfWeek).length === 0)
    return 'its recurrence names no day, neither of the month nor of the week'
  if (isEmpty('dayOfMonth', dayOfMonth) && isEmpty('dayOfWeek', dayOfWeek))
    return `no day fits \`${[dayOfMonth, dayOfWeek].filter((text) => text !== '').join('`, `')}\``
  for (const [name, text] of [
    ['minute', others.minute],
    ['hour', others.hour],
    ['month', others.month],
    ['year', others.year],
  ] as const)
    if (specsOf(text).length > 0 && isEmpty(name, text)) return `no ${name} fits \`${text}\``
  return null
}

/** Whether no value of the calendar fits a field; a blank one is for whoever asks. */
function isEmpty(name: keyof Recurrence['fields'], text: string): boolean {
  const [least, most] = LIMITS[name]
  return specsOf(text).every((spec) => {
    if (spec.includes('*')) return false
    const [low = '', high = low] = spec.split('-')
    return Math.max(Number(low), least) > Math.min(Number(high), most)
  })
}

function isOver({ end, timeZone }: ValiditySchedule, now: number): boolean {
  const to = end === null ? null : parseWallClock(end)
  const zone = TimeZone.of(timeZone)
  return to !== null && zone !== null && zone.toMoment(to) < now
}

const lastEnd = (schedules: readonly ValiditySchedule[]): string =>
  schedules
    .map(({ end, timeZone }) => `${end} ${timeZone}`)
    .toSorted()
    .at(-1) ?? ''
