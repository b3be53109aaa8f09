import { ConfigError, type Problem } from '../errors.ts'
import { AccessControlList } from '../hadoop/access-control-list.ts'
import { authenticationMethodOf } from '../hadoop/authentication-method.ts'
import type { Configuration, ConfigurationResource } from '../hadoop/configuration.ts'
import type { Parity } from './divergences.ts'
import { type AclContext, lintAcl } from './lint-acl.ts'
import { Findings, type Found, type LintFinding, warning } from './lint-finding.ts'
import { lintHosts } from './lint-hosts.ts'
import { lintKeys } from './lint-keys.ts'
import { lintProxyUsers } from './lint-proxy-users.ts'
import { lintStaticGroups, staticGroupsOf } from './lint-static-groups.ts'
import { lintServices } from './lint-services.ts'
import { understoodOfProblem } from './lint-problems.ts'

export type { LintFinding } from './lint-finding.ts'

const SWITCH = 'hadoop.security.authorization'
const STATIC_GROUPS = 'hadoop.user.group.static.mapping.overrides'
const MECHANISM = 'hadoop.security.auth_to_local.mechanism'
const LIST = /^security\..*\.(acl|hosts)(\.blocked)?$/

/**
 * What lint looks at.
 *
 * Shape: `configuration` is what `resources` make together; `policyFileKeys` are the keys that stand in the policy file. `findings` are warnings of the load (files, host names),
 * which are put among lint's own.
 */
export interface LintSource {
  readonly configuration: Configuration
  readonly resources: readonly ConfigurationResource[]
  readonly customKeys?: readonly string[]
  readonly policyFileKeys?: ReadonlySet<string>
  readonly parity?: Parity
  readonly findings?: readonly Problem[]
}

/**
 * Finds everything that is odd about a policy, and says what Hadoop understands.
 *
 * Shape: all findings, by file, line and column; empty for a policy without any. An error is certainly not what was
 * meant, keeps Hadoop from loading, or opens a service.
 * Errors: none; what cannot be read is a finding.
 */
export function lintPolicy(source: LintSource): LintFinding[] {
  const { configuration, resources, customKeys = [], policyFileKeys = new Set(), parity = new Set() } = source
  const found = new Findings(resources.at(-1)?.file ?? '')
  const failed: LintFinding[] = []
  const attempt = (lint: () => void): void => {
    try {
      lint()
    } catch (cause) {
      if (!(cause instanceof ConfigError)) throw cause
      failed.push(...findingsOfError(cause))
    }
  }
  const context = contextOf(configuration)
  for (const key of configuration.keys())
    attempt(() => {
      for (const one of lintList(configuration, key, context)) found.add(configuration.placeOf(key), one)
    })
  attempt(() => void authenticationMethodOf(configuration))
  attempt(() => lintServices(configuration, customKeys, parity, found))
  attempt(() => lintProxyUsers(configuration, { ...context, blocks: false }, found))
  attempt(() => lintStaticGroups(configuration, found))
  attempt(() => lintSwitch(configuration, resources, found))
  const own = [
    ...lintKeys({ configuration, customKeys, policyFileKeys }, resources),
    ...found.list,
    ...failed,
  ]
  return inOrder([...own, ...asFindings(source.findings ?? [])])
}

/** The problems of a file that cannot be loaded, or of a policy that cannot be compiled, as findings. */
export function findingsOfError(error: ConfigError): LintFinding[] {
  return inOrder(asFindings(error.problems))
}

/** What D-1 makes a warning of still opens every service; a provider that Keddah lacks is no flaw of Hadoop's files. */
const OTHERWISE: Readonly<Record<string, Problem['severity']>> = {
  empty_policy: 'error',
  group_provider: 'warning',
}

function asFindings(problems: readonly Problem[]): LintFinding[] {
  return problems.map((problem) => ({
    ...problem,
    severity: OTHERWISE[problem.code] ?? problem.severity,
    understood: understoodOfProblem(problem),
  }))
}

function lintList(configuration: Configuration, key: string, context: AclContext): Found[] {
  const [, kind, blocked] = LIST.exec(key) ?? []
  if (kind === undefined) return []
  const text = configuration.get(key) ?? ''
  const blocks = blocked !== undefined
  return kind === 'hosts' ? lintHosts(text, blocks) : lintAcl(text, { ...context, blocks })
}

/** The groups that any list or static mapping names: a user with such a name is most likely meant as a group. */
function contextOf(configuration: Configuration): AclContext {
  const groups = new Set<string>()
  const users = new Set<string>()
  for (const key of configuration.keys()) {
    const value = configuration.entry(key)?.value ?? ''
    if (/^security\..*\.acl(?:\.blocked)?$/.test(key)) {
      const list = AccessControlList.parse(value)
      for (const group of list.groups) groups.add(group)
      if (list.groups.size > 0) for (const user of list.users) users.add(user)
    } else if (/^hadoop\.proxyuser\..*\.groups$/.test(key))
      for (const group of AccessControlList.ofLists(null, value).groups) groups.add(group)
    else if (key === STATIC_GROUPS)
      for (const [user, list] of staticGroupsOf(value)) {
        users.add(user)
        for (const group of list) groups.add(group)
      }
  }
  const longNames = (configuration.entry(MECHANISM)?.value ?? 'hadoop').trim().toLowerCase() === 'mit'
  return { blocks: false, groups: groups.difference(users), longNames }
}

function lintSwitch(
  configuration: Configuration,
  resources: readonly ConfigurationResource[],
  found: Findings,
): void {
  if (configuration.getBoolean(SWITCH, false)) return
  const written = configuration.get(SWITCH)
  const place = configuration.placeOf(SWITCH)
  const file = place.file === '' ? (resources[0]?.file ?? '') : place.file
  found.add(
    { ...place, file },
    warning(
      'switch_off',
      `\`${SWITCH}\` is ${written === undefined ? 'not set' : `\`${written}\``}: Hadoop itself checks none of these lists`,
      'everybody, for every service',
      'set it to `true` in core-site.xml',
    ),
  )
}

/** Findings once each, by file, line and column. */
export function inOrder(findings: readonly LintFinding[]): LintFinding[] {
  const seen = new Set<string>()
  const unique = findings.filter(({ file, line, column, key, code, message }) => {
    const id = JSON.stringify([file, line, column, key, code, message])
    return !seen.has(id) && seen.add(id)
  })
  return unique.toSorted(
    (a, b) =>
      (a.file < b.file ? -1 : Number(a.file > b.file)) ||
      (a.line ?? 0) - (b.line ?? 0) ||
      (a.column ?? 0) - (b.column ?? 0),
  )
}
