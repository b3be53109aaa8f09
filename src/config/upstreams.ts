import { ConfigError, type Problem } from '../errors.ts'
import type { Configuration } from '../hadoop/configuration.ts'
import { httpPolicy } from '../hadoop/http-policy.ts'
import type { ServiceSettings } from './schema-services.ts'
import type { LoadedService, Settings } from './settings.ts'

/** A service whose upstreams are known: at least one, `http://host:port` or `https://host:port`. */
export interface ReadyService extends LoadedService {
  readonly upstreams: readonly string[]
}

/**
 * Where the addresses of a daemon stand, and the policy that says which of them it answers on. `ids` names the members
 * of a pair, whose keys end in them. Where an address is left out, but the `host` is given, Hadoop's own port counts.
 */
interface AddressKeys {
  readonly policy: string
  readonly http: string
  readonly https: string
  readonly ids?: (configuration: Configuration) => readonly string[]
  readonly host?: { readonly key: string; readonly http: number; readonly https: number }
}

const HDFS = 'dfs.http.policy'
const YARN = 'yarn.http.policy'

const ADDRESSES: Readonly<Record<ServiceSettings['kind'], AddressKeys | null>> = {
  namenode: {
    policy: HDFS,
    http: 'dfs.namenode.http-address',
    https: 'dfs.namenode.https-address',
    ids: nameNodeIds,
  },
  datanode: { policy: HDFS, http: 'dfs.datanode.http.address', https: 'dfs.datanode.https.address' },
  journalnode: {
    policy: HDFS,
    http: 'dfs.journalnode.http-address',
    https: 'dfs.journalnode.https-address',
  },
  router: {
    policy: HDFS,
    http: 'dfs.federation.router.http-address',
    https: 'dfs.federation.router.https-address',
  },
  resourcemanager: {
    policy: YARN,
    http: 'yarn.resourcemanager.webapp.address',
    https: 'yarn.resourcemanager.webapp.https.address',
    ids: resourceManagerIds,
    host: { key: 'yarn.resourcemanager.hostname', http: 8088, https: 8090 },
  },
  nodemanager: {
    policy: YARN,
    http: 'yarn.nodemanager.webapp.address',
    https: 'yarn.nodemanager.webapp.https.address',
    host: { key: 'yarn.nodemanager.hostname', http: 8042, https: 8044 },
  },
  timelineserver: {
    policy: YARN,
    http: 'yarn.timeline-service.webapp.address',
    https: 'yarn.timeline-service.webapp.https.address',
    host: { key: 'yarn.timeline-service.hostname', http: 8188, https: 8190 },
  },
  jobhistory: {
    policy: 'mapreduce.jobhistory.http.policy',
    http: 'mapreduce.jobhistory.webapp.address',
    https: 'mapreduce.jobhistory.webapp.https.address',
  },
  httpfs: null,
  kms: null,
  custom: null,
}

/**
 * Completes services without `upstreams` from hdfs-site.xml, yarn-site.xml and mapred-site.xml.
 *
 * Shape: only what is set there counts, not Hadoop's defaults, which would point anywhere. Of a pair all members
 * are upstreams. `0.0.0.0` is the machine Keddah runs on. A daemon that answers HTTPS alone is asked so.
 * Errors: `ERR_CONFIG_SETTINGS` with the keys that were looked for, one problem a service.
 */
export function completeServices(
  settings: Pick<Settings, 'services' | 'file' | 'placeOf'>,
  configuration: Configuration,
): ReadyService[] {
  const problems: Problem[] = []
  const services = settings.services.map((service, index): ReadyService => {
    if (service.upstreams !== undefined) return { ...service, upstreams: service.upstreams }
    const keys = ADDRESSES[service.kind]
    const policy = keys === null ? 'HTTP_ONLY' : httpPolicy(configuration, keys.policy)
    // Over plain HTTP where it speaks both: that takes no authority to be named.
    const scheme = policy === 'HTTPS_ONLY' ? 'https' : 'http'
    const members = keys === null ? [] : membersOf(keys, scheme, configuration)
    const flaw = policy === null ? policyFlaw(service, keys?.policy ?? '') : flawOf(service, members)
    if (flaw !== null) problems.push({ ...settings.placeOf(`services[${index}]`), ...flaw })
    return { ...service, upstreams: members.map(({ address }) => `${scheme}://${address}`) }
  })
  const [first] = problems
  if (first === undefined) return services
  throw new ConfigError('ERR_CONFIG_SETTINGS', `${first.file}: ${first.message}`, { problems })
}

