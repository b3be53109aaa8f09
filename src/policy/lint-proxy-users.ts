import type { Configuration } from '../hadoop/configuration.ts'
import { type AclContext, lintTwoLists } from './lint-acl.ts'
import { error, type Findings, warning } from './lint-finding.ts'
import { lintHosts } from './lint-hosts.ts'
import { nearestName } from './nearest-name.ts'
import { understoodAcl } from './understood.ts'

const PREFIX = 'hadoop.proxyuser.'
const PARTS = ['users', 'groups', 'hosts'] as const

/**
 * Finds the traps of `hadoop.proxyuser.<real user>.{users,groups,hosts}`: Hadoop takes a missing host list for an empty
 * one, and missing users for nobody.
 */
export function lintProxyUsers(configuration: Configuration, context: AclContext, found: Findings): void {
  const realUsers = new Set<string>()
  for (const key of configuration.keysWithPrefix(PREFIX)) {
    const dot = key.lastIndexOf('.')
    const last = key.slice(dot + 1)
    if (dot < PREFIX.length || !PARTS.some((part) => part === last)) lintUnknown(configuration, key, found)
    else realUsers.add(key.slice(0, dot))
  }
  for (const base of realUsers) lintOne(configuration, base, context, found)
}

function lintUnknown(configuration: Configuration, key: string, found: Findings): void {
  const last = key.slice(key.lastIndexOf('.') + 1)
  const nearest = key.lastIndexOf('.') < PREFIX.length ? null : nearestName(last, PARTS)
  const base = key.slice(0, key.lastIndexOf('.') + 1)
  found.add(
    configuration.placeOf(key),
    error(
      'unknown_key',
      `nothing reads \`${key}\``,
      'nothing: the key is never read',
      nearest === null
        ? 'proxy users have `.users`, `.groups` and `.hosts`'
        : `did you mean \`${base}${nearest}\`?`,
    ),
  )
}

function lintOne(configuration: Configuration, base: string, context: AclContext, found: Findings): void {
  const name = base.slice(PREFIX.length)
  const keys = { users: `${base}.users`, groups: `${base}.groups`, hosts: `${base}.hosts` }
  const users = configuration.get(keys.users) ?? null
  const groups = configuration.get(keys.groups) ?? null
  const hosts = configuration.get(keys.hosts) ?? null
  const at = (key: string) => configuration.placeOf(key)
  const lists = lintTwoLists(users, groups, context)
  for (const one of lists.users) found.add(at(keys.users), one)
  for (const one of lists.groups) found.add(at(keys.groups), one)
  if (hosts !== null) for (const one of lintHosts(hosts, false)) found.add(at(keys.hosts), one)
  const first = users === null ? keys.groups : keys.users
  if (name === '*')
    found.add(
      at(users === null && groups === null ? keys.hosts : first),
      error(
        'literal_star',
        'the `*` in the key is a user with this name',
        'nobody: no user is named `*`',
        'write one set of keys for each user that acts for others',
      ),
    )
  if (hosts === null)
    found.add(
      at(first),
      error(
        'proxy_no_hosts',
        `\`${keys.hosts}\` is not set: \`${name}\` is refused from every address`,
        `${understoodAcl(lists.list)}, from no address`,
        `add \`${keys.hosts}\``,
      ),
    )
  else if (users === null && groups === null)
    found.add(
      at(keys.hosts),
      error(
        'proxy_only_hosts',
        `neither users nor groups are set: \`${name}\` may act for nobody`,
        'nobody',
        `add \`${keys.users}\` or \`${keys.groups}\``,
      ),
    )
  else if (lists.list.allAllowed && hosts.trim() === '*')
    found.add(
      at(keys.hosts),
      warning(
        'proxy_open',
        `\`${name}\` may act for everybody, from every address`,
        'everybody, from every address',
        'name the hosts of the service, and the groups it acts for',
      ),
    )
}
