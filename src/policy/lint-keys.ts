import type { Problem } from '../errors.ts'
import { AccessControlList } from '../hadoop/access-control-list.ts'
import type { Configuration, ConfigurationResource } from '../hadoop/configuration.ts'
import { javaTrim } from '../hadoop/java-text.ts'
import { findingsOf, type KeySource } from './findings.ts'
import { PolicyKeyNames } from './intended-key.ts'
import type { LintFinding } from './lint-finding.ts'
import { understoodAcl, visible } from './understood.ts'

const DEFAULTS = 'security.service.authorization.default'

/**
 * What is odd about the keys themselves: unknown, repeated, without a value, kept out by a final one. Says which value
 * counts, and is an error where that opens a service which somebody meant to close.
 */
export function lintKeys(source: KeySource, resources: readonly ConfigurationResource[]): LintFinding[] {
  const { configuration, customKeys } = source
  const names = new PolicyKeyNames(customKeys)
  const written = valuesByKey(resources)
  const proxies = configuration.problems.filter(({ key }) => key?.includes('hadoop.proxyuser.') === true)
  return [...findingsOf(source), ...proxies]
    .filter(({ key }) => key !== null)
    .map((problem) => ({
      ...problem,
      severity: isError(problem, configuration, written, names) ? 'error' : 'warning',
      understood: understood(problem, configuration),
    }))
}

function isError(
  { code, key }: Problem,
  configuration: Configuration,
  written: ReadonlyMap<string, readonly string[]>,
  names: PolicyKeyNames,
): boolean {
  if (key === null) return false
  const allows = !key.endsWith('.blocked')
  const effective = valueOf(configuration, key)
  switch (code) {
    case 'unknown_key':
      if (!key.startsWith('security.') && names.intended(key) === null) return false
      return effective !== undefined && (allows ? !isStar(effective) : javaTrim(effective) !== '')
    case 'empty_value':
      return opens(configuration, key)
    case 'duplicate_key':
    case 'final_override':
      return (written.get(key) ?? []).some(
        (value) => value !== effective && loosens(effective, value, allows),
      )
    default:
      return false
  }
}

/** Every value that is written for a key, in whatever file. */
function valuesByKey(resources: readonly ConfigurationResource[]): Map<string, string[]> {
  const values = new Map<string, string[]>()
  for (const { entries } of resources)
    for (const { key, value } of entries) {
      const known = values.get(key)
      if (known === undefined) values.set(key, [value])
      else known.push(value)
    }
  return values
}

/** Whether the value that counts lets everybody in, and the other one did not. */
function loosens(effective: string | undefined, other: string, allows: boolean): boolean {
  if (allows) return (effective === undefined || isStar(effective)) && !isStar(other)
  return javaTrim(effective ?? '') === '' && javaTrim(other) !== ''
}

/** Whether a key that is not set, or emptied, leaves `*`. */
function opens(configuration: Configuration, key: string): boolean {
  if (!/^security\..*\.(?:acl|hosts)$/.test(key)) return false
  const fallback = `${DEFAULTS}${key.endsWith('.hosts') ? '.hosts' : '.acl'}`
  const effective = valueOf(configuration, key) ?? valueOf(configuration, fallback)
  return effective === undefined || isStar(effective)
}

function understood({ code, key }: Problem, configuration: Configuration): string | null {
  if (key === null || code === 'deprecated_key') return null
  if (code === 'unknown_key') return 'nothing: the key is never read'
  if (code === 'final_value') return 'not final: a later value replaces it'
  const value = valueOf(configuration, key)
  if (value !== undefined) return inWords(key, value)
  if (!/^security\..*\.(?:acl|hosts)(?:\.blocked)?$/.test(key)) return 'the key is not set'
  const fallback = DEFAULTS + (/\.(?:acl|hosts)(?:\.blocked)?$/.exec(key)?.[0] ?? '')
  const inherited = valueOf(configuration, fallback)
  if (inherited !== undefined && fallback !== key)
    return `the key is not set, and \`${fallback}\` counts: ${inWords(fallback, inherited)}`
  const builtin = key.endsWith('.blocked') ? 'nobody is blocked' : inWords(key, '*')
  return `the key is not set: ${builtin}`
}

function inWords(key: string, value: string): string {
  if (!/\.acl(?:\.blocked)?$/.test(key)) return isStar(value) ? 'every address' : `\`${visible(value)}\``
  return understoodAcl(AccessControlList.parse(value))
}

const isStar = (value: string): boolean => AccessControlList.parse(value).allAllowed

/** What counts, expanded where that is possible; what is not is reported elsewhere. */
function valueOf(configuration: Configuration, key: string): string | undefined {
  return configuration.entry(key)?.value
}
