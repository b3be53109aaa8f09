import { ConfigError } from '../errors.ts'
import { Configuration, type ConfigurationEntry } from '../hadoop/configuration.ts'

/** A configuration, and which of its keys stand in the policy file. */
export interface KeyedConfiguration {
  readonly configuration: Configuration
  readonly policyKeys: ReadonlySet<string>
}

/** What can be refreshed alone. */
export type Family = 'service-acl' | 'user-mappings' | 'proxy-users'

/**
 * The family of a key; null for keys that only a refresh of everything takes up.
 *
 * Shape: `isInPolicyFile` says whether the key stands in the policy file, before or after: whatever else stands there
 * (values that `${…}` refers to, keys of custom services) belongs to the policy.
 */
export function familyOf(key: string, isInPolicyFile: boolean): Family | null {
  if (key.includes('hadoop.proxyuser.')) return 'proxy-users'
  if (/^hadoop\.security\.group(?:\.mapping|s\.)|^hadoop\.user\.group\.static\.mapping\./.test(key))
    return 'user-mappings'
  return isInPolicyFile || key.startsWith('security.') ? 'service-acl' : null
}

/**
 * Takes one family of keys from a fresh load and everything else from the configuration in force.
 *
 * Values are expanded in the load they come from, so that what `${…}` refers to belongs to the same family. Keys
 * keep file and line.
 */
export function mergeFamily(
  inForce: KeyedConfiguration,
  fresh: KeyedConfiguration,
  family: Family,
): Configuration {
  const isFresh = (key: string): boolean =>
    familyOf(key, inForce.policyKeys.has(key) || fresh.policyKeys.has(key)) === family
  const problems = [
    ...inForce.configuration.problems.filter(({ key }) => key === null || !isFresh(key)),
    ...fresh.configuration.problems.filter(({ key }) => key !== null && isFresh(key)),
  ]
  const entries: ConfigurationEntry[] = []
  for (const key of inForce.configuration.keys()) if (!isFresh(key)) add(entries, inForce.configuration, key)
  for (const key of fresh.configuration.keys()) if (isFresh(key)) add(entries, fresh.configuration, key)
  const expandedFrom = [inForce.configuration, fresh.configuration]
  return Configuration.of([{ file: '', entries, unset: [], problems }], undefined, { expandedFrom })
}

function add(entries: ConfigurationEntry[], configuration: Configuration, key: string): void {
  const entry = configuration.entry(key)
  if (entry !== undefined)
    entries.push({ ...entry, value: effectiveValue(configuration, key) ?? entry.value })
}

/**
 * The value of a key as it counts; undefined where the key is unset. What cannot be expanded is given as written: it
 * fails again, with its place, where somebody needs it.
 */
export function effectiveValue(configuration: Configuration, key: string): string | undefined {
  try {
    return configuration.get(key)
  } catch (error) {
    if (error instanceof ConfigError) return configuration.entry(key)?.value
    throw error
  }
}
