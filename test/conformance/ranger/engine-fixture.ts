import { compileEngine } from '../../../src/ranger/compile-engine.ts'
import { applyDeltas } from '../../../src/ranger/deltas.ts'
import type { RangerEngine } from '../../../src/ranger/engine.ts'
import type { ServiceRoles } from '../../../src/ranger/model.ts'
import { readServicePolicies } from '../../../src/ranger/read-policies.ts'
import type { ResourceRequest } from '../../../src/ranger/request.ts'
import { compare, type Json, type JsonObject, listOf, objectOf, optionalText, textOf } from '../areas/area.ts'
import { attempt, type Checked, nameOf, objectsOf } from './checked.ts'
import { skipsNear } from './companions.ts'
import { elementsOf, merged, momentOf, requestOf, textMembersOf, textsOf } from './requests.ts'
import { type FixtureContext, fixtureConditions } from './stand-in-conditions.ts'

/** The proxies that are trusted where Ranger runs these tests. */
const PROXIES: readonly string[] = ['255.255.255.255', '128.101.101.101', '128.101.101.99']

/** Settings of the plugin, by their names in a fixture. */
const SETTINGS: ReadonlyMap<string, string> = new Map([
  ['superUsers', 'ranger.plugin.super.users'],
  ['superGroups', 'ranger.plugin.super.groups'],
  ['auditExcludedUsers', 'ranger.plugin.audit.exclude.users'],
  ['auditExcludedGroups', 'ranger.plugin.audit.exclude.groups'],
  ['auditExcludedRoles', 'ranger.plugin.audit.exclude.roles'],
])

/** What a request of a fixture may have that nothing here does justice to. */
const UNSUPPORTED: readonly string[] = [
  'resourceMatchingScope',
  'resourceElementMatchingScopes',
  'isDescendantDenyIgnored',
]

/** Tests, and the changes that come before the next ones. */
interface Step {
  readonly kind: string
  readonly tests: readonly JsonObject[]
  readonly policies: readonly Json[]
}

/**
 * The tests of one of Ranger's engine fixtures, those after each round of changes too. What `INDEX.json` names is skipped.
 *
 * Shape: as in Ranger's own harness, nothing falls back, and only `isAllowed` and `isAudited` are compared. Security zones, with
 * which a set is refused, are left out, so that the tests about them fail and no others.
 */
export function engineFixture(document: JsonObject, file: string): Checked[] {
  const skips = skipsNear(file)
  return stepsOf(document).flatMap(({ kind, tests, policies }) => {
    const context: FixtureContext = { values: new Map() }
    let engine: RangerEngine | null = null
    return tests.map((test, index) => {
      const name = nameOf(test, kind, index)
      const skip = skips.get(`${kind}/${index}`)
      if (skip !== undefined && skip.name === name) return { name, skip: skip.why }
      const { result = null } = test
      if (result === null)
        return { name, skip: 'it wants no decision about access, only masks, filters or lists' }
      return attempt(name, result, () => {
        engine ??= engineOf(document, policies, file, context)
        const request = objectOf(test['request'])
        context.values = textMembersOf(request['context'])
        const { isAllowed, isAudited } = engine.decide(fixtureRequest(request))
        return compare({ isAllowed: false, isAudited: false, ...objectOf(result) }, { isAllowed, isAudited })
      })
    })
  })
}

function stepsOf(document: JsonObject): Step[] {
  const serviceType = textOf(objectOf(document['serviceDef'])['name'])
  const steps: Step[] = []
  let policies = listOf(document['policies'])
  const add = (kind: string, tests: Json | undefined): void => {
    steps.push({ kind, tests: objectsOf(tests), policies })
  }
  const change = (info: JsonObject): void => {
    const deltas = objectOf(info['updatedPolicies'] ?? {})['policyDeltas'] ?? []
    policies = applyDeltas(policies, listOf(deltas), serviceType) as readonly Json[]
  }
  add('tests', document['tests'])
  if ('updatedPolicies' in document) {
    change(document)
    add('updatedTests', document['updatedTests'])
  }
  let info = objectOf(document['testsInfo'] ?? {})
  while ('tests' in info) {
    add('testsInfo', info['tests'])
    change(info)
    info = objectOf(info['updatedTestsInfo'] ?? {})
  }
  return steps
}

function engineOf(
  document: JsonObject,
  policies: readonly Json[],
  file: string,
  context: FixtureContext,
): RangerEngine {
  const conditions = fixtureConditions(context)
  const serviceConfig: Record<string, Json> = { ...objectOf(document['serviceConfig'] ?? {}) }
  for (const [name, key] of SETTINGS) {
    // Of the plugin, which has them beside those of the service.
    const names = [...textsOf(document[name]), optionalText(serviceConfig[key]) ?? '']
    serviceConfig[key] = names.join(',')
  }
  const envelope = merged(document, { policies, serviceConfig, securityZones: {} })
  const read = readServicePolicies(envelope, { service: null, serviceDef: null, file, conditions })
  return compileEngine(read, rolesOf(document), { fallback: 'deny', conditions })
}

/** The roles of a fixture, which has them by their members. */
function rolesOf(document: JsonObject): ServiceRoles {
  const roles = (['users', 'groups', 'roles'] as const).flatMap((kind) => {
    const byMember = objectOf(document[`${kind.slice(0, -1)}Roles`] ?? {})
    return Object.entries(byMember).flatMap(([member, names]) =>
      textsOf(names).map((name) => ({ name, users: [], groups: [], roles: [], [kind]: [member] })),
    )
  })
  return { serviceName: '', version: -1, roles }
}

function fixtureRequest(given: JsonObject): ResourceRequest {
  const unsupported = UNSUPPORTED.filter((name) => name in given)
  if (unsupported.length > 0) throw new TypeError(`not supported: ${unsupported.join(', ')}`)
  const resource = objectOf(given['resource'] ?? {})
  const together = objectOf(given['context'] ?? {})['ALLACCESSTYPEGROUPS']
  return requestOf({
    resource: elementsOf(resource['elements']),
    owner: optionalText(resource['ownerUser']),
    user: optionalText(given['user']) ?? '',
    groups: textsOf(given['userGroups']),
    roles: textsOf(given['userRoles']),
    accessTypes:
      together === undefined ? [optionalText(given['accessType']) ?? ''] : listOf(together).map(onlyOf),
    address: addressOf(given),
    at: momentOf(given['accessTime']),
    action: optionalText(given['action']) ?? '',
  })
}

/** Of several groups of access types each has one here. */
function onlyOf(group: Json): string {
  const types = textsOf(group)
  if (types.length !== 1) throw new TypeError('not supported: access types of which one suffices')
  return types[0] ?? ''
}

function addressOf(given: JsonObject): string | null {
  const remote = optionalText(given['remoteIPAddress'])
  const [forwarded] = textsOf(given['forwardedAddresses'])
  if (forwarded !== undefined && remote !== null && PROXIES.includes(remote)) return forwarded
  return optionalText(given['clientIPAddress']) ?? remote
}
