import { ConfigError, type Problem } from '../errors.ts'
import type { Configuration } from '../hadoop/configuration.ts'
import type { ServiceSettings } from './schema-services.ts'
import type { LoadedService, Settings } from './settings.ts'

/** A service whose upstreams are known: at least one, `http://host:port` or `https://host:port`. */
export interface ReadyService extends LoadedService {
  readonly upstreams: readonly string[]
}

/** Where the HTTP address of a daemon stands. `ids` names the members of a pair, whose keys end in them. */
interface AddressKeys {
  readonly key: string
  readonly ids?: (configuration: Configuration) => readonly string[]
  /** Where the address is left out, but the host is given, Hadoop's own port counts. */
  readonly host?: { readonly key: string; readonly port: number }
}

const ADDRESSES: Readonly<Record<ServiceSettings['kind'], AddressKeys | null>> = {
  namenode: { key: 'dfs.namenode.http-address', ids: nameNodeIds },
  datanode: { key: 'dfs.datanode.http.address' },
  journalnode: { key: 'dfs.journalnode.http-address' },
  router: { key: 'dfs.federation.router.http-address' },
  resourcemanager: {
    key: 'yarn.resourcemanager.webapp.address',
    ids: resourceManagerIds,
    host: { key: 'yarn.resourcemanager.hostname', port: 8088 },
  },
  nodemanager: {
    key: 'yarn.nodemanager.webapp.address',
    host: { key: 'yarn.nodemanager.hostname', port: 8042 },
  },
  timelineserver: {
    key: 'yarn.timeline-service.webapp.address',
    host: { key: 'yarn.timeline-service.hostname', port: 8188 },
  },
  jobhistory: { key: 'mapreduce.jobhistory.webapp.address' },
  httpfs: null,
  kms: null,
  custom: null,
}

/**
 * Completes services without `upstreams` from hdfs-site.xml, yarn-site.xml and mapred-site.xml.
 *
 * Shape: only what is set there counts, not Hadoop's defaults, which would point anywhere. Of a pair all members
 * are upstreams. `0.0.0.0` is the machine Keddah runs on.
 * Errors: `ERR_CONFIG_SETTINGS` with the keys that were looked for, one problem a service.
 */
export function completeServices(
  settings: Pick<Settings, 'services' | 'file' | 'placeOf'>,
  configuration: Configuration,
): ReadyService[] {
  const problems: Problem[] = []
  const services = settings.services.map((service, index): ReadyService => {
    if (service.upstreams !== undefined) return { ...service, upstreams: service.upstreams }
    const members = membersOf(service.kind, configuration)
    const flaw = flawOf(service, members)
    if (flaw !== null) problems.push({ ...settings.placeOf(`services[${index}]`), ...flaw })
    return { ...service, upstreams: members.map(({ address }) => `http://${address}`) }
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

function flawOf(
  { name }: Pick<LoadedService, 'name'>,
  members: readonly Member[],
): Pick<Problem, 'key' | 'severity' | 'code' | 'message' | 'hint'> | null {
  const flaw = { severity: 'error', code: 'no_upstream', hint: 'name them with `upstreams`' } as const
  const what = `service \`${name}\` has no \`upstreams\``
  if (members.length === 0)
    return { ...flaw, key: null, message: `${what}, and Hadoop's files do not name this daemon` }
  const missing = members.filter(({ address }) => address === null).flatMap(({ keys }) => keys)
  const bad = members.find(({ address }) => address !== null && !isAddress(address))
  if (missing.length > 0)
    return {
      ...flaw,
      key: missing[0] ?? null,
      message: `${what}, and ${listed(missing)} ${missing.length > 1 ? 'are' : 'is'} not set`,
    }
  if (bad === undefined) return null
  const message = `service \`${name}\`: \`${bad.address}\` (${listed(bad.keys)}) is no address with a port`
  return { ...flaw, key: bad.keys[0] ?? null, message }
}

const listed = (keys: readonly string[]): string => keys.map((key) => `\`${key}\``).join(', ')

function isAddress(text: string): boolean {
  const port = /^(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9_.-]+):(\d{1,5})$/.exec(text)?.[1]
  return port !== undefined && Number(port) >= 1 && Number(port) <= 65_535
}

function membersOf(kind: ServiceSettings['kind'], configuration: Configuration): Member[] {
  const keys = ADDRESSES[kind]
  if (keys === null) return []
  const ids = keys.ids?.(configuration) ?? []
  const suffixes = ids.length === 0 ? [''] : ids.map((id) => `.${id}`)
  return suffixes.map((suffix): Member => {
    const key = keys.key + suffix
    const address = configuration.getTrimmed(key)
    if (address) return { keys: [key], address: onThisMachine(address) }
    if (keys.host === undefined) return { keys: [key], address: null }
    const both = [key, keys.host.key + suffix]
    const host = configuration.getTrimmed(keys.host.key + suffix)
    return { keys: both, address: host ? onThisMachine(`${host}:${keys.host.port}`) : null }
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
