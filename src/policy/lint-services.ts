import type { Place } from '../errors.ts'
import { AccessControlList } from '../hadoop/access-control-list.ts'
import type { Configuration } from '../hadoop/configuration.ts'
import { javaTrim } from '../hadoop/java-text.ts'
import { type EffectiveText, policyKeys } from '../hadoop/service-acls.ts'
import { SERVICE_KEYS, servicesByKey, SHIPPED_KEYS } from '../hadoop/services.ts'
import type { Parity } from './divergences.ts'
import { error, type Findings, warning } from './lint-finding.ts'
import { writtenEntries } from './lint-names.ts'
import { textsOf } from './list-rules.ts'
import { understoodAcl } from './understood.ts'

const DEFAULT_ACL = 'security.service.authorization.default.acl'
const SUBMIT = 'security.applicationclient.protocol.acl'
const JOB_CLIENT = 'security.job.client.protocol.acl'
const OPERATIONS = 'security.admin.operations.protocol.acl'
const REFRESHES = ['security.refresh.policy.protocol.acl', 'security.refresh.user.mappings.protocol.acl']

/** What can be seen only from several lists together: defaults that nobody uses, who may refresh, who is left over. */
export function lintServices(
  configuration: Configuration,
  customKeys: readonly string[],
  parity: Parity,
  found: Findings,
): void {
  const place = (key: string): Place => configuration.placeOf(key)
  lintDefault(configuration, found, place(DEFAULT_ACL))
  lintJobClient(configuration, parity, found, place(JOB_CLIENT))
  for (const key of REFRESHES) lintRefresh(configuration, key, parity, found)
  lintOperations(configuration, parity, found)
  for (const key of new Set([...SERVICE_KEYS, ...customKeys, DEFAULT_ACL])) {
    lintBlockedAll(configuration, key, found)
    lintBlockedHosts(configuration, key, found)
    lintUnread(configuration, key, found)
  }
}

const isOpen = (text: string): boolean => AccessControlList.parse(text).allAllowed

function lintDefault(configuration: Configuration, found: Findings, place: Place): void {
  const value = configuration.get(DEFAULT_ACL)
  if (value === undefined || isOpen(value)) return
  const own = [...SHIPPED_KEYS].map((key) => configuration.get(key))
  if (own.some((text) => text === undefined)) return
  const message = `no service of the shipped file uses \`${DEFAULT_ACL}\`: each has a value of its own`
  const hint = 'remove the lines of the services that the default is for'
  const open = own.every((text) => text !== undefined && isOpen(text))
  const make = open ? error : warning
  found.add(
    place,
    make('dead_default', message, open ? 'everybody, for each of those services' : 'nothing', hint),
  )
}

function lintJobClient(configuration: Configuration, parity: Parity, found: Findings, place: Place): void {
  const value = configuration.get(JOB_CLIENT)
  if (value === undefined || isOpen(value)) return
  const { acl } = textsOf(configuration, SUBMIT, parity)
  const whom = understoodAcl(AccessControlList.parse(value))
  const hint = `set \`${SUBMIT}\` for the submission of jobs`
  const guards = `\`${JOB_CLIENT}\` guards only the port of the MapReduce application master`
  if (acl.origin === 'alias')
    found.add(
      place,
      warning(
        'job_client_key',
        `${guards}; here it also decides about the ResourceManager, since \`${SUBMIT}\` is not set (D-8)`,
        `${whom}, at the application master; everybody may submit jobs by RPC`,
        hint,
      ),
    )
  else if (isOpen(acl.text))
    found.add(place, error('job_client_key', `${guards}, and everybody may submit jobs`, whom, hint))
}

