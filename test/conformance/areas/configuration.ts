import { Configuration } from '../../../src/hadoop/configuration.ts'
import { policyKeys } from '../../../src/hadoop/service-acls.ts'
import { type Area, compare, expectLoadError, type Json, type JsonObject, listOf } from './area.ts'
import { objectOf, optionalText, textOf } from './area.ts'
import { xmlResource } from './given.ts'

/** Configuration files to the effective value of one key. */
export const policyXml: Area = ({ given, expect }) => {
  const fallback = optionalText(given['default'])
  const read = (): string | null => {
    const configuration = configurationOf(given)
    const key = textOf(given['key'])
    return fallback === null ? (configuration.get(key) ?? null) : configuration.get(key, fallback)
  }
  const { error, hadoopRaises } = expect
  if (error !== undefined || hadoopRaises !== undefined)
    return expectLoadError(error ?? hadoopRaises ?? null, read)
  return compare(expect, { value: read() })
}

/** The names of the companion keys of an ACL key. */
export const policyKeyNames: Area = ({ given, expect }) => {
  const { blocked, hosts, hostsBlocked } = policyKeys(textOf(given['aclKey']))
  return compare(expect, { blocked, hosts, hostsBlocked })
}

function configurationOf(given: JsonObject): Configuration {
  const resources = listOf(given['resources'] ?? []).flatMap((entry) => {
    const { name, xml } = objectOf(entry)
    const text = optionalText(xml)
    return text === null ? [] : [xmlResource(text, optionalText(name) ?? 'resource')]
  })
  const environment = objectOf(given['environment'] ?? given['env'] ?? {})
  return Configuration.of(resources, new Map(Object.entries(environment).map(toText)), { rename: false })
}

const toText = ([name, value]: [string, Json]): [string, string] => [name, textOf(value)]
