import { ConfigError } from '../../../src/errors.ts'
import { Configuration, parseConfigurationXml } from '../../../src/hadoop/configuration.ts'
import { policyKeys } from '../../../src/hadoop/service-acls.ts'
import { type Area, compare, expectLoadError, type Json, type JsonObject, listOf, mayRefuse } from './area.ts'
import { objectOf, optionalText, textOf } from './area.ts'

/** Configuration files to the effective value of one key. */
export const policyXml: Area = (test) => {
  const { given, expect } = test
  const fallback = optionalText(given['default'])
  const read = (): string | null => {
    const configuration = configurationOf(given)
    const key = textOf(given['key'])
    return fallback === null ? (configuration.get(key) ?? null) : configuration.get(key, fallback)
  }
  if ('error' in expect) return expectLoadError(expect['error'] ?? null, read)
  try {
    return compare(expect, { value: read() })
  } catch (error) {
    if (error instanceof ConfigError && mayRefuse(test)) return null
    throw error
  }
}

/** The names of the companion keys of an ACL key. */
export const policyKeyNames: Area = ({ given, expect }) => {
  const { blocked, hosts, hostsBlocked } = policyKeys(textOf(given['aclKey']))
  return compare(expect, { blocked, hosts, hostsBlocked })
}

function configurationOf(given: JsonObject): Configuration {
  const resources = listOf(given['resources'])
    .map(objectOf)
    .filter(({ xml }) => xml !== null)
    .map(({ name, xml }) =>
      parseConfigurationXml(textOf(xml), optionalText(name) ?? 'resource', { anyRoot: true }),
    )
  const environment = objectOf(given['environment'] ?? given['env'] ?? {})
  return Configuration.of(resources, new Map(Object.entries(environment).map(toText)), { rename: false })
}

const toText = ([name, value]: [string, Json]): [string, string] => [name, textOf(value)]
