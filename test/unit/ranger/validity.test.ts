import { describe, expect, test } from 'vitest'
import type { Recurrence, ValiditySchedule } from '../../../src/ranger/model.ts'
import { TimeZone } from '../../../src/ranger/time-zone.ts'
import { compileSchedules, scheduleProblems } from '../../../src/ranger/validity.ts'

const at = (text: string): number => Date.parse(text)

const schedule = (given: Partial<ValiditySchedule>): ValiditySchedule => ({
  start: null,
  end: null,
  timeZone: 'GMT',
  recurrences: [],
  ...given,
})

const every = (
  fields: Partial<Recurrence['fields']>,
  interval: Partial<Recurrence['interval']>,
): Recurrence => ({
  fields: { minute: '0', hour: '0', dayOfMonth: '*', dayOfWeek: '', month: '*', year: '*', ...fields },
  interval: { days: 0, hours: 0, minutes: 0, ...interval },
})

const isValid = (given: Partial<ValiditySchedule>, moment: string): boolean =>
  compileSchedules([schedule(given)]).isValid(at(moment))

describe('the bounds of a schedule', () => {
  test.each<[string, Partial<ValiditySchedule>, string, boolean]>([
    ['the start is included', { start: '2030/01/02 03:04:05' }, '2030-01-02T03:04:05Z', true],
    ['nothing before it is', { start: '2030/01/02 03:04:05' }, '2030-01-02T03:04:04.999Z', false],
    ['the end is included', { end: '2030/01/02 03:04:05' }, '2030-01-02T03:04:05Z', true],
    ['nothing after it is', { end: '2030/01/02 03:04:05' }, '2030-01-02T03:04:05.001Z', false],
    ['winter', { start: '2030/01/10 00:00:00', timeZone: 'America/New_York' }, '2030-01-10T05:00:00Z', true],
    ['summer', { start: '2030/07/10 00:00:00', timeZone: 'America/New_York' }, '2030-07-10T04:00:00Z', true],
    [
      'before summer',
      { start: '2030/07/10 00:00:00', timeZone: 'America/New_York' },
      '2030-07-10T03:59:59Z',
      false,
    ],
    ['an offset', { start: '2030/07/10 00:00:00', timeZone: 'GMT+05:30' }, '2030-07-09T18:30:00Z', true],
    ['before an offset', { start: '2030/07/10 00:00:00', timeZone: 'GMT-8' }, '2030-07-10T07:59:59Z', false],
    ['three letters', { start: '2030/07/10 00:00:00', timeZone: 'PST' }, '2030-07-10T07:00:00Z', true],
    [
      'an hour before a switch',
      { end: '2026/03/29 01:59:59', timeZone: 'Europe/Berlin' },
      '2026-03-29T01:00:00Z',
      false,
    ],
    [
      'a time that the clock jumps over',
      { start: '2026/03/29 02:30:00', timeZone: 'Europe/Berlin' },
      '2026-03-29T01:30:00Z',
      true,
    ],
    [
      'before a time that the clock jumps over',
      { start: '2026/03/29 02:30:00', timeZone: 'Europe/Berlin' },
      '2026-03-29T01:29:59Z',
      false,
    ],
    [
      'of two times the later one',
      { end: '2026/10/25 02:30:00', timeZone: 'Europe/Berlin' },
      '2026-10-25T01:30:00Z',
      true,
    ],
    [
      'after the later one',
      { end: '2026/10/25 02:30:00', timeZone: 'Europe/Berlin' },
      '2026-10-25T01:30:01Z',
      false,
    ],
    [
      'half an hour of summer',
      { start: '2026/10/04 02:30:00', timeZone: 'Australia/Lord_Howe' },
      '2026-10-03T15:30:00Z',
      true,
    ],
    ['a leap day', { start: '2028/02/29 00:00:00' }, '2028-02-29T00:00:00Z', true],
  ])('%s', (_, given, moment, wanted) => {
    expect(isValid(given, moment)).toBe(wanted)
  })

  test('any schedule suffices, and without one a policy always counts', () => {
    const some = [schedule({ end: '2020/01/01 00:00:00' }), schedule({ start: '2030/01/01 00:00:00' })]
    expect(compileSchedules(some).isValid(at('2025-01-01T00:00:00Z'))).toBe(false)
    expect(compileSchedules(some).isValid(at('2031-01-01T00:00:00Z'))).toBe(true)
    expect(compileSchedules([]).isValid(0)).toBe(true)
    expect(compileSchedules([]).until(0)).toBe(Infinity)
  })
})

