import type {
  MatcherOptions,
  PolicyResource,
  PolicyResources,
  ResourceDef,
  ServiceDef,
} from '../../../src/ranger/model.ts'
import { type Json, type JsonObject, listOf, objectOf, optionalText, textOf } from '../areas/area.ts'
import { objectsOf } from './checked.ts'

/** The resources of a definition; the rest of it plays no part in matching. */
export function serviceDefOf(given: Json | undefined): ServiceDef {
  return {
    id: 1,
    name: 'conformance',
    resources: objectsOf(objectOf(given)['resources']).map(resourceDefOf),
    accessTypes: [],
    markerAccessTypes: [],
    conditions: [],
    hasDenyAndExceptions: true,
  }
}

/** A resource and its matcher; `name` may be missing where a matcher is tested on its own. */
export function resourceDefOf(given: JsonObject): ResourceDef {
  const parent = optionalText(given['parent']) ?? ''
  const matcher = optionalText(given['matcher']) ?? ''
  return {
    name: optionalText(given['name']) ?? 'resource',
    level: Number(given['level'] ?? 0),
    parent: parent === '' ? null : parent,
    matcher: matcher.endsWith('.RangerPathResourceMatcher') ? 'path' : 'default',
    options: optionsOf(objectOf(given['matcherOptions'] ?? {})),
    isValidLeaf: given['isValidLeaf'] === true,
  }
}

function optionsOf(given: JsonObject): MatcherOptions {
  const text = (name: string, fallback: string): string => optionalText(given[name]) ?? fallback
  const flag = (name: string, fallback: string): boolean => text(name, fallback).toLowerCase() === 'true'
  return {
    wildCard: flag('wildCard', 'true'),
    ignoreCase: flag('ignoreCase', 'true'),
    quotedCaseSensitive: flag('quotedCaseSensitive', 'false'),
    quoteChars: text('quoteChars', '"'),
    replaceTokens: flag('replaceTokens', 'true'),
    tokenStart: text('tokenDelimiterStart', '{').charAt(0),
    tokenEnd: text('tokenDelimiterEnd', '}').charAt(0),
    tokenEscape: text('tokenDelimiterEscape', '\\').charAt(0),
    tokenPrefix: text('tokenDelimiterPrefix', ''),
    separator: text('pathSeparatorChar', '/').charAt(0),
  }
}

/** What a policy says about one resource. */
export function policyResourceOf(given: JsonObject): PolicyResource {
  return {
    values: listOf(given['values'] ?? [])
      .filter((value) => value !== null)
      .map(textOf),
    isExcludes: given['isExcludes'] === true,
    isRecursive: given['isRecursive'] === true,
  }
}

/** What a policy says about all resources. */
export function policyResourcesOf(given: Json | undefined): PolicyResources {
  const resources = Object.entries(objectOf(given ?? {}))
  return new Map(resources.map(([name, resource]) => [name, policyResourceOf(objectOf(resource))]))
}
