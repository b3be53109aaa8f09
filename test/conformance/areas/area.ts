import { isDeepStrictEqual } from 'node:util'
import { ConfigError } from '../../../src/errors.ts'
import type { HostResolver } from '../../../src/hadoop/machine-list.ts'
import type { AuthMethod, Subject } from '../../../src/hadoop/subject.ts'

export type Json = null | boolean | number | string | readonly Json[] | JsonObject
export interface JsonObject {
  readonly [key: string]: Json
}

/** One case of a `hadoop-*.json` file. */
export interface Case {
  readonly name: string
  readonly area: string
  readonly given: JsonObject
  readonly expect: JsonObject
}

/** What an area says about a case: null for a pass, else what was wanted and what came. */
export type Verdict = null | { readonly wanted: unknown; readonly got: unknown }

export type Area = (test: Case) => Verdict

const AUTH_METHODS: readonly string[] = [
  'SIMPLE',
  'KERBEROS',
  'TOKEN',
  'CERTIFICATE',
  'KERBEROS_SSL',
  'PROXY',
]

/**
 * Compares the named outcomes with what a case expects.
 *
 * Shape: only expectations that the case has are compared; a case that has none of them is a failure, because nothing
 * would have been tested.
 */
export function compare(expected: JsonObject, got: Readonly<Record<string, unknown>>): Verdict {
  const names = Object.keys(got).filter((name) => Object.hasOwn(expected, name))
  if (names.length === 0) return { wanted: expected, got: 'nothing of it can be compared' }
  const wrong = names.filter((name) => !isDeepStrictEqual(expected[name], got[name]))
  const pick = (from: Readonly<Record<string, unknown>>): unknown =>
    Object.fromEntries(wrong.map((name) => [name, from[name]]))
  return wrong.length === 0 ? null : { wanted: pick(expected), got: pick(got) }
}

/** Loading has to fail as a whole. The texts of Java's exceptions are not compared. */
export function expectLoadError(wanted: Json, load: () => unknown): Verdict {
  const error = loadError(load)
  return error === null ? { wanted, got: 'loaded without an error' } : null
}

/** The error of the operator's files that a load ends in, null where it succeeds; every other error is passed on. */
function loadError(load: () => unknown): ConfigError | null {
  try {
    load()
    return null
  } catch (error) {
    if (error instanceof ConfigError) return error
    throw error
  }
}

/** Whether Hadoop fails there with an exception that nobody handles: for us that has to be a refusal. */
export const raises = ({ expect }: Case): boolean => 'hadoopRaises' in expect

/**
 * A name that says the input may be refused on purpose. A refusal or a load error is a pass then; an answer where
 * Hadoop refuses never is.
 */
export const mayRefuse = ({ name }: Case): boolean => /\[(?:java regex|control character)\]/.test(name)

/** The user of a case: short name, full name, groups (null: the look-up fails), method, real user. */
export function subjectOf(given: Json): Subject {
  const user = objectOf(given)
  const shortName = textOf(user['shortName'] ?? user['name'])
  const { realUser = null, groups = [] } = user
  const method = user['auth'] ?? (realUser === null ? 'SIMPLE' : 'PROXY')
  if (!isAuthMethod(method)) throw new TypeError(`unknown authentication method ${JSON.stringify(method)}`)
  return {
    user: shortName,
    principal: textOf(user['name'] ?? shortName),
    method,
    groups: groups === null ? null : listOf(groups).map(textOf),
    realUser: realUser === null ? null : subjectOf(realUser),
  }
}

/** The name service of a case: exact spelling, the first address counts, absent names do not resolve. */
export function resolverOf(given: JsonObject): HostResolver {
  const dns = objectOf(given['dns'] ?? {})
  return (name) => {
    const addresses = Object.hasOwn(dns, name) ? (dns[name] ?? null) : null
    if (typeof addresses === 'string' || addresses === null) return addresses
    const first = listOf(addresses)[0]
    return first === undefined ? null : textOf(first)
  }
}

export function objectOf(value: Json | undefined): JsonObject {
  if (typeof value === 'object' && value !== null && !isList(value)) return value
  throw new TypeError(`an object was expected, not ${JSON.stringify(value)}`)
}

export function listOf(value: Json | undefined): readonly Json[] {
  if (value !== undefined && isList(value)) return value
  throw new TypeError(`a list was expected, not ${JSON.stringify(value)}`)
}

/** A text; numbers and truth values count as theirs. */
export function textOf(value: Json | undefined): string {
  if (typeof value === 'string') return value
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  throw new TypeError(`a text was expected, not ${JSON.stringify(value)}`)
}

/** A text, or null where the case leaves it out or says null. */
export function optionalText(value: Json | undefined): string | null {
  return value === undefined || value === null ? null : textOf(value)
}

const isList = (value: Json): value is readonly Json[] => Array.isArray(value)
const isAuthMethod = (value: Json): value is AuthMethod =>
  typeof value === 'string' && AUTH_METHODS.includes(value)
