import type { JsonReading, Members } from './json-reading.ts'
import type { AccessTypeDef, ConditionDef, MatcherOptions, ResourceDef, ServiceDef } from './model.ts'

const IP_RANGE: ConditionDef = { name: 'ip-range', evaluator: 'RangerIpMatcher', options: new Map() }

/**
 * Reads the definition of a service, as a download carries it.
 *
 * Shape: `ip-range` is added where it is absent, because the product offers it on every service. A matcher that is not known, or none, is the default one, as in Ranger. Null: the reading has noted why.
 * Source: org.apache.ranger.plugin.model.RangerServiceDef.
 */
export function readServiceDef(reading: JsonReading, value: unknown, key: string): ServiceDef | null {
  const members = reading.object(value, key)
  if (members === null) return null
  const before = reading.count
  const name = reading.text(members['name'], `${key}.name`, '')
  if (name === '') reading.wrong(`${key}.name`, 'ranger_service_def', 'a service definition has no name')
  const resources = readResources(reading, members, key)
  const accessTypes = readAccessTypes(reading, members['accessTypes'], `${key}.accessTypes`)
  const markers = readAccessTypes(reading, members['markerAccessTypes'], `${key}.markerAccessTypes`)
  const conditions: ConditionDef[] = []
  for (const [condition, path] of reading.objects(members['policyConditions'], `${key}.policyConditions`)) {
    conditions.push({
      name: reading.text(condition['name'], `${path}.name`, ''),
      evaluator: lastSegment(reading.text(condition['evaluator'], `${path}.evaluator`, '')),
      options: reading.textMap(condition['evaluatorOptions'], `${path}.evaluatorOptions`),
    })
  }
  if (!conditions.some((condition) => condition.name === IP_RANGE.name)) conditions.push(IP_RANGE)
  const options = reading.textMap(members['options'], `${key}.options`)
  if (reading.count > before) return null
  return {
    id: reading.integer(members['id'], `${key}.id`, -1),
    name,
    resources,
    accessTypes,
    markerAccessTypes: markers,
    conditions,
    hasDenyAndExceptions: isTrue(options.get('enableDenyAndExceptionsInPolicies') ?? 'true'),
  }
}

function readResources(reading: JsonReading, members: Members, key: string): ResourceDef[] {
  const resources: ResourceDef[] = []
  for (const [resource, path] of reading.objects(members['resources'], `${key}.resources`)) {
    const name = reading.text(resource['name'], `${path}.name`, '')
    if (name === '' || resources.some((other) => other.name === name)) {
      reading.wrong(`${path}.name`, 'ranger_service_def', `a resource has no name of its own: \`${name}\``)
    }
    const parent = reading.text(resource['parent'], `${path}.parent`, '')
    const matcher = lastSegment(reading.text(resource['matcher'], `${path}.matcher`, ''))
    resources.push({
      name,
      level: reading.integer(resource['level'], `${path}.level`, 0),
      parent: parent === '' ? null : parent,
      matcher: matcher === 'RangerPathResourceMatcher' ? 'path' : 'default',
      options: matcherOptions(reading.textMap(resource['matcherOptions'], `${path}.matcherOptions`)),
      isValidLeaf: reading.flag(resource['isValidLeaf'], `${path}.isValidLeaf`, false),
    })
  }
  if (resources.length === 0) {
    reading.wrong(`${key}.resources`, 'ranger_service_def', 'a service definition has no resources')
  }
  return resources
}

/** The options of a matcher, with Ranger's defaults for those that are absent. */
export function matcherOptions(options: ReadonlyMap<string, string>): MatcherOptions {
  const flag = (name: string, fallback: boolean): boolean => isTrue(options.get(name) ?? String(fallback))
  return {
    wildCard: flag('wildCard', true),
    ignoreCase: flag('ignoreCase', true),
    quotedCaseSensitive: flag('quotedCaseSensitive', false),
    quoteChars: options.get('quoteChars') ?? '"',
    replaceTokens: flag('replaceTokens', true),
    tokenStart: options.get('tokenDelimiterStart')?.[0] ?? '{',
    tokenEnd: options.get('tokenDelimiterEnd')?.[0] ?? '}',
    tokenEscape: options.get('tokenDelimiterEscape')?.[0] ?? '\\',
    tokenPrefix: options.get('tokenDelimiterPrefix') ?? '',
    separator: options.get('pathSeparatorChar')?.[0] ?? '/',
  }
}

function readAccessTypes(reading: JsonReading, value: unknown, key: string): AccessTypeDef[] {
  const types: AccessTypeDef[] = []
  for (const [type, path] of reading.objects(value, key)) {
    const name = reading.text(type['name'], `${path}.name`, '')
    if (name === '') reading.wrong(`${path}.name`, 'ranger_service_def', 'an access type has no name')
    types.push({ name, impliedGrants: reading.texts(type['impliedGrants'], `${path}.impliedGrants`) })
  }
  return types
}

const lastSegment = (className: string): string => className.slice(className.lastIndexOf('.') + 1)
const isTrue = (text: string): boolean => text.toLowerCase() === 'true'
