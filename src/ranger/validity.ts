import { MINUTE_MS, parseWallClock } from './civil-time.ts'
import type { ValiditySchedule } from './model.ts'
import { compileRecurrence, specsOf } from './recurrence.ts'
import { TimeZone } from './time-zone.ts'

/** When a policy counts. Times are milliseconds since the epoch. */
export interface Validity {
  isValid(at: number): boolean
  /** A moment up to which the answer stays what it is at `at`; `Infinity`: for good. */
  until(at: number): number
}

/** What is wrong with a schedule: `field` by its name in Ranger. */
export interface ScheduleProblem {
  readonly field: string
  readonly message: string
}

/** An answer, and how long it certainly stays. */
interface Answer {
  readonly isValid: boolean
  readonly until: number
}

const SPEC = /^(?:\d+|\*)(?:-(?:\d+|\*))?$/

/**
 * Compiles when a policy counts: where any of its schedules applies. Bounds and recurrences are read in the time zone of the
 * schedule, by the clock on the wall.
 *
 * Shape: without schedules it always counts. Schedules that have no `scheduleProblems`; a bound that cannot be read is open.
 * Source: org.apache.ranger.plugin.policyevaluator.RangerValidityScheduleEvaluator (2.9).
 */
export function compileSchedules(schedules: readonly ValiditySchedule[]): Validity {
  const compiled = schedules.map(compileSchedule)
  const answer = (at: number): Answer => {
    if (compiled.length === 0) return { isValid: true, until: Infinity }
    const answers = compiled.map((schedule) => schedule(at))
    const valid = answers.filter(({ isValid }) => isValid)
    if (valid.length === 0) return { isValid: false, until: Math.min(...answers.map(({ until }) => until)) }
    return { isValid: true, until: Math.max(...valid.map(({ until }) => until)) }
  }
  return { isValid: (at) => answer(at).isValid, until: (at) => answer(at).until }
}

function compileSchedule(schedule: ValiditySchedule): (at: number) => Answer {
  const zone = TimeZone.of(schedule.timeZone)
  // Refused when it was loaded; nothing must count because of a zone that nobody knows.
  if (zone === null) return () => ({ isValid: false, until: Infinity })
  const momentOf = (text: string | null): number | null => {
    const wallClock = text === null ? null : parseWallClock(text)
    return wallClock === null ? null : zone.toMoment(wallClock)
  }
  const start = momentOf(schedule.start) ?? -Infinity
  const end = momentOf(schedule.end) ?? Infinity
  const recurrences = schedule.recurrences.map((recurrence) => compileRecurrence(recurrence, zone))
  return (at) => {
    if (at > end) return { isValid: false, until: Infinity }
    if (at < start) return { isValid: false, until: start - 1 }
    if (recurrences.length === 0) return { isValid: true, until: end }
    const last = Math.max(...recurrences.map((recurrence) => recurrence.lastsUntil(at) ?? -Infinity))
    // The next start is not looked for: none comes before the next minute does.
    if (last === -Infinity) return { isValid: false, until: endOfMinute(at) }
    return { isValid: true, until: Math.min(last, end) }
  }
}

const endOfMinute = (at: number): number => (Math.floor(at / MINUTE_MS) + 1) * MINUTE_MS - 1

/**
 * Tells why a schedule cannot be read.
 *
 * Shape: none for a schedule that can, even if Ranger Admin would not have let it be saved (see `adminProblems`).
 */
export function scheduleProblems(schedule: ValiditySchedule): ScheduleProblem[] {
  const problems: ScheduleProblem[] = []
  for (const [field, text] of [
    ['startTime', schedule.start],
    ['endTime', schedule.end],
  ] as const) {
    if (text !== null && parseWallClock(text) === null) {
      problems.push({ field, message: `invalid value: \`${text}\` is no \`yyyy/MM/dd HH:mm:ss\`` })
    }
  }
  if (TimeZone.of(schedule.timeZone) === null) {
    problems.push({ field: 'timeZone', message: `invalid timeZone: \`${schedule.timeZone}\`` })
  }
  for (const [index, { fields }] of schedule.recurrences.entries()) {
    for (const [name, text] of Object.entries(fields)) {
      const wrong = specsOf(text).find((spec) => !SPEC.test(spec))
      const field = `recurrences[${index}].schedule.${name}`
      if (wrong !== undefined) problems.push({ field, message: `incorrect range spec: ${wrong}` })
    }
  }
  return problems
}
