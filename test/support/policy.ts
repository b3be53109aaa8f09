import { Configuration, type ConfigurationResource } from '../../src/hadoop/configuration.ts'
import type { Origin, Subject } from '../../src/hadoop/subject.ts'
import { compilePolicy, type PolicySource } from '../../src/policy/compile.ts'
import { parityOf } from '../../src/policy/divergences.ts'
import type { Policy } from '../../src/policy/policy.ts'

export const CLIENT = 'security.client.protocol.acl'
export const CLIENT_CLASS = 'interface org.apache.hadoop.hdfs.protocol.ClientProtocol'

/** Properties as a file has them, one a line, beginning with line 2. */
export function resourceOf(properties: Iterable<readonly [string, string]>): ConfigurationResource {
  const entries = [...properties].map(([key, value], index) => ({
    key,
    value,
    file: 'hadoop-policy.xml',
    line: index + 2,
    column: 1,
    final: false,
  }))
  return { file: 'hadoop-policy.xml', entries, unset: [], problems: [] }
}

/** A policy of these properties. */
export function policyOf(
  properties: Readonly<Record<string, string>> | ReadonlyMap<string, string>,
  options: Partial<PolicySource> = {},
): Policy {
  const entries = properties instanceof Map ? properties : Object.entries(properties)
  return compilePolicy({
    configuration: Configuration.of([resourceOf(entries)]),
    resolve: () => null,
    parity: parityOf('none'),
    strict: false,
    authorization: 'enforce',
    ...options,
  })
}

/** A user as the tables of the tests have them; `groups` null: the look-up failed. */
export const user = (name: string, groups: readonly string[] | null = []): Subject => ({
  user: name,
  principal: name,
  method: 'SIMPLE',
  groups,
  realUser: null,
})

/** A user for whom somebody else calls. */
export const impersonated = (name: string, by: string, groups: readonly string[] | null = []): Subject => ({
  ...user(name, groups),
  method: 'PROXY',
  realUser: user(by),
})

export const from = (address: string | null, ...names: string[]): Origin => ({ address, names })
