import type { ResourceRequest } from '../../../src/ranger/request.ts'
import { type Json, type JsonObject, listOf, objectOf, optionalText, textOf } from '../areas/area.ts'

/** A request of a case or a fixture; what it leaves out is unknown, empty or now. */
export function requestOf(given: Partial<ResourceRequest>): ResourceRequest {
  const unknown = {
    owner: null,
    user: '',
    groups: [],
    roles: null,
    accessTypes: [],
    address: null,
    action: '',
  }
  return { resource: new Map(), at: Date.now(), ...unknown, ...given }
}

/** The elements of a resource: texts, or lists of them; those that are null are not there. */
export function elementsOf(given: Json | undefined): ReadonlyMap<string, string | readonly string[]> {
  const elements = new Map<string, string | readonly string[]>()
  for (const [name, value] of Object.entries(objectOf(given ?? {}))) {
    if (value !== null) elements.set(name, Array.isArray(value) ? listOf(value).map(textOf) : textOf(value))
  }
  return elements
}

/** Texts of a list that may be missing. */
export const textsOf = (given: Json | undefined): string[] => listOf(given ?? []).map(textOf)

/** The texts of an object that may be missing, such as the context of a request. */
export function textMembersOf(given: Json | undefined): ReadonlyMap<string, string> {
  const entries = Object.entries(objectOf(given ?? {}))
  return new Map(
    entries.flatMap(([key, value]) => (typeof value === 'string' ? [[key, value] as const] : [])),
  )
}

/** A moment, as ISO 8601 or as Gson writes it in Ranger's fixtures (`yyyyMMdd-HH:mm:ss.SSSZ`); null: now. */
export function momentOf(given: Json | undefined): number {
  const text = optionalText(given)
  if (text === null) return Date.now()
  const iso = text.replace(/^(\d{4})(\d\d)(\d\d)-(.+?)-?([+-]\d\d)(\d\d)$/, '$1-$2-$3T$4$5:$6')
  const at = Date.parse(iso)
  if (Number.isNaN(at)) throw new TypeError(`no moment: \`${text}\``)
  return at
}

/** The object with the members of both; those of the second count. */
export const merged = (one: JsonObject, other: JsonObject): JsonObject => ({ ...one, ...other })
