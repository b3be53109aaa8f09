import type { Problem } from '../errors.ts'
import type { Configuration } from '../hadoop/configuration.ts'
import { policyKeys } from '../hadoop/service-acls.ts'
import { SERVICE_KEYS } from '../hadoop/services.ts'
import { nearestName } from './nearest-name.ts'

const DEFAULT_ACL = 'security.service.authorization.default.acl'

/** Looking for the nearest name takes milliseconds; a file with more unknown keys than this is not a slip. */
const MAX_NEAREST = 100

/**
 * What is odd about the keys of a policy, as warnings: keys that nothing reads, repeated keys, keys without a value.
 * Each of them leaves a service open that its author meant to close.
 *
 * Shape: only keys that begin with `security.` can be unknown, and not those that Hadoop itself reads for other ends.
 */
export function findingsOf(configuration: Configuration, customKeys: readonly string[]): Problem[] {
  const known = knownKeys(customKeys)
  const findings = configuration.problems.filter(({ key }) => key === null || isPolicyKey(key))
  let unknown = 0
  for (const key of configuration.keys()) {
    if (!isPolicyKey(key) || known.has(key)) continue
    const entry = configuration.entry(key)
    const nearest = unknown < MAX_NEAREST ? nearestName(key, known) : null
    unknown += 1
    findings.push({
      file: entry?.file ?? '',
      line: entry?.line ?? null,
      column: entry?.column ?? null,
      key,
      severity: 'warning',
      code: 'unknown_key',
      message: `nothing reads \`${key}\`: the service it was meant for keeps its default, often \`*\``,
      hint: nearest === null ? 'remove it, or correct its name' : `did you mean \`${nearest}\`?`,
    })
  }
  return findings
}

/** Keys that stand in a policy file; Hadoop reads some others under `security.` for other ends. */
const isPolicyKey = (key: string): boolean => key.startsWith('security.')

function knownKeys(customKeys: readonly string[]): Set<string> {
  const keys = [...SERVICE_KEYS, DEFAULT_ACL, ...customKeys]
  return new Set(keys.flatMap((key) => Object.values(policyKeys(key))))
}
