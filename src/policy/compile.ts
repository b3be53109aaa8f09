import { createHash } from 'node:crypto'
import { ConfigError, type Problem } from '../errors.ts'
import { authenticationMethodOf } from '../hadoop/authentication-method.ts'
import type { AccessControlList } from '../hadoop/access-control-list.ts'
import type { Configuration } from '../hadoop/configuration.ts'
import { type HostResolver, hostNamesIn } from '../hadoop/machine-list.ts'
import { ProxyUsers } from '../hadoop/proxy-users.ts'
import { policyKeys } from '../hadoop/service-acls.ts'
import { SERVICE_KEYS, servicesByKey } from '../hadoop/services.ts'
import { type Parity, parityOf } from './divergences.ts'
import { findingsOf } from './findings.ts'
import { ListReader, machineListOptions, textsOf } from './list-rules.ts'
import { type ClientPrincipal, type Policy, type RuleText, ruleText, type ServicePolicy } from './policy.ts'

const PROXY_PREFIX = 'hadoop.proxyuser'
const SWITCH = 'hadoop.security.authorization'

/**
 * What a policy is compiled from.
 *
 * Shape: `resolve` gives the addresses that were looked up before; `strict` makes findings errors; with
 * `authorization: asHadoop` the switch in core-site.xml counts (D-6); `keys` are the ACL keys of one provider, every
 * known one where they are left out; `customKeys` are ACL keys that only the settings know; `policyFileKeys` are the
 * keys that stand in the policy file, none where they are left out.
 */
export interface PolicySource {
  readonly configuration: Configuration
  readonly resolve: HostResolver
  readonly parity: Parity
  readonly strict: boolean
  readonly authorization: 'enforce' | 'asHadoop'
  readonly keys?: readonly string[]
  readonly customKeys?: readonly string[]
  readonly policyFileKeys?: ReadonlySet<string>
}

/**
 * Compiles a policy: every list is parsed, every range indexed, every name resolved, so that deciding only looks up.
 *
 * Errors: `ConfigError` with the problems of all keys: `ERR_POLICY_CIDR`, `ERR_POLICY_EXPANSION`, `ERR_CONFIG_SETTINGS`
 * for a method of authentication that is none; with `strict` also `ERR_POLICY_KEYS`.
 * Source: org.apache.hadoop.security.authorize.ServiceAuthorizationManager#refreshWithLoadedConfiguration (3.4).
 */
export function compilePolicy(source: PolicySource): Policy {
  return compileWith(source, new Map())
}

/** `acls` are the lists by their text; how they are read does not depend on parity, so that both readings share them. */
function compileWith(source: PolicySource, acls: Map<string, AccessControlList>): Policy {
  const { configuration, resolve, parity, authorization, keys = SERVICE_KEYS, customKeys = [] } = source
  const errors = new Errors()
  const lists = new ListReader(resolve, parity, acls)
  const services = new Map<string, ServicePolicy>()
  for (const key of new Set([...keys, ...customKeys])) {
    const service = errors.try(() => compileService(configuration, key, lists, parity))
    if (service !== undefined) services.set(key, service)
  }
  errors.add('ERR_POLICY_CIDR', lists.problems)
  const proxyUsers = errors.try(() =>
    ProxyUsers.of(configuration, PROXY_PREFIX, resolve, machineListOptions(parity, false)),
  )
  const { policyFileKeys = new Set<string>() } = source
  const findings = findingsOf({ configuration, customKeys, policyFileKeys })
  if (source.strict)
    errors.add(
      'ERR_POLICY_KEYS',
      findings.map((finding) => ({ ...finding, severity: 'error' })),
    )
  errors.throwIfAny()
  if (proxyUsers === undefined) throw new Error('no proxy users, but nothing was wrong')
  const authorizationOn = authorization === 'enforce' || configuration.getBoolean(SWITCH, false)
  return {
    revision: revisionOf(source, authorizationOn, services),
    authorizationOn,
    services,
    proxyUsers,
    proxyRules: proxyRulesOf(configuration),
    parity,
    findings,
    asHadoop: () => compileAsHadoop(source, acls),
  }
}

/**
 * The host names that have to be looked up before a policy is compiled: those of every host list, once each.
 *
 * Shape: `customKeys` as in `PolicySource`, whose host lists may have any name. A list that cannot be expanded has no
 * names: compiling reports it.
 */