/** One daemon, or one of a pair. `keys` are those that were asked for its address, which is null where none is set. */
interface Member {
  readonly keys: readonly string[]
  readonly address: string | null
}

type Flaw = Pick<Problem, 'key' | 'severity' | 'code' | 'message' | 'hint'>

const FLAW = { severity: 'error', code: 'no_upstream', hint: 'name them with `upstreams`' } as const

const policyFlaw = ({ name }: Pick<LoadedService, 'name'>, key: string): Flaw => ({
  ...FLAW,
  key,
  message: `service \`${name}\` has no \`upstreams\`, and \`${key}\` is none of Hadoop's policies, such as \`HTTPS_ONLY\``,
})

function flawOf({ name }: Pick<LoadedService, 'name'>, members: readonly Member[]): Flaw | null {
  const what = `service \`${name}\` has no \`upstreams\``
  if (members.length === 0)
    return { ...FLAW, key: null, message: `${what}, and Hadoop's files do not name this daemon` }
  const missing = members.filter(({ address }) => address === null).flatMap(({ keys }) => keys)
  const bad = members.find(({ address }) => address !== null && !isAddress(address))
  if (missing.length > 0)
    return {
      ...FLAW,
      key: missing[0] ?? null,
      message: `${what}, and ${listed(missing)} ${missing.length > 1 ? 'are' : 'is'} not set`,
    }
  if (bad === undefined) return null
  const message = `service \`${name}\`: \`${bad.address}\` (${listed(bad.keys)}) is no address with a port`
  return { ...FLAW, key: bad.keys[0] ?? null, message }
}

const listed = (keys: readonly string[]): string => keys.map((key) => `\`${key}\``).join(', ')

function isAddress(text: string): boolean {
  const port = /^(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9_.-]+):(\d{1,5})$/.exec(text)?.[1]
  return port !== undefined && Number(port) >= 1 && Number(port) <= 65_535
}

function membersOf(keys: AddressKeys, scheme: 'http' | 'https', configuration: Configuration): Member[] {
  const ids = keys.ids?.(configuration) ?? []
  const suffixes = ids.length === 0 ? [''] : ids.map((id) => `.${id}`)
  return suffixes.map((suffix): Member => {
    const key = keys[scheme] + suffix
    const address = configuration.getTrimmed(key)
    if (address) return { keys: [key], address: onThisMachine(address) }
    if (keys.host === undefined) return { keys: [key], address: null }
    const both = [key, keys.host.key + suffix]
    const host = configuration.getTrimmed(keys.host.key + suffix)
    return { keys: both, address: host ? onThisMachine(`${host}:${keys.host[scheme]}`) : null }
  })
}

const onThisMachine = (address: string): string => address.replace(/^0\.0\.0\.0:/, '127.0.0.1:')

const listOf = (configuration: Configuration, key: string): string[] =>
  (configuration.getTrimmed(key) ?? '').split(',').flatMap((item) => item.trim() || [])

/**
 * `ns.nn1`, `ns.nn2` of the name service, or the name service itself where it is no pair. Of several name services
 * only the daemon's own counts: their NameNodes hold different files.
 */
function nameNodeIds(configuration: Configuration): string[] {
  const all = listOf(configuration, 'dfs.nameservices')
  const own = configuration.getTrimmed('dfs.nameservice.id')
  const services = own ? [own] : all
  if (services.length > 1) return ['<nameservice>']
  return services.flatMap((service) => {
    const members = listOf(configuration, `dfs.ha.namenodes.${service}`)
    return members.length === 0 ? [service] : members.map((member) => `${service}.${member}`)
  })
}

function resourceManagerIds(configuration: Configuration): string[] {
  if (!configuration.getBoolean('yarn.resourcemanager.ha.enabled', false)) return []
  return listOf(configuration, 'yarn.resourcemanager.ha.rm-ids')
}
