import { compilePolicyResources, type MatchType } from '../../../src/ranger/policy-resources.ts'
import { compileResourceValues, type Requested } from '../../../src/ranger/resource-values.ts'
import { type Json, type JsonObject, listOf, objectOf, textOf } from '../areas/area.ts'
import { check, type Checked, nameOf, objectsOf, tokensOf } from './checked.ts'
import { policyResourceOf, policyResourcesOf, resourceDefOf, serviceDefOf } from './definitions.ts'

type RequestedValues = ReadonlyMap<string, string | readonly string[]>

/** What each kind of test takes for a match. Ranger knows no scope for the last and takes any match for one. */
const SCOPES: ReadonlyMap<string, readonly MatchType[]> = new Map<string, readonly MatchType[]>([
  ['exactMatch', ['self', 'self_and_all_descendants']],
  ['descendantMatch', ['descendant']],
  ['ancestorMatch', ['ancestor']],
  ['selfOrAncestorMatch', ['self', 'self_and_all_descendants', 'ancestor']],
  ['selfOrDescendantMatch', ['self', 'self_and_all_descendants', 'descendant']],
  ['anyMatch', ['self', 'self_and_all_descendants', 'ancestor', 'descendant']],
  ['selfAndAllDescendants', ['self', 'self_and_all_descendants', 'ancestor', 'descendant']],
])

/** Cases of `ranger-matchers/1`: one matcher each. */
export function matcherCases(document: JsonObject): Checked[] {
  return objectsOf(document['cases']).flatMap((group, index) =>
    singleMatcherTests(group, index, 'context', 'expect'),
  )
}

/** Tests of Ranger's own fixtures, of one matcher or of the matchers of a definition. */
export function matcherFixture(document: JsonObject): Checked[] {
  return objectsOf(document['testCases']).flatMap((group, index) =>
    'resourceDef' in group
      ? singleMatcherTests(group, index, 'evalContext', 'result')
      : definitionTests(document, group, index),
  )
}

function singleMatcherTests(group: JsonObject, index: number, context: string, result: string): Checked[] {
  const matcher = compileResourceValues(
    resourceDefOf(objectOf(group['resourceDef'])),
    policyResourceOf(objectOf(group['policyResource'] ?? {})),
  )
  return objectsOf(group['tests']).map((test, at) =>
    check(`${nameOf(group, 'group', index)}: ${nameOf(test, 'test', at)}`, test[result] ?? null, () =>
      matcher.matches(requestedOf(test['input']), tokensOf(test[context])),
    ),
  )
}

function definitionTests(document: JsonObject, group: JsonObject, index: number): Checked[] {
  const def = serviceDefOf(document['serviceDef'])
  const matcher = compilePolicyResources(def, [policyResourcesOf(group['policyResources'])])
  return objectsOf(group['tests']).map((test, at) => {
    const name = `${nameOf(group, 'group', index)}: ${nameOf(test, 'test', at)}`
    return check(name, test['result'] ?? null, () => {
      const scope = SCOPES.get(textOf(test['type']))
      if (scope === undefined) throw new TypeError(`unknown type of match \`${textOf(test['type'])}\``)
      const tokens = tokensOf(test['evalContext'])
      const typeOf = (values: RequestedValues): MatchType => matcher.matchType(values, tokens)
      if ('policy' in test) return scope.includes(policyMatchType(def.resources, test, typeOf))
      const elements = Object.entries(objectOf(objectOf(test['resource'])['elements'] ?? {}))
      const values = elements.flatMap(([key, value]): [string, string | readonly string[]][] => {
        const requested = requestedOf(value)
        return requested === null ? [] : [[key, requested]]
      })
      return scope.includes(typeOf(new Map(values)))
    })
  })
}

/**
 * The way in which Ranger holds one policy against another: level by level, of each the first value that matches.
 *
 * Source: RangerDefaultPolicyResourceMatcher#isMatch(RangerPolicy, …) (2.9).
 */
function policyMatchType(
  levels: readonly { readonly name: string }[],
  test: JsonObject,
  typeOf: (values: RequestedValues) => MatchType,
): MatchType {
  const resources = policyResourcesOf(objectOf(test['policy'])['resources'])
  const chosen = new Map<string, string>()
  let type: MatchType = 'none'
  for (const { name } of levels) {
    const values = resources.get(name)?.values ?? []
    if (values.length === 0) continue
    const value = values.find((candidate) => typeOf(new Map([...chosen, [name, candidate]])) !== 'none')
    if (value === undefined) return 'none'
    chosen.set(name, value)
    type = typeOf(chosen)
  }
  return type
}

function requestedOf(value: Json | undefined): Requested {
  if (value === undefined || value === null) return null
  return Array.isArray(value) ? listOf(value).map(textOf) : textOf(value)
}
