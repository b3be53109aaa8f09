import type { Problem } from '../errors.ts'
import { located } from '../errors/located.ts'
import { AccessControlList } from '../hadoop/access-control-list.ts'
import type { Configuration } from '../hadoop/configuration.ts'
import { type HostResolver, MachineList, type MachineListOptions } from '../hadoop/machine-list.ts'
import { type EffectiveText, type EffectiveTexts, effectiveTexts } from '../hadoop/service-acls.ts'
import type { Parity } from './divergences.ts'
import { type ListRule, ruleText, type ServicePolicy } from './policy.ts'

/** A job was once submitted under the second key; where only that one is set, it stands in for the first (D-8). */
const ALIASES: ReadonlyMap<string, string> = new Map([
  ['security.applicationclient.protocol.acl', 'security.job.client.protocol.acl'],
])

/**
 * The four texts of a service, the alias of its key included.
 *
 * Shape: the alias counts only where the service's own ACL key is unset and the alias's is set; then it stands in for
 * each of the four keys that is unset.
 * Errors: `ERR_POLICY_EXPANSION`. Divergence D-8.
 */
export function textsOf(configuration: Configuration, key: string, parity: Parity): EffectiveTexts {
  const own = effectiveTexts(configuration, key)
  const alias = parity.has('D-8') ? undefined : ALIASES.get(key)
  if (alias === undefined || own.acl.origin === 'explicit') return own
  const other = effectiveTexts(configuration, alias)
  if (other.acl.origin !== 'explicit') return own
  const pick = (mine: EffectiveText, theirs: EffectiveText): EffectiveText =>
    mine.origin === 'explicit' || theirs.origin !== 'explicit' ? mine : { ...theirs, origin: 'alias' }
  return {
    acl: pick(own.acl, other.acl),
    blockedAcl: pick(own.blockedAcl, other.blockedAcl),
    hosts: pick(own.hosts, other.hosts),
    blockedHosts: pick(own.blockedHosts, other.blockedHosts),
  }
}

/** Which lists of host names are read how: one that allows must not grow by a mishap, one that blocks not shrink. */
export function machineListOptions(parity: Parity, blocks: boolean): MachineListOptions {
  return {
    ipv6Ranges: !parity.has('D-2'),
    shortAddresses: parity.has('D-3'),
    ipv6AgainstRanges: parity.has('D-5') && blocks,
    unresolvedMatches: !parity.has('D-11') && blocks,
  }
}

/**
 * Compiles texts into lists and collects what is wrong with them. Services that share a text (the default key) share
 * the list.
 */
export class ListReader {
  readonly problems: Problem[] = []
  readonly #resolve: HostResolver
  readonly #parity: Parity
  readonly #acls: Map<string, AccessControlList>
  readonly #hosts = new Map<string, MachineList>()

  /** `acls` are the access control lists that were read already, by their text; it is added to. */
  constructor(resolve: HostResolver, parity: Parity, acls: Map<string, AccessControlList>) {
    this.#resolve = resolve
    this.#parity = parity
    this.#acls = acls
  }

  /** The four rules of a service; a list that cannot be read is a problem, and includes nobody meanwhile. */
  read(texts: EffectiveTexts): Pick<ServicePolicy, 'acl' | 'blockedAcl' | 'hosts' | 'blockedHosts'> {
    return {
      acl: this.#acl(texts.acl),
      blockedAcl: this.#acl(texts.blockedAcl),
      hosts: this.#machines(texts.hosts, false),
      blockedHosts: this.#machines(texts.blockedHosts, true),
    }
  }

  #acl(text: EffectiveText): ListRule<AccessControlList> {
    const known = this.#acls.get(text.text)
    const list = known ?? AccessControlList.parse(text.text)
    if (known === undefined) this.#acls.set(text.text, list)
    return { ...text, rule: ruleText(text.key, text.text), list }
  }

  #machines(text: EffectiveText, blocks: boolean): ListRule<MachineList> {
    const id = `${blocks ? 'blocks' : 'allows'} ${text.text}`
    let list = this.#hosts.get(id)
    if (list === undefined) {
      list = this.#parse(text, machineListOptions(this.#parity, blocks))
      this.#hosts.set(id, list)
    }
    return { ...text, rule: ruleText(text.key, text.text), list }
  }

  #parse({ text, file, line, column, key }: EffectiveText, options: MachineListOptions): MachineList {
    try {
      return MachineList.parse(text, this.#resolve, options)
    } catch (error) {
      this.problems.push(...located(error, () => ({ file: file ?? '', line, column, key })).problems)
      return MachineList.parse(null, this.#resolve, options)
    }
  }
}