/** Nobody may be able to undo a policy that shuts out its operators. */
function lintRefresh(configuration: Configuration, key: string, parity: Parity, found: Findings): void {
  const { acl, blockedAcl, hosts } = textsOf(configuration, key, parity)
  const place = acl.origin === 'builtin' ? configuration.placeOf(key) : placeAt(acl, key)
  const list = AccessControlList.parse(acl.text)
  const whom = understoodAcl(list)
  const hint = `set \`${key}\` to the operators`
  const add = (code: 'refresh_lockout' | 'open_refresh', message: string): void => {
    found.add(place, warning(code, message, whom, hint))
  }
  if (whom === 'nobody' || isOpen(blockedAcl.text) || javaTrim(hosts.text) === '')
    add(
      'refresh_lockout',
      `nobody may refresh over the network with \`${key}\`: only a signal or the file watch is left`,
    )
  else if (acl.origin === 'default' && !list.allAllowed)
    add('refresh_lockout', `\`${acl.key}\` also decides who may refresh: \`${key}\` is not set`)
  else if (list.allAllowed && acl.origin === 'explicit')
    add('open_refresh', `everybody may refresh: \`${key}\` is \`*\``)
  else if (list.allAllowed)
    add('open_refresh', `everybody may refresh: \`${key}\` is not set, and \`*\` counts`)
}

/** No service of Hadoop's hangs on this key, so nobody misses it; here every page of the operators does. */
function lintOperations(configuration: Configuration, parity: Parity, found: Findings): void {
  const { acl, hosts } = textsOf(configuration, OPERATIONS, parity)
  if (!isOpen(acl.text) || javaTrim(hosts.text) !== '*') return
  const why = acl.origin === 'explicit' ? 'is `*`' : 'is not set, and `*` counts'
  found.add(
    placeAt(acl, OPERATIONS),
    warning(
      'open_operations',
      `every user may read \`/jmx\`, \`/conf\`, \`/stacks\` and \`/logs\` and use \`/logLevel\` and \`/fsck\`: \`${OPERATIONS}\` ${why}`,
      'nothing: no daemon of Hadoop reads the key',
      `set \`${OPERATIONS}\` to the operators`,
    ),
  )
}

const placeAt = ({ file, line, column }: EffectiveText, key: string): Place => ({
  file: file ?? '',
  line,
  column,
  key,
})

function lintBlockedAll(configuration: Configuration, key: string, found: Findings): void {
  const { blocked } = policyKeys(key)
  const allowText = configuration.get(key)
  const blockText = configuration.get(blocked)
  if (allowText === undefined || blockText === undefined) return
  const allow = AccessControlList.parse(allowText)
  const block = AccessControlList.parse(blockText)
  const isEmpty = !allow.allAllowed && allow.users.size + allow.groups.size === 0
  const isCovered =
    block.allAllowed ||
    (!allow.allAllowed && allow.users.isSubsetOf(block.users) && allow.groups.isSubsetOf(block.groups))
  if (isEmpty || !isCovered) return
  found.add(
    configuration.placeOf(blocked),
    error(
      'allow_and_blocked',
      `everybody whom \`${key}\` allows is blocked again`,
      'nobody',
      'remove names from one of the two lists',
    ),
  )
}

function lintBlockedHosts(configuration: Configuration, key: string, found: Findings): void {
  const { hosts, hostsBlocked } = policyKeys(key)
  const allow = writtenEntries(configuration.get(hosts) ?? '')
  const block = new Set(writtenEntries(configuration.get(hostsBlocked) ?? ''))
  const blocksAll = block.size === 1 && block.has('*')
  if (allow.length === 0 || !(blocksAll || new Set(allow).isSubsetOf(block))) return
  found.add(
    configuration.placeOf(hostsBlocked),
    error(
      'allow_and_blocked',
      `every address that \`${hosts}\` allows is blocked again`,
      'no address',
      'remove entries from one of the two lists',
    ),
  )
}

function lintUnread(configuration: Configuration, key: string, found: Findings): void {
  const value = configuration.get(key)
  if (value === undefined || isOpen(value)) return
  const [definition] = servicesByKey(key)
  if (definition?.provider !== 'Keddah') return
  found.add(
    configuration.placeOf(key),
    warning(
      'unread_key',
      `no daemon of Hadoop reads \`${key}\`; here it decides about: ${definition.daemon}`,
      'nothing',
      'keep it for Keddah, and do not count on it elsewhere',
    ),
  )
}
