/**
 * The slow, obvious twin of `src/hadoop/`: Hadoop's rules written down again sentence by sentence, with no index, no
 * compiled list and no line of code in common. Where the two differ, one of them is wrong.
 */
import type { Subject } from '../../src/hadoop/subject.ts'
import type { RuleText } from './arbitraries-hadoop.ts'

/** Java's trim: characters up to U+0020 go, one at a time. */
export function oracleTrim(text: string): string {
  let rest = text
  while (rest !== '' && rest.charCodeAt(0) <= 32) rest = rest.substring(1)
  while (rest !== '' && rest.charCodeAt(rest.length - 1) <= 32) rest = rest.substring(0, rest.length - 1)
  return rest
}

/** Trim, then split at a comma or newline with whitespace around it; no empties, no repetitions. */
export function oracleEntries(text: string | null): string[] {
  if (text === null || oracleTrim(text) === '') return []
  const pieces = oracleTrim(text).split(/[ \t\n\v\f\r]*[,\n][ \t\n\v\f\r]*/)
  return pieces.filter((piece, index) => piece !== '' && pieces.indexOf(piece) === index)
}

export interface OracleAcl {
  everybody: boolean
  users: string[]
  groups: string[]
}

/** AccessControlList of two texts. */
export function oracleAclOfLists(users: string | null, groups: string | null): OracleAcl {
  for (const part of [users, groups])
    if (part !== null && oracleTrim(part) === '*') return { everybody: true, users: [], groups: [] }
  return { everybody: false, users: oracleEntries(users), groups: oracleEntries(groups) }
}

/** AccessControlList of one text: everything before the first blank, everything after it. */
export function oracleAcl(text: string): OracleAcl {
  const words = text.split(' ')
  return words.length === 1
    ? oracleAclOfLists(text, null)
    : oracleAclOfLists(words[0] ?? '', words.slice(1).join(' '))
}

/** AccessControlList#isUserAllowed. */
export function oracleAllows(acl: OracleAcl, subject: Subject): boolean {
  if (acl.everybody) return true
  for (const user of acl.users) if (user === subject.user) return true
  for (const group of acl.groups) for (const own of subject.groups ?? []) if (group === own) return true
  for (const user of acl.users)
    if (subject.realUser !== null && user === `~${subject.realUser.user}`) return true
  return false
}

/** What a host list says: an answer, or an exception while it is built or asked. */
export type OracleAnswer = boolean | 'raises' | 'does not load'

/** The 32 bits of a dotted quad, as a text of zeros and ones. */
function bits(quad: string): string {
  return quad
    .split('.')
    .map((part) => Number(part).toString(2).padStart(8, '0'))
    .join('')
}

/**
 * MachineList over IPv4 and fully written IPv6 addresses: `query` is a dotted quad or eight groups.
 *
 * Shape: `dns` gives the first address of a name; what it does not have does not resolve.
 */
export function oracleIncludes(
  list: string | null,
  query: string,
  dns: ReadonlyMap<string, string> = new Map(),
): OracleAnswer {
  const entries = oracleEntries(list)
  for (const entry of entries) {
    if (!entry.includes('/')) continue
    const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})\/(\d{1,2})$/.exec(entry)
    if (match === null || Number(match[5]) > 32) return 'does not load'
    for (const octet of match.slice(1, 5)) if (Number(octet) > 255) return 'does not load'
  }
  if (entries.length === 1 && entries[0] === '*') return true
  for (const entry of entries) if (!entry.includes('/') && (dns.get(entry) ?? entry) === query) return true
  for (const entry of entries) {
    if (!entry.includes('/')) continue
    if (query.includes(':')) return 'raises'
    const [network = '', prefix = ''] = entry.split('/')
    const length = Number(prefix)
    if (query !== '0.0.0.0' && bits(network).substring(0, length) === bits(query).substring(0, length))
      return true
  }
  return false
}

/** ServiceAuthorizationManager#refresh: the text of one of the four lists. */
function oracleText(
  properties: ReadonlyMap<string, string>,
  aclKey: string,
  which: 'acl' | 'acl.blocked' | 'hosts' | 'hosts.blocked',
): string {
  const name = (key: string): string => {
    if (which === 'acl') return key
    if (which === 'acl.blocked') return `${key}.blocked`
    const parts = key.split('.')
    const hosts = parts.length === 1 ? key : [...parts.slice(0, -1), 'hosts'].join('.')
    return which === 'hosts' ? hosts : `${hosts}.blocked`
  }
  const builtin = which.endsWith('.blocked') ? '' : '*'
  return (
    properties.get(name(aclKey)) ??
    properties.get(name('security.service.authorization.default.acl')) ??
    builtin
  )
}

