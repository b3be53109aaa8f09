import { JsonReading } from '../../../src/ranger/json-reading.ts'
import type { PolicyResource, PolicyResources, ResourceDef, ServiceDef } from '../../../src/ranger/model.ts'
import { readServiceDef } from '../../../src/ranger/read-service-def.ts'
import { type Json, type JsonObject, listOf, objectOf, textOf } from '../areas/area.ts'

/** A definition as the product reads it; one that it refuses is an error. */
export function serviceDefOf(given: Json | undefined): ServiceDef {
  const reading = new JsonReading('the case')
  const def = readServiceDef(reading, given, 'serviceDef')
  if (def === null) throw new TypeError(reading.problems.map(({ message }) => message).join('; '))
  return def
}

/** A resource whose matcher is tested on its own; `name` may be missing. */
export function resourceDefOf(given: JsonObject): ResourceDef {
  const [def] = serviceDefOf({ name: 'alone', resources: [{ name: 'resource', ...given }] }).resources
  if (def === undefined) throw new TypeError('no resource was read')
  return def
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