describe('a recurrence', () => {
  const nightly = every({ hour: '22' }, { hours: 4 })
  const monthly = every({ dayOfMonth: '31', hour: '23', minute: '30' }, { days: 1, minutes: 1 })
  const leap = every({ dayOfMonth: '29', month: '2' }, { days: 1 })
  const newYear = every({ dayOfMonth: '31', month: '12', hour: '18', year: '2029' }, { hours: 12 })
  const quarters = every({ minute: '0, 15', hour: '9' }, { hours: 1 })
  const weekdays = every({ dayOfMonth: '', dayOfWeek: '2-6', hour: '9', minute: '30' }, { hours: 2 })

  test.each<[string, Recurrence, string, boolean]>([
    ['its start', nightly, '2030-05-05T22:00:00Z', true],
    ['before its start', nightly, '2030-05-05T21:59:59.999Z', false],
    ['after midnight', nightly, '2030-05-06T01:00:00Z', true],
    ['its end', nightly, '2030-05-06T02:00:00Z', true],
    ['after its end', nightly, '2030-05-06T02:00:00.001Z', false],
    ['into the next month', monthly, '2030-02-01T23:31:00Z', true],
    ['past that', monthly, '2030-02-01T23:31:00.001Z', false],
    ['a month without such a day', monthly, '2030-03-01T00:00:00Z', false],
    ['a leap day', leap, '2028-02-29T12:00:00Z', true],
    ['the day after it', leap, '2028-03-01T00:00:00Z', true],
    ['a year without one', leap, '2029-03-01T00:00:00Z', false],
    ['into the next year', newYear, '2030-01-01T05:59:00Z', true],
    ['in another year', newYear, '2031-01-01T05:59:00Z', false],
    ['the latest of several starts counts', quarters, '2030-01-01T10:15:00Z', true],
    ['past the latest', quarters, '2030-01-01T10:15:01Z', false],
    ['a Monday', weekdays, '2026-11-23T10:00:00Z', true],
    ['a Sunday', weekdays, '2026-11-22T10:00:00Z', false],
    [
      'either kind of day',
      every({ dayOfMonth: '1', dayOfWeek: '1' }, { hours: 1 }),
      '2026-11-22T00:30:00Z',
      true,
    ],
    ['no day at all', every({ dayOfMonth: '', dayOfWeek: '' }, { days: 9 }), '2026-11-22T00:30:00Z', false],
    [
      'a day that never comes',
      every({ dayOfMonth: '30', month: '2' }, { days: 9999 }),
      '2026-11-22T00:30:00Z',
      false,
    ],
    ['no interval', every({ dayOfMonth: '30', month: '2' }, {}), '2026-11-22T00:30:00Z', true],
    [
      'blank fields are any',
      every({ minute: '', hour: ' ', month: '', year: '' }, { minutes: 1 }),
      '2026-11-22T03:33:00Z',
      true,
    ],
    ['a star among others is any', every({ hour: '3, *' }, { minutes: 1 }), '2026-11-22T07:00:30Z', true],
  ])('%s', (_, recurrence, moment, wanted) => {
    expect(isValid({ recurrences: [recurrence] }, moment)).toBe(wanted)
  })

  test.each<[string, string, Recurrence, string, boolean]>([
    [
      'summer begins: a start that is jumped over',
      'Europe/Berlin',
      every({ hour: '2', minute: '30' }, { minutes: 30 }),
      '2026-03-29T01:20:00Z',
      true,
    ],
    [
      'summer begins: and its end',
      'Europe/Berlin',
      every({ hour: '2', minute: '30' }, { minutes: 30 }),
      '2026-03-29T01:30:01Z',
      false,
    ],
    [
      'summer ends: the first time',
      'Europe/Berlin',
      every({ hour: '2', minute: '30' }, { minutes: 10 }),
      '2026-10-25T00:35:00Z',
      true,
    ],
    [
      'summer ends: in between',
      'Europe/Berlin',
      every({ hour: '2', minute: '30' }, { minutes: 10 }),
      '2026-10-25T01:10:00Z',
      false,
    ],
    [
      'summer ends: the second time',
      'Europe/Berlin',
      every({ hour: '2', minute: '30' }, { minutes: 10 }),
      '2026-10-25T01:35:00Z',
      true,
    ],
    [
      'a day of 25 hours',
      'America/New_York',
      every({ hour: '12' }, { days: 1 }),
      '2026-11-01T17:00:00Z',
      true,
    ],
    [
      'a year begins elsewhere',
      'Asia/Tokyo',
      every({ year: '2030', month: '1', dayOfMonth: '1' }, { minutes: 1 }),
      '2029-12-31T15:00:30Z',
      true,
    ],
    [
      'a day that a zone left out',
      'Pacific/Apia',
      every({ dayOfMonth: '31', month: '12', hour: '*' }, { minutes: 5 }),
      '2011-12-30T10:03:00Z',
      true,
    ],
  ])('%s', (_, timeZone, recurrence, moment, wanted) => {
    expect(isValid({ timeZone, recurrences: [recurrence] }, moment)).toBe(wanted)
  })
})

