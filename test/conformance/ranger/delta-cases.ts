import { applyDeltas, classifyDownload } from '../../../src/ranger/deltas.ts'
import { compare, type Json, type JsonObject, listOf, objectOf, type Verdict } from '../areas/area.ts'
import { attempt, type Checked, check, nameOf, objectsOf } from './checked.ts'
import { caseRequest, definitionOf, engineOf, outcomeOf } from './engine-cases.ts'

/** Cases of `ranger-deltas/1`: what a body is, and what comes of changes. */
export function deltaCases(document: JsonObject, file: string): Checked[] {
  const classified = objectsOf(document['classify']).map((given, index) =>
    check(nameOf(given, 'body', index), given['expect'], () => classifyDownload(objectOf(given['body']))),
  )
  const applied = objectsOf(document['cases']).map((given, index) =>
    attempt(nameOf(given, 'case', index), given['expect'], () => outcomeOfChanges(given, file)),
  )
  return [...classified, ...applied]
}

function outcomeOfChanges(given: JsonObject, file: string): Verdict {
  const serviceDef = definitionOf(given, file)
  const deltas = listOf(given['policyDeltas'])
  const policies = applyDeltas(listOf(given['policies']), deltas, serviceDef.name) as readonly Json[]
  const policyIds = policies.map((policy) => objectOf(policy)['id'])
  const verdict = compare(objectOf(given['expect']), { policyIds })
  if (verdict !== null) return verdict
  const engine = engineOf({ ...given, policies }, serviceDef)
  for (const request of objectsOf(given['requests'])) {
    const outcome = outcomeOf(engine, caseRequest(serviceDef, request), objectOf(request['expect']))
    if (outcome !== null) return outcome
  }
  return null
}
