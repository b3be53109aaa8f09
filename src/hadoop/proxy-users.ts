import { ConfigError, type Problem } from '../errors.ts'
import { located } from '../errors/located.ts'
import { AccessControlList, type PackedAcl } from './access-control-list.ts'
import { hadoopAddressText } from './addresses.ts'
import type { Configuration } from './configuration.ts'
import { type HostResolver, MachineList, type MachineListOptions, type PackedHosts } from './machine-list.ts'
import type { Subject } from './subject.ts'

const USERS = '.users'
const GROUPS = '.groups'
const HOSTS = '.hosts'

/** Why somebody may not act for somebody else: Hadoop's text, and the key that says so (or that is missing). */
export interface ProxyRefusal {
  readonly message: string
  readonly key: string
}

/** Proxy users on their way to another thread. */
export interface PackedProxyUsers {
  readonly prefix: string
  readonly acls: ReadonlyMap<string, PackedAcl>
  readonly hosts: ReadonlyMap<string, PackedHosts>
}

/**
 * Who may act for whom, and from where: `hadoop.proxyuser.<real user>.{users,groups,hosts}`.
 *
 * Source: org.apache.hadoop.security.authorize.DefaultImpersonationProvider (3.4).
 */
export class ProxyUsers {
  readonly #prefix: string
  readonly #acls: ReadonlyMap<string, AccessControlList>
  readonly #hosts: ReadonlyMap<string, MachineList>

  private constructor(
    prefix: string,
    acls: ReadonlyMap<string, AccessControlList>,
    hosts: ReadonlyMap<string, MachineList>,
  ) {
    this.#prefix = prefix
    this.#acls = acls
    this.#hosts = hosts
  }

  /**
   * Reads every key under `prefix` (`hadoop.proxyuser`).
   *
   * Shape: the real user's name is what stands between prefix and last dot, so names with dots work, and `*` is a
   * name like any other.
   * Errors: `ERR_POLICY_CIDR` with file, line and key of every bad entry; `ERR_POLICY_EXPANSION`.
   */
  static of(
    configuration: Configuration,
    prefix: string,
    resolve: HostResolver,
    options: MachineListOptions,
  ): ProxyUsers {
    const dotted = prefix.endsWith('.') ? prefix : `${prefix}.`
    const acls = new Map<string, AccessControlList>()
    const hosts = new Map<string, MachineList>()
    const problems: Problem[] = []
    for (const key of configuration.keys()) {
      if (!key.includes(dotted)) continue
      if (isUnder(key, dotted, USERS) || isUnder(key, dotted, GROUPS)) {
        const base = key.slice(0, key.lastIndexOf('.'))
        if (!acls.has(base)) acls.set(base, aclOf(configuration, base, dotted))
      }
      if (isUnder(key, dotted, HOSTS)) {
        const list = readHosts(configuration, key, resolve, options, problems)
        if (list !== null) hosts.set(key, list)
      }
    }
    const first = problems[0]
    if (first !== undefined) throw new ConfigError('ERR_POLICY_CIDR', first.message, { problems })
    return new ProxyUsers(dotted, acls, hosts)
  }

  /** The proxy users that `pack` has taken apart, in this thread or in another one. */
  static unpack({ prefix, acls, hosts }: PackedProxyUsers): ProxyUsers {
    return new ProxyUsers(
      prefix,
      mapValues(acls, (acl) => AccessControlList.unpack(acl)),
      mapValues(hosts, (list) => MachineList.unpack(list)),
    )
  }

  /** What another thread needs to have the same proxy users. */
  pack(): PackedProxyUsers {
    return {
      prefix: this.#prefix,
      acls: mapValues(this.#acls, (acl) => acl.pack()),
      hosts: mapValues(this.#hosts, (list) => list.pack()),
    }
  }

  /**
   * Says why the real user of a subject may not act for it from an address; null where it may.
   *
   * Shape: a subject without a real user is not asked about; acting for oneself is. `address` is canonical, null where
   * it is unknown: then only a host list of `*` admits.
   */
  check(subject: Subject, address: string | null): ProxyRefusal | null {
    const { realUser } = subject
    if (realUser === null) return null
    const base = this.#prefix + realUser.user
    if (this.#acls.get(base)?.allows(subject) !== true) {
      const message = `User: ${realUser.principal} is not allowed to impersonate ${subject.principal}`
      return { message, key: base + GROUPS }
    }
    const hosts = this.#hosts.get(base + HOSTS)
    if (hosts !== undefined && (hosts.all || (address !== null && hosts.includes(address)))) return null
    const from = address === null ? 'null' : `/${hadoopAddressText(address)}`
    const message = `Unauthorized connection for super-user: ${realUser.principal} from IP ${from}`
    return { message, key: base + HOSTS }
  }

  /** Whether deciding about this real user takes the groups of the effective user. */
  needsGroups(realUser: string): boolean {
    return (this.#acls.get(this.#prefix + realUser)?.groups.size ?? 0) > 0
  }
}

function mapValues<A, B>(map: ReadonlyMap<string, A>, change: (value: A) => B): Map<string, B> {
  return new Map([...map].map(([key, value]) => [key, change(value)]))
}

/**
 * Hadoop finds the keys by an expression that may match anywhere in them: prefix, no whitespace, suffix. What it finds
 * beside the keys it means is never looked up, but a bad range in it fails the load all the same.
 */
function isUnder(key: string, prefix: string, suffix: string): boolean {
  for (let at = key.indexOf(prefix); at >= 0; at = key.indexOf(prefix, at + 1)) {
    const rest = key.slice(at + prefix.length)
    if ((/^[^\t-\r ]*/.exec(rest)?.[0] ?? '').includes(suffix)) return true
  }
  return false
}

/** Users and groups of one real user; of the two keys only those count that Hadoop's expression finds. */
function aclOf(configuration: Configuration, base: string, prefix: string): AccessControlList {
  const read = (key: string): string | null =>
    isUnder(key, prefix, USERS) || isUnder(key, prefix, GROUPS) ? (configuration.get(key) ?? null) : null
  return AccessControlList.ofLists(read(base + USERS), read(base + GROUPS))
}

/** Adds the place of the key to what is wrong with its list, so that all keys are reported at once. */
function readHosts(
  configuration: Configuration,
  key: string,
  resolve: HostResolver,
  options: MachineListOptions,
  problems: Problem[],
): MachineList | null {
  const text = configuration.get(key) ?? null
  try {
    return MachineList.parse(text, resolve, options)
  } catch (error) {
    problems.push(...located(error, () => configuration.placeOf(key)).problems)
    return null
  }
}
