import { AccessControlList, type PackedAcl } from '../hadoop/access-control-list.ts'
import { MachineList, type PackedHosts } from '../hadoop/machine-list.ts'
import { type PackedProxyUsers, ProxyUsers } from '../hadoop/proxy-users.ts'
import type { ListRule, Policy, ServicePolicy } from './policy.ts'

/** `text` is null where it is long: then it is the value of the key, and whoever has the configuration has it. */
type PackedRule = Omit<ListRule<unknown>, 'list' | 'text'> & {
  readonly list: number
  readonly text: string | null
}

type PackedService = Pick<ServicePolicy, 'key' | 'protocol' | 'clientPrincipal'> & {
  readonly acl: PackedRule
  readonly blockedAcl: PackedRule
  readonly hosts: PackedRule
  readonly blockedHosts: PackedRule
}

/**
 * A policy as plain values, so that another thread can have it: what is large is shared memory, and crosses without
 * being copied.
 *
 * Shape: services that fall back to the same default have the same list, so rules name theirs by number. `asHadoop` is
 * the same policy read as Hadoop reads it; null where Hadoop could not load it.
 */
export interface PackedPolicy extends Omit<Policy, 'services' | 'proxyUsers' | 'asHadoop'> {
  readonly acls: readonly PackedAcl[]
  readonly hosts: readonly PackedHosts[]
  readonly services: readonly PackedService[]
  readonly proxyUsers: PackedProxyUsers
  readonly asHadoop: PackedPolicy | null
}

/** In characters. */
const LONG = 1_000

/** Takes a policy apart; `unpackPolicy` puts it together again. */
export function packPolicy(policy: Policy): PackedPolicy {
  const { services, proxyUsers, ...rest } = policy
  const acls = new Numbered<AccessControlList>()
  const hosts = new Numbered<MachineList>()
  const packRule = <L>(rule: ListRule<L>, lists: Numbered<L>): PackedRule => ({
    ...rule,
    text: rule.text.length > LONG ? null : rule.text,
    list: lists.numberOf(rule.list),
  })
  const packed = [...services.values()].map((service): PackedService => ({
    ...service,
    acl: packRule(service.acl, acls),
    blockedAcl: packRule(service.blockedAcl, acls),
    hosts: packRule(service.hosts, hosts),
    blockedHosts: packRule(service.blockedHosts, hosts),
  }))
  const other = policy.asHadoop()
  return {
    ...rest,
    acls: acls.values.map((list) => list.pack()),
    hosts: hosts.values.map((list) => list.pack()),
    services: packed,
    proxyUsers: proxyUsers.pack(),
    asHadoop: other === null ? null : packPolicy({ ...other, asHadoop: () => null }),
  }
}

/**
 * Puts a policy together that `packPolicy` has taken apart, in whatever thread.
 *
 * Shape: `textOf` is asked for the values of keys that are too long to be carried along; where it knows none, the text
 * of the list is empty, which is of no use but to show it.
 */
export function unpackPolicy(
  { services, proxyUsers, asHadoop, ...rest }: PackedPolicy,
  textOf: (key: string) => string | undefined,
): Policy {
  const { acls: packedAcls, hosts: packedHosts, ...plain } = rest
  const acls = packedAcls.map((packed) => AccessControlList.unpack(packed))
  const hosts = packedHosts.map((packed) => MachineList.unpack(packed))
  const other = asHadoop === null ? null : unpackPolicy(asHadoop, textOf)
  const unpackRule = <L>(rule: PackedRule, lists: readonly L[]): ListRule<L> => {
    const list = lists[rule.list]
    if (list === undefined) throw new Error(`the packed rule of ${rule.key} has no list`)
    return { ...rule, text: rule.text ?? textOf(rule.key) ?? '', list }
  }
  const unpackService = (service: PackedService): ServicePolicy => ({
    ...service,
    acl: unpackRule(service.acl, acls),
    blockedAcl: unpackRule(service.blockedAcl, acls),
    hosts: unpackRule(service.hosts, hosts),
    blockedHosts: unpackRule(service.blockedHosts, hosts),
  })
  return {
    ...plain,
    services: new Map(services.map((service) => [service.key, unpackService(service)])),
    proxyUsers: ProxyUsers.unpack(proxyUsers),
    asHadoop: () => other,
  }
}

/** Values by number, in the order in which they were first seen. */
class Numbered<T> {
  readonly values: T[] = []
  readonly #numbers = new Map<T, number>()

  numberOf(value: T): number {
    const known = this.#numbers.get(value)
    const number = known ?? this.values.push(value) - 1
    if (known === undefined) this.#numbers.set(value, number)
    return number
  }
}