/** ServiceAuthorizationManager#authorize, without client principals: what is refused, or nothing. */
export function oracleAuthorize(
  properties: ReadonlyMap<string, string>,
  aclKey: string,
  subject: Subject,
  address: string | null,
): 'allowed' | 'acl' | 'acl_blocked' | 'hosts' | 'hosts_blocked' | 'does not load' {
  const hosts = oracleText(properties, aclKey, 'hosts')
  const blocked = oracleText(properties, aclKey, 'hosts.blocked')
  for (const list of [hosts, blocked])
    if (oracleIncludes(list, '192.0.2.1') === 'does not load') return 'does not load'
  if (!oracleAllows(oracleAcl(oracleText(properties, aclKey, 'acl')), subject)) return 'acl'
  if (oracleAllows(oracleAcl(oracleText(properties, aclKey, 'acl.blocked')), subject)) return 'acl_blocked'
  if (address === null) return 'allowed'
  if (oracleIncludes(hosts, address) !== true) return 'hosts'
  return oracleIncludes(blocked, address) === false ? 'allowed' : 'hosts_blocked'
}

/** ProxyUsers: whether the real user may act for the subject from an address. */
export function oracleMayImpersonate(
  properties: ReadonlyMap<string, string>,
  subject: Subject,
  address: string,
): boolean {
  if (subject.realUser === null) return true
  const prefix = `hadoop.proxyuser.${subject.realUser.user}`
  const users = properties.get(`${prefix}.users`) ?? null
  const groups = properties.get(`${prefix}.groups`) ?? null
  if (users === null && groups === null) return false
  if (!oracleAllows(oracleAclOfLists(users, groups), subject)) return false
  return oracleIncludes(properties.get(`${prefix}.hosts`) ?? null, address) === true
}

/** One property of a file for `oracleGet`; value null: the element is empty. */
export interface OracleProperty {
  key: string
  value: string | null
  final: boolean
}

/** Configuration: the effective raw value of a key after loading files in order. */
export function oracleGet(files: readonly (readonly OracleProperty[])[], key: string): string | undefined {
  let value: string | undefined
  for (const property of files.flat().filter((entry) => entry.key === key)) {
    if (property.value !== null) value = property.value
    if (property.final) break
  }
  return value
}

/**
 * KerberosName#getShortName, for rules whose expressions mean the same in Java and JavaScript: null is a refusal.
 *
 * Shape: texts are of one line.
 */
export function oracleShortName(
  rules: readonly (RuleText | 'DEFAULT')[],
  mechanism: 'hadoop' | 'mit',
  defaultRealm: string,
  principal: string,
): string | null {
  const [names = '', ...realms] = principal.split('@')
  const [service = '', ...hosts] = names.split('/')
  const parts = [...realms, service, ...hosts]
  if (realms.length > 1 || hosts.length > 1 || parts.includes(''))
    return principal.includes('@') ? null : principal
  if (realms.length === 0 && hosts.length === 0) return principal
  const values = [realms[0] ?? 'null', service, ...hosts]
  for (const rule of rules) {
    const result =
      rule === 'DEFAULT' ? (realms[0] === defaultRealm ? service : undefined) : tried(rule, values)
    if (result === undefined) continue
    if (result === null || (mechanism === 'hadoop' && (result.includes('@') || result.includes('/'))))
      return null
    return rule !== 'DEFAULT' && rule.lowerCase ? result.toLowerCase() : result
  }
  return mechanism === 'mit' ? principal : null
}

/** What one rule makes of realm and components: undefined where it does not apply, null for a bad format. */
function tried(rule: RuleText, values: readonly string[]): string | null | undefined {
  if (values.length - 1 !== rule.components) return undefined
  let base = ''
  for (let rest = rule.format; rest !== '';) {
    const number = /^\$(\d*)/.exec(rest)
    if (number === null) base += rest.substring(0, 1)
    else if (number[1] === '' || Number(number[1]) >= values.length) return null
    else base += values[Number(number[1])]
    rest = rest.substring(number === null ? 1 : number[0].length)
  }
  if (rule.match !== null && !new RegExp(`^(?:${rule.match})$`, 'u').test(base)) return undefined
  if (rule.substitution === null) return base
  const [from, to] = rule.substitution
  return base.replace(new RegExp(from, rule.global ? 'gu' : 'u'), to)
}
