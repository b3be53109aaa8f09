import { SERVICE_DEFINITIONS, type ServiceDefinition } from './service-definitions.ts'

export { SERVICE_DEFINITIONS, type ServiceDefinition } from './service-definitions.ts'

/** Every ACL key that is known, once each, in the order of the providers. */
export const SERVICE_KEYS: ReadonlySet<string> = new Set(SERVICE_DEFINITIONS.map(({ key }) => key))

/** The ACL keys of the hadoop-policy.xml that Hadoop ships, all `*` there. */
export const SHIPPED_KEYS: ReadonlySet<string> = new Set(
  SERVICE_DEFINITIONS.filter(({ shipped }) => shipped).map(({ key }) => key),
)

/** The rows of a key: one for each provider that has it; none for an unknown key. */
export function servicesByKey(key: string): readonly ServiceDefinition[] {
  return SERVICE_DEFINITIONS.filter((definition) => definition.key === key)
}

/**
 * The rows of a protocol. The same protocol hangs on different keys in different daemons, so whoever knows the
 * provider or daemon names it.
 *
 * Shape: `owner`, where given, is looked for in provider and daemon, case aside (`RMPolicyProvider`, `nodemanager`).
 */
export function servicesByProtocol(protocol: string, owner?: string): readonly ServiceDefinition[] {
  const rows = SERVICE_DEFINITIONS.filter((definition) => definition.protocol === protocol)
  if (owner === undefined) return rows
  const wanted = owner.toLowerCase()
  return rows.filter(({ provider, daemon }) => `${provider}\n${daemon}`.toLowerCase().includes(wanted))
}
