import type { Problem } from '../errors.ts'
import type { AccessControlList } from '../hadoop/access-control-list.ts'
import type { MachineList } from '../hadoop/machine-list.ts'
import type { ProxyUsers } from '../hadoop/proxy-users.ts'
import type { EffectiveText } from '../hadoop/service-acls.ts'
import type { Parity } from './divergences.ts'

/**
 * A rule as decisions name it.
 *
 * Shape: `rule` is `key = text`, cut after a thousand characters; file and line are null for a built-in value.
 */
export interface RuleText {
  readonly rule: string
  readonly key: string
  readonly file: string | null
  readonly line: number | null
}

/** One of the four lists of a service, compiled. */
export interface ListRule<L> extends EffectiveText, RuleText {
  readonly key: string
  readonly file: string | null
  readonly line: number | null
  readonly list: L
}

/** The one principal that may use a protocol under Kerberos, as configured: `dn/_HOST@REALM`. */
export interface ClientPrincipal extends RuleText {
  readonly pattern: string
}

/**
 * What decides about one service.
 *
 * Shape: `protocol` is the Java class that messages name; `clientPrincipal` is null where any principal may.
 */
export interface ServicePolicy {
  readonly key: string
  readonly protocol: string
  readonly clientPrincipal: ClientPrincipal | null
  readonly acl: ListRule<AccessControlList>
  readonly blockedAcl: ListRule<AccessControlList>
  readonly hosts: ListRule<MachineList>
  readonly blockedHosts: ListRule<MachineList>
}

/**
 * The compiled rules. Immutable: a refresh makes another one.
 *
 * Shape: `revision` is equal for policies that decide equally and name the same lines. `services` is by ACL key, in the
 * order of Hadoop's providers. `proxyRules` are the keys of `proxyUsers` that are set. With `authorizationOn` false only
 * impersonation is asked about (D-6). `findings` are warnings: what is an error was thrown. `asHadoop` compiles the same
 * files the way Hadoop reads them; null where Hadoop could not load them at all.
 */
export interface Policy {
  readonly revision: string
  readonly authorizationOn: boolean
  readonly services: ReadonlyMap<string, ServicePolicy>
  readonly proxyUsers: ProxyUsers
  readonly proxyRules: ReadonlyMap<string, RuleText>
  readonly parity: Parity
  readonly findings: readonly Problem[]
  asHadoop(): Policy | null
}

const MAX_RULE = 1_000

/** The text of a rule as decisions and audit lines show it. */
export function ruleText(key: string, text: string): string {
  const shown = text.length > MAX_RULE ? `${text.slice(0, MAX_RULE)}…` : text
  return `${key} = ${shown}`
}
