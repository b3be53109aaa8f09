import type { LoadedState } from '../config/state.ts'
import { expiryWarnings } from '../config/tls-dates.ts'
import type { Settings } from '../config/settings.ts'
import type { Problem } from '../errors.ts'
import { canonicalAddress } from '../hadoop/addresses.ts'
import type { Configuration } from '../hadoop/configuration.ts'
import { dataNodePorts, nameNodesIn } from '../hadoop/hdfs-addresses.ts'
import { isRequiredByDefault } from '../policy/components.ts'
import { parityOf } from '../policy/divergences.ts'
import { deciderOf, type Permissions } from '../policy/permissions.ts'

/** As many findings are logged one by one; `policy show` and `policy lint` have all of them. */
const MAX_FINDINGS = 20

/**
 * What an operator should know about settings that open something: one sentence each.
 *
 * Shape: empty where everything is enforced and nobody is merely believed.
 */
export function warningsOf({
  settings,
  hadoop,
  permissions,
}: Pick<LoadedState<unknown, unknown>, 'settings' | 'hadoop' | 'permissions'>): string[] {
  const nameless = unbelievedProxies(settings, hadoop.configuration)
  const { authenticators, anonymousUser } = settings.identity
  const warnings: string[] = []
  if (authenticators.some(({ kind }) => kind === 'pseudo'))
    warnings.push('`user.name` is believed: anybody can be anybody (`identity.authenticators`: `pseudo`)')
  if (authenticators.length === 0 && anonymousUser === null)
    warnings.push('there is no authenticator: every request that needs a user is answered with 401')
  for (const { name, enforcement } of settings.services)
    if (enforcement === 'observe')
      warnings.push(`service \`${name}\` only observes: what would be refused is forwarded`)
  if (!hadoop.policy.authorizationOn)
    warnings.push(
      'authorization is off: `hadoop.security.authorization` is not true, and the settings say `authorization: asHadoop`',
    )
  if (!settings.watch.enabled && hadoop.missing.length > 0)
    warnings.push(
      `${hadoop.missing.join(', ')}: does not resolve, and without the file watch nobody asks again until a refresh`,
    )
  if (nameless.length > 0)
    warnings.push(`\`hadoop.proxyservers\` has ${nameless.join(', ')}: only addresses are believed`)
  warnings.push(...permissionWarnings(settings, permissions), ...queueWarnings(settings, permissions))
  warnings.push(...linkWarnings(settings, hadoop.configuration))
  warnings.push(...expiryWarnings(settings, Date.now()))
  return warnings
}

/** Components that nobody gets at, that Ranger was meant to decide about, or whose own default is not kept. */
function permissionWarnings({ services }: Settings, permissions: Permissions | null): string[] {
  if (permissions === null) return []
  const served = new Set(services.map(({ component }) => component))
  const rules = [...permissions.components.values()].filter(({ component }) => served.has(component))
  return rules.flatMap((one) => {
    const { component, isRangerEnabled, isRequired, ranger } = one
    const decider = deciderOf(permissions, one)
    const found: string[] = []
    if (isRangerEnabled && ranger === null)
      found.push(
        `Ranger is on by itself for ${component} in security mode, and \`components.${component}.ranger\` names no source: the role model decides`,
      )
    if (decider === 'mode')
      found.push(
        `everything is refused that asks for resources of ${component}: permissions are verified (\`mode\`), and there are neither policies of Ranger nor \`roles\``,
      )
    if (!isRequired && decider === 'none' && isRequiredByDefault(component, permissions.mode))
      found.push(`the permissions of ${component} are not verified: that was disabled`)
    return found
  })
}

/** Where applications are refused for the short names of their queues, or policies on full names do not reach them. */
function queueWarnings({ services }: Settings, permissions: Permissions | null): string[] {
  const rules = permissions?.components.get('Yarn')
  if (permissions === null || rules === undefined || permissions.queues.paths.size > 0) return []
  const decider = deciderOf(permissions, rules)
  if (decider === 'none' || decider === 'mode') return []
  const passes = rules.unknownOp === 'native' ? 'passes, whatever policies say,' : 'refuses'
  return services.flatMap(({ name, kind }) => {
    if (kind !== 'resourcemanager') return []
    return permissions.queues.names === 'full'
      ? `service \`${name}\` ${passes} applications that name their queue by a short name, or none: list those names in \`components.Yarn.queues\`, such as \`default: root.default\`, or set \`queueNames: asSubmitted\``
      : `service \`${name}\` asks about short names of queues as they are, so that policies on full names do not count for them: list those names in \`components.Yarn.queues\``
  })
}

/** Where nobody has said what the cluster consists of. */
function linkWarnings({ services }: Settings, configuration: Configuration): string[] {
  const ports = dataNodePorts(configuration).join(' and ')
  const known = nameNodesIn(configuration)
  return services.flatMap(({ name, kind, redirects, dataNodes, nameNodes }) => {
    if (kind === 'datanode' && nameNodes === undefined && known.size === 0)
      return `service \`${name}\` refuses every \`namenoderpcaddress\`: no NameNode is known; name them with \`nameNodes\``
    if ((kind !== 'namenode' && kind !== 'router') || redirects !== 'rewrite' || dataNodes !== undefined)
      return []
    return `service \`${name}\` connects to whatever its NameNode names on the ports ${ports}: name your DataNodes with \`dataNodes\``
  })
}

/** Names in `hadoop.proxyservers`, where D-9 is switched to Hadoop's way: nobody looks them up. */
function unbelievedProxies({ parity }: Settings, configuration: Configuration): string[] {
  if (!parityOf(parity).has('D-9')) return []
  const entries = (configuration.get('hadoop.proxyservers') ?? '').split(/[\s,]+/)
  return entries.filter((entry) => entry !== '' && canonicalAddress(entry) === null)
}

/** A line of the log. */
interface Remark {
  readonly fields: object
  readonly message: string
}

/** Findings as log lines show them: where, what and what to do, the last line saying how many are left out. */
export function findingLines(findings: readonly Problem[]): Remark[] {
  const lines = findings
    .slice(0, MAX_FINDINGS)
    .map(({ file, line, column, key, code, hint, message }): Remark => {
      return { fields: { file, line, column, key, code, hint }, message }
    })
  const left = findings.length - lines.length
  return left === 0
    ? lines
    : [...lines, { fields: {}, message: `and ${left} more findings: see \`keddah policy lint\`` }]
}

type Read = (settings: Settings) => unknown

/** What is taken up at the start alone. */
const AT_START: readonly (readonly [key: string, read: Read])[] = [
  ['admin.listen', ({ admin }) => `${admin.listen.host}:${admin.listen.port}`],
  ['admin.tls', ({ admin }) => admin.tls === null],
  ['stateDir', ({ stateDir }) => stateDir],
  ['workers', ({ workers }) => workers],
  ['audit.file', ({ audit }) => audit.file],
  ['audit.allows', ({ audit }) => audit.allows],
  ['audit.bufferLines', ({ audit }) => audit.bufferLines],
  ['audit.rangerFile', ({ audit }) => audit.rangerFile],
  ['audit.rangerExcludeUsers', ({ audit }) => audit.rangerExcludeUsers.join()],
  ['log.level', ({ log }) => log.level],
]

/** The settings that differ and count only after a restart. */
export function restartKeys(now: Settings, before: Settings): string[] {
  return AT_START.flatMap(([key, read]) => (read(now) === read(before) ? [] : [key]))
}
