import { ItemCompiler } from '../../../src/ranger/compiled-item.ts'
import { type CompiledPolicy, compilePolicy } from '../../../src/ranger/compiled-policy.ts'
import { CONDITIONS } from '../../../src/ranger/conditions.ts'
import { compareEvaluationOrder } from '../../../src/ranger/evaluation-order.ts'
import { readServicePolicies } from '../../../src/ranger/read-policies.ts'
import { compare, type Json, type JsonObject, objectOf } from '../areas/area.ts'
import { attempt, type Checked, nameOf, objectsOf } from './checked.ts'
import { definitionOf } from './engine-cases.ts'

/** Cases of `ranger-evalorder/1`: each score counts, and the order as a whole. */
export function orderCases(document: JsonObject, file: string): Checked[] {
  const scores = objectsOf(document['scores']).map((given, index) =>
    attempt(nameOf(given, 'score', index), given['expect'], () => {
      const [compiled] = compiledOf(given, [given['policy'] ?? null], file)
      return compare(objectOf(given['expect']), { evalOrder: compiled?.score })
    }),
  )
  const sort = objectOf(document['sort'])
  const sorted = attempt('sort', sort['expect'], () => {
    const policies = compiledOf(sort, objectsOf(sort['policies']), file).toSorted(compareEvaluationOrder)
    return compare(objectOf(sort['expect']), { policyIdsInOrder: policies.map(({ id }) => id) })
  })
  return [...scores, sorted]
}

function compiledOf(given: JsonObject, policies: readonly Json[], file: string): CompiledPolicy[] {
  const serviceDef = definitionOf(given, file)
  const read = readServicePolicies({ policies }, { service: null, serviceDef, file: '' })
  const compiler = new ItemCompiler(serviceDef, CONDITIONS)
  return read.policies.map((policy) => compilePolicy(policy, serviceDef, compiler, CONDITIONS))
}
