import { AuthenticationError, ConfigError, type Problem } from '../errors.ts'
import { located } from '../errors/located.ts'
import { type Mechanism, type Parameters, Rule } from './auth-to-local-rule.ts'
import { type AuthenticationMethod, authenticationMethodOf } from './authentication-method.ts'
import type { Configuration } from './configuration.ts'
import { JavaRegexError } from './java-regex.ts'
import { javaTrim } from './java-text.ts'

const RULES_KEY = 'hadoop.security.auth_to_local'
const MECHANISM_KEY = 'hadoop.security.auth_to_local.mechanism'
const DEFAULT = 'DEFAULT'

/** What Hadoop assumes without Kerberos: realm and host are cut off, whatever they are. */
const SIMPLE_RULES = 'RULE:[1:$1] RULE:[2:$1]'
const WITH_KERBEROS: ReadonlySet<AuthenticationMethod> = new Set(['KERBEROS', 'KERBEROS_SSL'])

const NAME = /^([^/@]+)(?:\/([^/@]+))?(?:@([^/@]+))?$/
const RULE =
  /[\t-\r ]*(?:(DEFAULT)|RULE:\[(\d*):([^\]]*)\](?:\(([^)]*)\))?(?:s\/([^/]*)\/([^/]*)\/(g)?)?)\/?(L)?/y

/** A principal in its parts: `service[/host][@realm]`; null for a part that is not there. */
export interface KerberosName {
  readonly service: string
  readonly host: string | null
  readonly realm: string | null
}

/**
 * Takes a principal apart.
 *
 * Shape: a text without `@` that has not this form (`a/b/c`, the empty text) is a plain name, slashes and all.
 * Errors: `ERR_AUTHN_PRINCIPAL` for one with `@`.
 * Source: org.apache.hadoop.security.authentication.util.KerberosName (3.4).
 */
export function parsePrincipal(text: string): KerberosName {
  const match = NAME.exec(text)
  if (match !== null) return { service: match[1] ?? '', host: match[2] ?? null, realm: match[3] ?? null }
  if (text.includes('@'))
    throw new AuthenticationError('ERR_AUTHN_PRINCIPAL', `Malformed Kerberos name: ${text}`)
  return { service: text, host: null, realm: null }
}

/**
 * The rules that make short names of principals.
 *
 * Source: org.apache.hadoop.security.authentication.util.KerberosName, HadoopKerberosName (3.4).
 */
export class AuthToLocal {
  readonly #rules: readonly (Rule | typeof DEFAULT)[]
  readonly #mechanism: Mechanism
  readonly #defaultRealm: string

  private constructor(rules: readonly (Rule | typeof DEFAULT)[], mechanism: Mechanism, defaultRealm: string) {
    this.#rules = rules
    this.#mechanism = mechanism
    this.#defaultRealm = defaultRealm
  }

  /**
   * Reads rules, with or without blanks between them.
   *
   * Shape: `mechanism` is `hadoop` or `mit` in any case; `defaultRealm` is what DEFAULT takes off, empty for none.
   * Errors: `ERR_POLICY_AUTH_TO_LOCAL` for a rule that is malformed, and for an expression that only a backtracking
   * engine can run (D-16).
   */
  static parse(rules: string, mechanism: string, defaultRealm: string): AuthToLocal {
    return new AuthToLocal(parseRules(rules), parseMechanism(mechanism), defaultRealm)
  }

  /**
   * Reads `hadoop.security.auth_to_local` and its mechanism; without rules, DEFAULT under Kerberos, and otherwise the
   * first component of every name.
   *
   * Errors: `ERR_POLICY_AUTH_TO_LOCAL` with file, line and key; `ERR_POLICY_EXPANSION`; without rules
   * `ERR_CONFIG_SETTINGS` for a method of authentication that is none.
   */
  static of(configuration: Configuration, defaultRealm: string): AuthToLocal {
    const text = configuration.get(RULES_KEY) ?? defaultRules(configuration)
    const rules = at(configuration, RULES_KEY, () => parseRules(text))
    const mechanism = at(configuration, MECHANISM_KEY, () =>
      parseMechanism(configuration.get(MECHANISM_KEY) ?? 'hadoop'),
    )
    return new AuthToLocal(rules, mechanism, defaultRealm)
  }

  /**
   * The short name of a principal.
   *
   * Shape: a name without host and realm is its own short name, no rule is asked. Under `mit` a name that no rule
   * takes stays as it is.
   * Errors: `ERR_AUTHN_PRINCIPAL` for a malformed principal, for one that no rule takes, and for a result with `/` or
   * `@` under `hadoop`.
   */
  shortName(principal: string): string {
    const { service, host, realm } = parsePrincipal(principal)
    if (host === null && realm === null) return service
    const parameters: Parameters = host === null ? [realm, service] : [realm, service, host]
    for (const rule of this.#rules) {
      const isDefault = rule === DEFAULT
      const name = isDefault ? this.#defaultName(parameters) : rule.apply(parameters, this.#mechanism)
      if (name !== null) return name
    }
    if (this.#mechanism === 'mit') return principal
    throw new AuthenticationError('ERR_AUTHN_PRINCIPAL', `No rules applied to ${principal}`)
  }

  /** The first component, of names of the default realm alone. */
  #defaultName([realm, service]: Parameters): string | null {
    return realm === this.#defaultRealm ? (service ?? null) : null
  }
}

const defaultRules = (configuration: Configuration): string =>
  WITH_KERBEROS.has(authenticationMethodOf(configuration)) ? DEFAULT : SIMPLE_RULES

function parseRules(text: string): (Rule | typeof DEFAULT)[] {
  const whole = javaTrim(text)
  const rules: (Rule | typeof DEFAULT)[] = []
  for (let position = 0; position < whole.length;) {
    RULE.lastIndex = position
    const match = RULE.exec(whole)
    if (match === null) throw faulty(`\`${whole.slice(position, position + 200)}\` is not a rule`)
    rules.push(match[1] === undefined ? parseRule(match) : DEFAULT)
    position = RULE.lastIndex
  }
  return rules
}

function parseRule(match: RegExpExecArray): Rule {
  const [written, , components = '', format = '', condition, from, to, global, lowerCase] = match
  try {
    return new Rule({
      components,
      format,
      match: condition ?? null,
      from: from ?? null,
      to: to ?? null,
      global: global !== undefined,
      lowerCase: lowerCase !== undefined,
    })
  } catch (error) {
    if (error instanceof JavaRegexError || error instanceof RangeError)
      throw faulty(`\`${javaTrim(written)}\`: ${error.message}`, error)
    throw error
  }
}

function parseMechanism(text: string): Mechanism {
  const mechanism = text.toLowerCase()
  if (mechanism === 'hadoop' || mechanism === 'mit') return mechanism
  throw faulty(`\`${text}\` is not a rule mechanism: \`hadoop\` or \`mit\``)
}

function faulty(message: string, cause?: unknown): ConfigError {
  const hint = 'write `RULE:[n:format](match)s/from/to/g/L` or `DEFAULT`; a match has no `)`'
  const place = { file: '', line: null, column: null, key: RULES_KEY }
  const problem: Problem = { ...place, severity: 'error', code: 'auth_to_local', message, hint }
  return new ConfigError('ERR_POLICY_AUTH_TO_LOCAL', message, { problems: [problem], cause })
}

/** Adds the place of the key to what is wrong with its value. */
function at<T>(configuration: Configuration, key: string, read: () => T): T {
  try {
    return read()
  } catch (error) {
    throw located(error, () => configuration.placeOf(key))
  }
}
