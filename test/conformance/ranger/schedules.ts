import type { Recurrence, ValiditySchedule } from '../../../src/ranger/model.ts'
import { adminProblems } from '../../../src/ranger/schedule-check.ts'
import { compileSchedules } from '../../../src/ranger/validity.ts'
import { compare, type JsonObject, objectOf, optionalText, textOf } from '../areas/area.ts'
import { type Checked, nameOf, objectsOf } from './checked.ts'

/** The zone of the machine that Ranger runs these tests on, in which it evaluates recurrences whatever the schedule says. */
const MACHINE_ZONE = 'America/Los_Angeles'

/**
 * Tests of Ranger's own fixtures about validity.
 *
 * Shape: a schedule that Admin would not save applies never. Bounds are evaluated in the zone of the schedule, and its recurrences
 * as a schedule of their own in the zone of the machine, which is what Ranger makes of them.
 */
export function scheduleFixture(tests: readonly JsonObject[]): Checked[] {
  return tests.map((test, index) => {
    const schedules = objectsOf(test['validitySchedules']).map(scheduleOf)
    const at = momentOf(textOf(test['accessTime']))
    const isValid = schedules.every((schedule) => adminProblems(schedule).length === 0)
    const isApplicable =
      isValid &&
      schedules.some((schedule) => partsOf(schedule).every((part) => compileSchedules([part]).isValid(at)))
    const verdict = compare(objectOf(test['result']), { isValid, isApplicable })
    return { name: nameOf(test, 'test', index), verdict }
  })
}

const partsOf = (schedule: ValiditySchedule): readonly ValiditySchedule[] => [
  { ...schedule, recurrences: [] },
  { start: null, end: null, timeZone: MACHINE_ZONE, recurrences: schedule.recurrences },
]

function scheduleOf(given: JsonObject): ValiditySchedule {
  const text = (name: string): string | null => {
    const value = optionalText(given[name]) ?? ''
    return value === '' ? null : value
  }
  return {
    start: text('startTime'),
    end: text('endTime'),
    timeZone: text('timeZone') ?? 'GMT',
    recurrences: objectsOf(given['recurrences']).map(recurrenceOf),
  }
}

function recurrenceOf(given: JsonObject): Recurrence {
  const schedule = objectOf(given['schedule'] ?? {})
  const interval = objectOf(given['interval'] ?? {})
  const field = (name: string): string => optionalText(schedule[name]) ?? ''
  const part = (name: string): number => Number(interval[name] ?? 0)
  return {
    fields: {
      minute: field('minute'),
      hour: field('hour'),
      dayOfMonth: field('dayOfMonth'),
      dayOfWeek: field('dayOfWeek'),
      month: field('month'),
      year: field('year'),
    },
    interval: { days: part('days'), hours: part('hours'), minutes: part('minutes') },
  }
}

/** Reads `yyyyMMdd-HH:mm:ss.SSSZ`. */
const momentOf = (text: string): number =>
  Date.parse(text.replace(/^(\d{4})(\d\d)(\d\d)-(.+)([+-]\d\d)(\d\d)$/, '$1-$2-$3T$4$5:$6'))
