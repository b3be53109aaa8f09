import { ConfigError, type Problem } from '../errors.ts'

const MOST_PROBLEMS = 100

/** A JSON object whose members have not been looked at. */
export type Members = Readonly<Record<string, unknown>>

/**
 * Reads members of unknown JSON and notes what is wrong with them, each with its path.
 *
 * Shape: what is absent or null is the fallback; what has the wrong type is a problem and the fallback, so that reading goes
 * on and finds the rest. Only the first problems are kept; `count` counts all.
 */
export class JsonReading {
  readonly problems: Problem[] = []
  readonly #file: string
  #count = 0

  constructor(file: string) {
    this.#file = file
  }

  get count(): number {
    return this.#count
  }

  /** Notes a problem. `key` is the path of the value, such as `policies[3].name`. */
  wrong(key: string, code: string, message: string, hint: string | null = null): void {
    this.#count += 1
    if (this.problems.length >= MOST_PROBLEMS) return
    const place = { file: this.#file, line: null, column: null, key }
    this.problems.push({ ...place, severity: 'error', code, message, hint })
  }

  object(value: unknown, key: string): Members | null {
    if (value === undefined || value === null) return null
    if (isMembers(value)) return value
    return this.#mistyped(value, key, 'an object', null)
  }

  list(value: unknown, key: string): readonly unknown[] {
    if (value === undefined || value === null) return []
    if (Array.isArray(value)) return value
    return this.#mistyped(value, key, 'a list', [])
  }

  text<F extends string | null>(value: unknown, key: string, fallback: F): string | F {
    if (value === undefined || value === null) return fallback
    return typeof value === 'string' ? value : this.#mistyped(value, key, 'a text', fallback)
  }

  flag(value: unknown, key: string, fallback: boolean): boolean {
    if (value === undefined || value === null) return fallback
    return typeof value === 'boolean' ? value : this.#mistyped(value, key, 'true or false', fallback)
  }

  integer<F extends number | null>(value: unknown, key: string, fallback: F): number | F {
    if (value === undefined || value === null) return fallback
    return Number.isSafeInteger(value) ? Number(value) : this.#mistyped(value, key, 'an integer', fallback)
  }

  /** A list of texts; entries that are null are dropped, as Ranger does. */
  texts(value: unknown, key: string): string[] {
    const texts: string[] = []
    for (const [index, entry] of this.list(value, key).entries()) {
      const text = this.text(entry, `${key}[${index}]`, null)
      if (text !== null) texts.push(text)
    }
    return texts
  }

  /** An object of texts; numbers and truth values count as theirs, null members are dropped. */
  textMap(value: unknown, key: string): Map<string, string> {
    const map = new Map<string, string>()
    for (const [name, member] of Object.entries(this.object(value, key) ?? {})) {
      if (typeof member === 'number' || typeof member === 'boolean') map.set(name, String(member))
      else {
        const text = this.text(member, `${key}.${name}`, null)
        if (text !== null) map.set(name, text)
      }
    }
    return map
  }

  /** A list of objects, with the path of each; entries that are null are dropped. */
  *objects(value: unknown, key: string): Generator<readonly [Members, string]> {
    for (const [index, entry] of this.list(value, key).entries()) {
      const members = this.object(entry, `${key}[${index}]`)
      if (members !== null) yield [members, `${key}[${index}]`]
    }
  }

  #mistyped<F>(value: unknown, key: string, wanted: string, fallback: F): F {
    const got = Array.isArray(value)
      ? 'a list'
      : typeof value === 'object'
        ? 'an object'
        : JSON.stringify(value)
    this.wrong(key, 'ranger_type', `${wanted} was expected, not ${got.slice(0, 60)}`)
    return fallback
  }
}

const isMembers = (value: unknown): value is Members =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** The outermost object of a download; what is none is a problem, and empty. */
export function envelopeOf(reading: JsonReading, value: unknown): Members {
  return reading.object(value ?? 'nothing', '') ?? {}
}

/** All that a reading has found wrong, as an error. */
export function refusal(reading: JsonReading): ConfigError {
  const [first] = reading.problems
  const more = reading.count > 1 ? ` (and ${reading.count - 1} more)` : ''
  const message = `${first?.key ?? ''}: ${first?.message ?? 'unusable'}${more}`
  return new ConfigError('ERR_POLICY_RANGER', message, { problems: reading.problems })
}
