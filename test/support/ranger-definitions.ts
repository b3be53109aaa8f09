import type { MatcherOptions, PolicyResources, ResourceDef, ServiceDef } from '../../src/ranger/model.ts'

/** The options of a matcher where a definition has none. */
const DEFAULT_OPTIONS: MatcherOptions = {
  wildCard: true,
  ignoreCase: true,
  quotedCaseSensitive: false,
  quoteChars: '"',
  replaceTokens: true,
  tokenStart: '{',
  tokenEnd: '}',
  tokenEscape: '\\',
  tokenPrefix: '',
  separator: '/',
}

/** A resource with a matcher; its level and leaf play no part in matching. */
export function resourceDef(
  name: string,
  parent: string | null,
  matcher: ResourceDef['matcher'],
  options: Partial<MatcherOptions> = {},
): ResourceDef {
  const all = { ...DEFAULT_OPTIONS, ...options }
  return { name, level: 1, parent, matcher, options: all, isValidLeaf: true }
}

/** A definition that has resources and nothing else. */
export const definitionOf = (...resources: readonly ResourceDef[]): ServiceDef => ({
  id: 1,
  name: 'test',
  resources,
  accessTypes: [],
  markerAccessTypes: [],
  conditions: [],
  hasDenyAndExceptions: true,
})

/** What a policy says about each resource: values, not recursive and no exclusion where nothing else is said. */
export function policyResources(
  resources: Readonly<
    Record<string, { values: readonly string[]; isExcludes?: boolean; isRecursive?: boolean }>
  >,
): PolicyResources {
  return new Map(
    Object.entries(resources).map(([name, { values, isExcludes = false, isRecursive = false }]) => [
      name,
      { values, isExcludes, isRecursive },
    ]),
  )
}