describe('how long the answer stays', () => {
  const until = (given: Partial<ValiditySchedule>, moment: string): number =>
    compileSchedules([schedule(given)]).until(at(moment))
  const bounds = { start: '2030/01/01 00:00:00', end: '2031/01/01 00:00:00' }

  test.each<[string, Partial<ValiditySchedule>, string, number]>([
    ['before it starts', bounds, '2029-06-01T00:00:00Z', at('2030-01-01T00:00:00Z') - 1],
    ['while it counts', bounds, '2030-06-01T00:00:00Z', at('2031-01-01T00:00:00Z')],
    ['when it is over', bounds, '2031-06-01T00:00:00Z', Infinity],
    [
      'while a recurrence lasts',
      { recurrences: [every({}, { hours: 2 })] },
      '2030-01-01T01:00:00Z',
      at('2030-01-01T02:00:00Z'),
    ],
    [
      'until it may come again',
      { recurrences: [every({}, { hours: 2 })] },
      '2030-01-01T02:00:01Z',
      at('2030-01-01T02:01:00Z') - 1,
    ],
  ])('%s', (_, given, moment, wanted) => {
    expect(until(given, moment)).toBe(wanted)
  })
})

describe('a schedule that cannot be read', () => {
  test.each<[Partial<ValiditySchedule>, string[]]>([
    [{ start: '2030/02/29 00:00:00' }, ['startTime']],
    [{ start: '2030-01-01', end: '2030/01/01 24:00:00' }, ['startTime', 'endTime']],
    [{ timeZone: 'Mars/Olympus' }, ['timeZone']],
    [{ timeZone: 'europe/berlin' }, ['timeZone']],
    [{ timeZone: '+05:30' }, ['timeZone']],
    [{ timeZone: 'GMT+24' }, ['timeZone']],
    [
      { recurrences: [every({ hour: 'x', year: '-1', month: '1-2-3' }, {})] },
      ['recurrences[0].schedule.hour', 'recurrences[0].schedule.month', 'recurrences[0].schedule.year'],
    ],
    [{ timeZone: 'Etc/GMT+5', recurrences: [every({ hour: ' 1 , 2-3, *' }, {})] }, []],
    [{ timeZone: 'US/Pacific' }, []],
    [{ timeZone: 'UTC' }, []],
  ])('%j', (given, fields) => {
    expect(scheduleProblems(schedule(given)).map(({ field }) => field)).toEqual(fields)
  })
})

test('a zone is right on both sides of every switch of two years', () => {
  for (const id of [
    'Europe/Berlin',
    'America/New_York',
    'Africa/Casablanca',
    'Australia/Lord_Howe',
    'Asia/Kolkata',
  ]) {
    const zone = TimeZone.of(id)
    const format = new Intl.DateTimeFormat('en-US', { timeZone: id, timeZoneName: 'longOffset' })
    for (
      let moment = at('2026-01-01T00:00:00Z');
      moment < at('2028-01-01T00:00:00Z');
      moment += 1_800_000 * 7
    ) {
      const name = format.formatToParts(moment).find(({ type }) => type === 'timeZoneName')?.value ?? ''
      const [, sign = '+', hours = '0', minutes = '0'] = /([+-])(\d+):(\d+)/.exec(name) ?? []
      const offset = (Number(hours) * 60 + Number(minutes)) * 60_000 * (sign === '-' ? -1 : 1)
      expect((zone?.toWallClock(moment) ?? 0) - moment, `${id} at ${moment}`).toBe(offset)
    }
  }
})
