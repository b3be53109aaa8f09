import { AuthenticationError } from '../errors.ts'
import { JavaRegex } from './java-regex.ts'
import { JavaReplacementError } from './java-replacement.ts'

const MAX_INT = 2_147_483_647

/** `auth_to_local` as Hadoop reads it (no `/` or `@` in a short name), or as MIT Kerberos does. */
export type Mechanism = 'hadoop' | 'mit'

/** A principal as rules see it: `parameters[0]` is the realm (null for none), then one or two components. */
export type Parameters = readonly [realm: string | null, ...components: string[]]

/** The parts of one rule as written; null for what is left out. */
export interface RuleParts {
  readonly components: string
  readonly format: string
  readonly match: string | null
  readonly from: string | null
  readonly to: string | null
  readonly global: boolean
  readonly lowerCase: boolean
}

/**
 * One `RULE:[n:format](match)s/from/to/g/L`, compiled.
 *
 * Errors: `JavaRegexError` for an expression that cannot be used, `RangeError` for a number of components that is none.
 * Source: org.apache.hadoop.security.authentication.util.KerberosName.Rule (3.4).
 */
export class Rule {
  readonly #parts: RuleParts
  readonly #components: number
  readonly #match: JavaRegex | null
  readonly #from: JavaRegex | null

  constructor(parts: RuleParts) {
    this.#parts = parts
    this.#components = Number(parts.components)
    if (parts.components === '' || this.#components > MAX_INT)
      throw new RangeError(`\`${parts.components}\` is not a number of components`)
    this.#match = parts.match === null ? null : new JavaRegex(parts.match)
    this.#from = parts.from === null ? null : new JavaRegex(parts.from)
  }

  /**
   * The short name this rule makes of a principal; null where the rule does not apply.
   *
   * Errors: `ERR_AUTHN_PRINCIPAL`, after which no other rule is tried.
   */
  apply(parameters: Parameters, mechanism: Mechanism): string | null {
    if (parameters.length - 1 !== this.#components) return null
    const base = fillFormat(this.#parts.format, parameters)
    if (this.#match !== null && !this.#sure(this.#match, base).matches(base)) return null
    const result = this.#from === null ? base : this.#substitute(this.#from, base)
    if (mechanism === 'hadoop' && /[/@]/.test(result))
      throw failed(`Non-simple name ${result} after auth_to_local rule ${this.toString()}`)
    return this.#parts.lowerCase ? result.toLowerCase() : result
  }

  /** The rule as Hadoop prints it. */
  toString(): string {
    const { format, match, from, to, global, lowerCase } = this.#parts
    const condition = match === null ? '' : `(${match})`
    const substitution = from === null ? '' : `s/${from}/${to ?? ''}/${global ? 'g' : ''}`
    return `RULE:[${this.#components}:${format}]${condition}${substitution}${lowerCase ? '/L' : ''}`
  }

  #substitute(from: JavaRegex, base: string): string {
    try {
      return this.#sure(from, base).replace(base, this.#parts.to ?? '', this.#parts.global)
    } catch (error) {
      if (error instanceof JavaReplacementError)
        throw failed(`${error.message} in auth_to_local rule ${this.toString()}`)
      throw error
    }
  }

  #sure(regex: JavaRegex, base: string): JavaRegex {
    if (regex.isUnsure(base)) throw failed(`A line end or letter is unclear to rule ${this.toString()}`)
    return regex
  }
}

/** Puts the parts of the principal in the place of `$0`, `$1`, `$2`; a missing realm is the text `null`. */
function fillFormat(format: string, parameters: Parameters): string {
  return format.replace(/\$(\d*)/g, (_, digits: string) => {
    const index = Number(digits)
    if (digits === '' || index > MAX_INT) throw failed(`bad format in username mapping in ${digits}`)
    const last = parameters.length - 1
    if (index > last) throw failed(`index ${index} from ${format} is outside of the valid range 0 to ${last}`)
    return parameters[index] ?? 'null'
  })
}

const failed = (message: string): AuthenticationError =>
  new AuthenticationError('ERR_AUTHN_PRINCIPAL', message)
