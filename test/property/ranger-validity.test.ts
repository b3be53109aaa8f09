import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { civilFromDays, daysFromCivil } from '../../src/ranger/civil-time.ts'
import type { ValiditySchedule } from '../../src/ranger/model.ts'
import { compileSchedules } from '../../src/ranger/validity.ts'

const MINUTE = 60_000
const DAY = 86_400_000

test('days of the calendar and their numbers turn into each other', () => {
  fc.assert(
    fc.property(fc.integer({ min: -800_000, max: 800_000 }), (days) => {
      const { year, month, day } = civilFromDays(days)
      expect(daysFromCivil(year, month, day)).toBe(days)
      const date = new Date(days * DAY)
      expect([year, month, day]).toEqual([date.getUTCFullYear(), date.getUTCMonth() + 1, date.getUTCDate()])
    }),
  )
})

const field = (low: number, high: number): fc.Arbitrary<string> =>
  fc.oneof(
    fc.constant('*'),
    fc
      .array(fc.integer({ min: low, max: high }), { minLength: 1, maxLength: 3 })
      .map((list) => list.join(', ')),
    fc.tuple(fc.integer({ min: low, max: high }), fc.integer({ min: low, max: high })).map((ends) => {
      const [from = low, to = high] = ends.toSorted((a, b) => a - b)
      return `${from}-${to}`
    }),
  )

const fits = (text: string, value: number): boolean =>
  text.split(',').some((part) => {
    const [from = '', to = from] = part.trim().split('-')
    return from === '*' || (value >= Number(from) && value <= Number(to))
  })

/** Zones without a switch of the clock, in which a day is a day, and their offsets in minutes. */
const ZONES = [
  ['GMT', 0],
  ['Asia/Kolkata', 330],
  ['GMT-09:30', -570],
] as const

const cases = fc.record({
  zone: fc.constantFrom(...ZONES),
  minute: field(0, 59),
  hour: field(0, 23),
  dayOfMonth: fc.oneof(fc.constant(''), field(1, 31)),
  dayOfWeek: fc.oneof(fc.constant(''), field(1, 7)),
  month: field(1, 12),
  year: field(2026, 2029),
  length: fc.integer({ min: 1, max: 4 * 24 * 60 }),
  // Around the ends of months and years, and the leap day of 2028.
  around: fc.constantFrom('2026-03-01', '2027-01-01', '2028-02-29', '2028-03-01', '2026-10-31'),
  after: fc.integer({ min: -2 * 24 * 60 * 60, max: 2 * 24 * 60 * 60 }),
})

test('a recurrence applies as looking at every minute before says, and its answer stays as long as it says', () => {
  fc.assert(
    fc.property(cases, ({ zone: [timeZone, offset], length, around, after, ...fields }) => {
      const interval = {
        days: Math.floor(length / 1440),
        hours: Math.floor((length % 1440) / 60),
        minutes: length % 60,
      }
      const schedule: ValiditySchedule = {
        start: null,
        end: null,
        timeZone,
        recurrences: [{ fields, interval }],
      }
      const validity = compileSchedules([schedule])
      const startsAt = (moment: number): boolean => {
        const date = new Date(moment + offset * MINUTE)
        const isDay =
          (fields.dayOfMonth !== '' && fits(fields.dayOfMonth, date.getUTCDate())) ||
          (fields.dayOfWeek !== '' && fits(fields.dayOfWeek, date.getUTCDay() + 1))
        return (
          isDay &&
          fits(fields.year, date.getUTCFullYear()) &&
          fits(fields.month, date.getUTCMonth() + 1) &&
          fits(fields.hour, date.getUTCHours()) &&
          fits(fields.minute, date.getUTCMinutes())
        )
      }
      const isValidNaively = (at: number): boolean => {
        for (let start = Math.floor(at / MINUTE) * MINUTE; start >= at - length * MINUTE; start -= MINUTE) {
          if (startsAt(start)) return true
        }
        return false
      }
      const at = Date.parse(`${around}T00:00:00Z`) + after * 1000
      const isValid = validity.isValid(at)
      expect(isValid).toBe(isValidNaively(at))
      const until = validity.until(at)
      expect(until).toBeGreaterThanOrEqual(at)
      for (const moment of [at, Math.floor((at + until) / 2), until]) {
        expect(validity.isValid(moment)).toBe(isValid)
      }
    }),
    { numRuns: 150 },
  )
})

/** The wall clock as the library of the platform shows it. */
const FORMATS = new Map(
  [
    'Europe/Berlin',
    'America/New_York',
    'America/St_Johns',
    'Africa/Casablanca',
    'Australia/Lord_Howe',
    'Asia/Kolkata',
    'Pacific/Apia',
    'Pacific/Chatham',
  ].map((timeZone) => [
    timeZone,
    new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short', timeStyle: 'medium' }),
  ]),
)

test('a bound is where the clock on the wall shows it, around every switch', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...FORMATS),
      fc.integer({ min: 0, max: 3 * 365 * 24 * 60 }),
      ([timeZone, format], minutes) => {
        const moment = Date.UTC(2025, 0, 1) + minutes * MINUTE
        const start = format.format(moment).replaceAll('-', '/')
        const validity = compileSchedules([{ start, end: null, timeZone, recurrences: [] }])
        // Of two moments that look alike the later one counts.
        const isTwice = [30, 60].some(
          (shift) => format.format(moment + shift * MINUTE) === format.format(moment),
        )
        expect(validity.isValid(moment)).toBe(!isTwice)
        expect(validity.isValid(moment - 1)).toBe(false)
      },
    ),
    { numRuns: 300 },
  )
})
