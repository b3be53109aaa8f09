import { expect, test } from 'vitest'
import type { Recurrence, ValiditySchedule } from '../../../src/ranger/model.ts'
import { adminProblems } from '../../../src/ranger/schedule-check.ts'

const schedule = (given: Partial<ValiditySchedule>): ValiditySchedule => ({
  start: '2026/01/01 00:00:00',
  end: '2028/01/01 00:00:00',
  timeZone: 'GMT',
  recurrences: [],
  ...given,
})

const of = (
  fields: Partial<Recurrence['fields']>,
  interval: Partial<Recurrence['interval']> = { hours: 1 },
) => ({
  recurrences: [
    {
      fields: { minute: '0', hour: '0', dayOfMonth: '*', dayOfWeek: '*', month: '*', year: '*', ...fields },
      interval: { days: 0, hours: 0, minutes: 0, ...interval },
    },
  ],
})

test.each<[Partial<ValiditySchedule>, string[]]>([
  [{}, []],
  [{ start: null, end: null }, ['startTime,endTime,recurrences: empty values']],
  [{ start: 'soon', end: 'late' }, ['startTime: invalid value', 'endTime: invalid value']],
  [{ end: '2026/01/01 00:00:00' }, ['startTime: endTime is not later than startTime']],
  [{ timeZone: 'Mars' }, ['timeZone: invalid timeZone']],
  [of({}), []],
  [of({ minute: '0, 15 ,30', hour: '8-12, 14', month: '12, 1-2', year: '2025-2027' }), []],
  [{ start: null, end: null, ...of({}) }, []],
  [of({}, {}), ['interval: invalid interval']],
  [of({}, { days: -1, hours: 24, minutes: 60 }), ['interval: invalid interval']],
  [of({}, { hours: 24 }), ['interval: invalid interval']],
  [of({ dayOfMonth: '', dayOfWeek: ' ' }), ['validitySchedule: empty dayOfMonth and dayOfWeek']],
  [of({ dayOfMonth: '' }), []],
  [of({ hour: '' }), ['hour: No value provided']],
  [of({ minute: '*' }), ['minute: invalid character(s)']],
  [of({ minute: '1-2' }), ['minute: invalid character(s)']],
  [of({ hour: '1;2' }), ['hour: invalid character(s)']],
  [of({ hour: '-1' }), ['hour: incorrect range spec: -1']],
  [of({ hour: '1-2-3' }), ['hour: incorrect range spec: 1-2-3']],
  [of({ hour: '24' }), ['hour: incorrect value: 24. Valid range: (0-23)']],
  [of({ hour: '9-24' }), ['hour: incorrect range: (9, 24). valid range: (0, 23)']],
  [of({ hour: '9-8' }), ['hour: incorrect range: min=9, max=8']],
  [of({ hour: '1-2, 1-3' }), ['hour: duplicate range']],
  [of({ hour: '0-3, 2-4' }), ['hour: overlapping range value']],
  [of({ hour: '0-3, 3-4' }), []],
  [of({ dayOfWeek: '0' }), ['dayOfWeek: incorrect value: 0. Valid range: (1-7)']],
  [of({ month: '13' }), ['month: incorrect value: 13. Valid range: (1-12)']],
  [of({ year: '2016' }), ['year: incorrect value: 2016. Valid range: (2017-2100)']],
  [of({ year: '2029' }), ['year: incorrect value: 2029. Valid range: (2026-2028)']],
  [of({ year: '2025-2029' }), ['year: incorrect range: (2025, 2029). valid range: (2026, 2028)']],
])('Ranger Admin would say of %j: %j', (given, wanted) => {
  expect(adminProblems(schedule(given)).map(({ field, message }) => `${field}: ${message}`)).toEqual(wanted)
})
