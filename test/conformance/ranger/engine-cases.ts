import { compileEngine } from '../../../src/ranger/compile-engine.ts'
import type { RangerEngine } from '../../../src/ranger/engine.ts'
import type { ServiceDef } from '../../../src/ranger/model.ts'
import { readServiceDefFile, readServicePolicies } from '../../../src/ranger/read-policies.ts'
import { readServiceRoles } from '../../../src/ranger/read-roles.ts'
import type { ResourceRequest } from '../../../src/ranger/request.ts'
import {
  compare,
  type Json,
  type JsonObject,
  objectOf,
  optionalText,
  textOf,
  type Verdict,
} from '../areas/area.ts'
import { attempt, type Checked, nameOf, objectsOf } from './checked.ts'
import { definitionNear } from './companions.ts'
import { elementsOf, merged, momentOf, requestOf, textsOf } from './requests.ts'

const WITH_FALLBACK: readonly string[] = ['hdfs', 'yarn']
const PARITY_ONLY = 'Keddah prevents or replaces what Ranger does here'

/** Cases of `ranger-cases/1`: each request counts. */
export function engineCases(document: JsonObject, file: string): Checked[] {
  return objectsOf(document['cases']).flatMap((given, index) => {
    const name = nameOf(given, 'case', index)
    const requests = objectsOf(given['requests'])
    const nameAt = (at: number): string => `${name} #${at + 1}`
    if (given['parityOnly'] === true) {
      const note = optionalText(given['note']) ?? ''
      return requests.map((_, at) => ({ name: nameAt(at), skip: `${PARITY_ONLY}: ${note}` }))
    }
    let engine: RangerEngine | null = null
    return requests.map((request, at) =>
      attempt(nameAt(at), request['expect'], () => {
        const serviceDef = definitionOf(given, file)
        engine ??= engineOf(given, serviceDef)
        return outcomeOf(engine, caseRequest(serviceDef, request), objectOf(request['expect']))
      }),
    )
  })
}

/** What a request of a case wants and what comes. */
export function outcomeOf(engine: RangerEngine, request: ResourceRequest, expected: JsonObject): Verdict {
  const { isDetermined, isAllowed, policyId, isAudited } = engine.decide(request)
  const explained = engine.explain(request).result
  if (explained.isAllowed !== isAllowed || explained.policyId !== policyId) {
    throw new TypeError('explain and decide do not agree')
  }
  return compare(expected, { determined: isDetermined, allowed: isAllowed, policyId, audited: isAudited })
}

/** The definition that a case names, with its own options. */
export function definitionOf(given: JsonObject, file: string): ServiceDef {
  const definition = definitionNear(file, textOf(given['serviceDef']))
  const options = merged(objectOf(definition['options'] ?? {}), objectOf(given['serviceDefOptions'] ?? {}))
  return readServiceDefFile({ ...definition, options }, file)
}

/** The engine of a case. */
export function engineOf(given: JsonObject, serviceDef: ServiceDef): RangerEngine {
  const envelope = {
    serviceName: 'conformance',
    policies: given['policies'] ?? [],
    auditMode: given['auditMode'] ?? null,
    serviceConfig: given['serviceConfig'] ?? null,
  }
  const policies = readServicePolicies(envelope, { service: null, serviceDef, file: '' })
  const hasFallback = given['fallback'] ?? WITH_FALLBACK.includes(serviceDef.name)
  return compileEngine(policies, rolesOf(given['roles']), {
    fallback: hasFallback === true ? 'native' : 'deny',
  })
}

function rolesOf(given: Json | undefined) {
  const rangerRoles = Object.entries(objectOf(given ?? {})).map(([name, role]) => {
    const members = (kind: string) => textsOf(objectOf(role)[kind]).map((member) => ({ name: member }))
    return { name, users: members('users'), groups: members('groups'), roles: members('roles') }
  })
  return rangerRoles.length === 0 ? null : readServiceRoles({ rangerRoles }, { service: null, file: '' })
}

/** A request of a case: the resource may be the value of the first one of the definition. */
export function caseRequest(serviceDef: ServiceDef, given: JsonObject): ResourceRequest {
  const { resource = {} } = given
  const root = serviceDef.resources[0]?.name ?? ''
  const accessTypes =
    'accessTypes' in given ? textsOf(given['accessTypes']) : [optionalText(given['accessType']) ?? '']
  return requestOf({
    resource: elementsOf(typeof resource === 'string' ? { [root]: resource } : resource),
    owner: optionalText(given['owner']),
    user: optionalText(given['user']) ?? '',
    groups: textsOf(given['groups']),
    roles: 'roles' in given ? textsOf(given['roles']) : null,
    accessTypes,
    address: optionalText(given['clientIp']),
    at: momentOf(given['accessTime']),
    action: optionalText(given['action']) ?? '',
  })
}
