import { DAY_MS, daysFromCivil, civilFromDays, MINUTE_MS } from './civil-time.ts'

/** Three letters that Java knows and that mean something else, or nothing, elsewhere. */
const JAVA_ALIASES: ReadonlyMap<string, string> = new Map([
  ['ACT', 'Australia/Darwin'],
  ['AET', 'Australia/Sydney'],
  ['AGT', 'America/Argentina/Buenos_Aires'],
  ['ART', 'Africa/Cairo'],
  ['AST', 'America/Anchorage'],
  ['BET', 'America/Sao_Paulo'],
  ['BST', 'Asia/Dhaka'],
  ['CAT', 'Africa/Harare'],
  ['CNT', 'America/St_Johns'],
  ['CST', 'America/Chicago'],
  ['CTT', 'Asia/Shanghai'],
  ['EAT', 'Africa/Addis_Ababa'],
  ['ECT', 'Europe/Paris'],
  ['IET', 'America/Indiana/Indianapolis'],
  ['IST', 'Asia/Kolkata'],
  ['JST', 'Asia/Tokyo'],
  ['MIT', 'Pacific/Apia'],
  ['NET', 'Asia/Yerevan'],
  ['NST', 'Pacific/Auckland'],
  ['PLT', 'Asia/Karachi'],
  ['PNT', 'America/Phoenix'],
  ['PRT', 'America/Puerto_Rico'],
  ['PST', 'America/Los_Angeles'],
  ['SST', 'Pacific/Guadalcanal'],
  ['VST', 'Asia/Ho_Chi_Minh'],
])

/** `GMT+5`, `GMT+05`, `GMT+530`, `GMT+5:30`, `GMT+05:30`. */
const OFFSET = /^GMT([+-])(\d{1,2})(?::?([0-5]\d))?$/
const NAME = /^[A-Z][A-Za-z0-9_+/-]*$/

/** Zones that were found, so that the switches of each are looked for once and not for each schedule. */
const FOUND = new Map<string, TimeZone>()

/** How far apart two changes of the clock are at least: the shortest ones, of Morocco, are four weeks apart. */
const PROBE_MS = 7 * DAY_MS

/** A time between two changes of the clock. `start` in milliseconds since the epoch; `offset` is local time less UTC. */
export interface ClockPeriod {
  readonly start: number
  readonly offset: number
}

/** Where the clock is how far ahead of UTC. Asked twice about the same year, the second answer costs a few comparisons. */
export class TimeZone {
  /** Java's name for what is meant here. */
  readonly id: string
  readonly #offsetAt: (at: number) => number
  readonly #years = new Map<number, readonly ClockPeriod[]>()

  private constructor(id: string, offsetAt: (at: number) => number) {
    this.id = id
    this.#offsetAt = offsetAt
  }

  /**
   * Finds a zone by its name in Java: of the tz database, with exact case; an offset such as `GMT+05:30`; three letters.
   *
   * Shape: null for a name that Java does not know, which it takes for GMT.
   * Source: java.util.TimeZone#getTimeZone.
   */
  static of(id: string): TimeZone | null {
    const zone = FOUND.get(id) ?? TimeZone.#find(id)
    if (zone !== null) FOUND.set(id, zone)
    return zone
  }

  static #find(id: string): TimeZone | null {
    const offset = OFFSET.exec(id)
    if (offset !== null) {
      const [, sign = '+', hours = '0', minutes = '0'] = offset
      if (Number(hours) > 23) return null
      const size = (Number(hours) * 60 + Number(minutes)) * MINUTE_MS
      return new TimeZone(id, () => (sign === '-' ? -size : size))
    }
    const format = NAME.test(id) ? formatOf(JAVA_ALIASES.get(id) ?? id) : null
    if (format === null) return null
    const known = format.resolvedOptions().timeZone
    if (known !== id && known.toLowerCase() === id.toLowerCase()) return null
    return new TimeZone(id, (at) => localOf(format, at) - Math.floor(at / 1000) * 1000)
  }

  /** The time since the last change of the clock, as far back as the start of the year or the first answer before it. */
  periodAt(at: number): ClockPeriod {
    const { year } = civilFromDays(Math.floor(at / DAY_MS))
    const periods = this.#periodsOf(year)
    const period = periods.findLast(({ start }) => start <= at)
    return period ?? { start: at, offset: this.#offsetAt(at) }
  }

  /** What the clock shows at a moment. */
  toWallClock(at: number): number {
    return at + this.periodAt(at).offset
  }

  /**
   * The moment at which the clock shows a time.
   *
   * Shape: of two such moments the later one; where the clock jumps over the time, as long after the jump as the time is after
   * the one at which it jumps.
   * Source: java.util.GregorianCalendar#computeTime.
   */
  toMoment(wallClock: number): number {
    const before = wallClock - this.periodAt(wallClock - DAY_MS).offset
    const after = wallClock - this.periodAt(wallClock + DAY_MS).offset
    return this.toWallClock(after) === wallClock ? after : before
  }

  #periodsOf(year: number): readonly ClockPeriod[] {
    const known = this.#years.get(year)
    if (known !== undefined) return known
    const end = daysFromCivil(year + 1, 1, 1) * DAY_MS
    let start = daysFromCivil(year, 1, 1) * DAY_MS
    const periods: ClockPeriod[] = [{ start, offset: this.#offsetAt(start) }]
    while (start < end) {
      const next = Math.min(start + PROBE_MS, end)
      const offset = this.#offsetAt(next - 1000)
      if (offset !== periods.at(-1)?.offset) periods.push({ start: this.#change(start, next), offset })
      start = next
    }
    this.#years.set(year, periods)
    return periods
  }

  /** The second at which the clock changes within a week. */
  #change(from: number, to: number): number {
    const offset = this.#offsetAt(to - 1000)
    let low = Math.floor(from / 1000)
    let high = Math.floor(to / 1000) - 1
    while (low < high) {
      const middle = Math.floor((low + high) / 2)
      if (this.#offsetAt(middle * 1000) === offset) high = middle
      else low = middle + 1
    }
    return high * 1000
  }
}

function formatOf(id: string): Intl.DateTimeFormat | null {
  try {
    return new Intl.DateTimeFormat('en-US', {
      timeZone: id,
      calendar: 'gregory',
      numberingSystem: 'latn',
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    })
  } catch (error) {
    if (error instanceof RangeError) return null
    throw error
  }
}

function localOf(format: Intl.DateTimeFormat, at: number): number {
  const parts = new Map(format.formatToParts(at).map(({ type, value }) => [type, Number(value)]))
  const part = (type: Intl.DateTimeFormatPartTypes): number => parts.get(type) ?? 0
  const days = daysFromCivil(part('year'), part('month'), part('day'))
  return days * DAY_MS + (part('hour') * 60 + part('minute')) * MINUTE_MS + part('second') * 1000
}