export function hostNamesOf(configuration: Configuration, customKeys: readonly string[] = []): string[] {
  const names = new Set<string>()
  const custom = customKeys.map(policyKeys).flatMap(({ hosts, hostsBlocked }) => [hosts, hostsBlocked])
  for (const key of configuration.keys()) {
    if (
      !custom.includes(key) &&
      !/(?:^security\..*\.hosts(?:\.blocked)?|^hadoop\.proxyuser\..*\.hosts)$/.test(key)
    )
      continue
    for (const name of hostNamesIn(textOf(configuration, key))) names.add(name)
  }
  return [...names]
}

function textOf(configuration: Configuration, key: string): string {
  try {
    return configuration.get(key) ?? ''
  } catch (error) {
    if (error instanceof ConfigError) return ''
    throw error
  }
}

function compileService(
  configuration: Configuration,
  key: string,
  lists: ListReader,
  parity: Parity,
): ServicePolicy {
  const [definition] = servicesByKey(key)
  const texts = textsOf(configuration, key, parity)
  return {
    key,
    protocol: definition?.protocol ?? key,
    clientPrincipal: clientPrincipalOf(configuration, key),
    ...lists.read(texts),
  }
}

/** Only under Kerberos, and only where the property is set; the empty text is a principal that nobody has. */
function clientPrincipalOf(configuration: Configuration, key: string): ClientPrincipal | null {
  if (authenticationMethodOf(configuration) === 'SIMPLE') return null
  const property = servicesByKey(key).find(
    ({ clientPrincipalProperty }) => clientPrincipalProperty !== null,
  )?.clientPrincipalProperty
  const pattern = property === undefined || property === null ? undefined : configuration.get(property)
  if (property === undefined || property === null || pattern === undefined) return null
  return { pattern, ...ruleAt(configuration, property, pattern) }
}

function ruleAt(configuration: Configuration, key: string, text: string): RuleText {
  const entry = configuration.entry(key)
  return { rule: ruleText(key, text), key, file: entry?.file ?? null, line: entry?.line ?? null }
}

function proxyRulesOf(configuration: Configuration): ReadonlyMap<string, RuleText> {
  const keys = configuration.keysWithPrefix(`${PROXY_PREFIX}.`)
  return new Map(keys.map((key) => [key, ruleAt(configuration, key, textOf(configuration, key))]))
}

function compileAsHadoop(source: PolicySource, acls: Map<string, AccessControlList>): Policy | null {
  const asHadoop = { parity: parityOf('all'), strict: false, authorization: 'asHadoop' } as const
  try {
    return compileWith({ ...source, ...asHadoop, customKeys: [] }, acls)
  } catch (error) {
    if (error instanceof ConfigError) return null
    throw error
  }
}

/** Everything that decides, and the lines that decisions name; not the folder, so that two machines can compare. */
function revisionOf(
  { configuration, parity, resolve, customKeys }: PolicySource,
  authorizationOn: boolean,
  services: ReadonlyMap<string, ServicePolicy>,
): string {
  const hash = createHash('sha256')
  const add = (...parts: readonly unknown[]): void => {
    hash.update(`${JSON.stringify(parts)}\n`)
  }
  add(authorizationOn, [...parity].sort())
  for (const { key, clientPrincipal, ...lists } of services.values()) {
    add(key, clientPrincipal?.rule)
    for (const { text, origin, line } of [lists.acl, lists.blockedAcl, lists.hosts, lists.blockedHosts])
      add(text, origin, line)
  }
  for (const key of configuration.keysWithPrefix(`${PROXY_PREFIX}.`).sort())
    add(key, textOf(configuration, key), configuration.entry(key)?.line)
  for (const name of hostNamesOf(configuration, customKeys).sort()) add(name, resolve(name))
  return hash.digest('hex').slice(0, 16)
}

/** Keeps the problems of every key, so that an operator sees all of them at once. */
class Errors {
  readonly #problems: Problem[] = []
  #code: ConfigError['code'] | null = null

  try<T>(read: () => T): T | undefined {
    try {
      return read()
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error
      this.add(error.code, error.problems)
      return undefined
    }
  }

  add(code: ConfigError['code'], problems: readonly Problem[]): void {
    if (problems.length > 0) this.#code ??= code
    const known = new Set(this.#problems.map(sameness))
    this.#problems.push(...problems.filter((problem) => !known.has(sameness(problem))))
  }

  throwIfAny(): void {
    const [first, ...others] = this.#problems
    if (this.#code === null || first === undefined) return
    const more = others.length === 0 ? '' : ` (and ${others.length} more)`
    const key = first.key === null ? '' : `\`${first.key}\`: `
    throw new ConfigError(this.#code, `${key}${first.message}${more}`, { problems: this.#problems })
  }
}

/** Services that fall back to the same default key have the same problem. */
const sameness = ({ file, line, column, key, message }: Problem): string =>
  JSON.stringify([file, line, column, key, message])
