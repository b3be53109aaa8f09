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

/** The rows of a protocol, in the order of the providers: the same protocol may hang on another key in another daemon. */
export function servicesByProtocol(protocol: string): readonly ServiceDefinition[] {
  return SERVICE_DEFINITIONS.filter((definition) => definition.protocol === protocol)
}
