import type { Subject } from '../hadoop/subject.ts'
import type { ResourceAsk } from '../ranger/ask.ts'
import type { AuthorizationRequest } from './request.ts'
import type { Verification } from './verification.ts'

/*
 * Every part that a caller may choose is preceded by its length, so that no two requests share a key: joined with a
 * separator, the user `a|b` would be the user `a` in the group `b`.
 */

/** Everything that the questions about the service read of a request, in one text; nothing of its resources. */
export function cacheKey({ service, subject, origin }: AuthorizationRequest): string {
  const { address, names } = origin
  const from = `${part(service)}${part(address)}${names.length === 0 ? '' : list(names)}`
  return subject === null ? `-${from}` : `${from}${subjectKey(subject)}`
}

/** Everything that permission verification reads of a request but its time, in one text. */
export function verdictKey({ rules, access, subject, origin }: Verification): string {
  const { component, resources } = access
  const engine = rules?.ranger?.engine
  const who = `${part(subject.user)}${subject.groups === null ? '?' : groupsKey(subject.groups)}`
  const from = engine?.readsAddress === true ? part(origin.address) : ''
  const what = resources === null ? '-' : `${part(resources.action)}${resources.isUnknown ? '?' : ';'}`
  return `${component}${who}${from}${what}${resources === null ? '' : resources.asks.map(askKey).join('')}`
}

function askKey({ resource, accessTypes, needs, shown }: ResourceAsk): string {
  let key = `${needs}${part(shown)}${list(accessTypes)}#${resource.size}`
  for (const [name, value] of resource) key += part(name) + part(value)
  return key
}

function subjectKey({ user, principal, method, groups, realUser }: Subject): string {
  const name = user === principal ? `=${part(user)}` : `${part(user)}${part(principal)}`
  const self = `;${method}${name}${groups === null ? '?' : groupsKey(groups)}`
  return realUser === null ? self : `${self}${subjectKey(realUser)}`
}

const part = (text: string | null): string => (text === null ? '-' : `${text.length}:${text}`)

const list = (texts: readonly string[]): string => `#${texts.length}${texts.map(part).join('')}`

/** The groups of a user come from the group cache, the same array again and again: its key is made once. */
const keysOfGroups = new WeakMap<readonly string[], string>()

function groupsKey(groups: readonly string[]): string {
  if (groups.length === 0) return '#0'
  let key = keysOfGroups.get(groups)
  if (key === undefined) {
    key = list(groups)
    keysOfGroups.set(groups, key)
  }
  return key
}
