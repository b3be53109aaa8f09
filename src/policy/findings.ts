import type { Problem } from '../errors.ts'
import type { Configuration } from '../hadoop/configuration.ts'
import { PolicyKeyNames } from './intended-key.ts'
import { nearestName } from './nearest-name.ts'

/** Looking for the nearest name takes milliseconds; a file with more unknown keys than this is not a slip. */
const MAX_NEAREST = 100

/** Keys that others read than the services: they may stand in a policy file too. */
const READ_ELSEWHERE =
  /^(?:hadoop\.(?:security\.(?:(?:authorization|authentication|auth_to_local)$|auth_to_local\.|groups?\.)|user\.group\.|proxyuser\.|proxyservers$)|dfs\.|yarn\.|mapreduce\.)/

/** Whose keys are looked through: `policyFileKeys` are those that stand in the policy file, set or not. */
export interface KeySource {
  readonly configuration: Configuration
  readonly customKeys: readonly string[]
  readonly policyFileKeys: ReadonlySet<string>
}

/**
 * What is odd about the keys of a policy, as warnings: keys that nothing reads, repeated keys, keys without a value.
 * Each of them leaves a service open that its author meant to close.
 *
 * Shape: in the policy file every key is unknown that nobody reads and no `${…}` refers to; in other files those under
 * `security.`, and those that are all but a policy key.
 */
export function findingsOf({ configuration, customKeys, policyFileKeys }: KeySource): Problem[] {
  const names = new PolicyKeyNames(customKeys)
  const isPolicys = (key: string): boolean =>
    key.startsWith('security.') || policyFileKeys.has(key) || names.known.has(key)
  const findings = configuration.problems.filter(({ key }) => key === null || isPolicys(key))
  let unknown = 0
  for (const key of configuration.keys()) {
    if (names.known.has(key)) continue
    const isUnread = isPolicys(key) && !configuration.refersTo(key) && !READ_ELSEWHERE.test(key)
    if (!isUnread && names.intended(key) === null) continue
    const nearest = unknown < MAX_NEAREST ? (names.intended(key) ?? nearestName(key, names.known)) : null
    unknown += 1
    findings.push({
      ...configuration.placeOf(key),
      severity: 'warning',
      code: 'unknown_key',
      message: `no service reads \`${key}\`: the one it was meant for keeps its default, often \`*\``,
      hint: nearest === null ? 'remove it, or correct its name' : `did you mean \`${nearest}\`?`,
    })
  }
  return findings
}
