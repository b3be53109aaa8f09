import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { announce, CACHE, type HadoopVersion, provideClassPath } from './class-path.ts'
import { coreSite, DAEMON_POLICY, type Properties, writeConfDir } from './configuration.ts'
import type { JavaHome } from './java.ts'
import { Member, type MemberStart } from './member.ts'
import { namedPorts } from './ports.ts'
import { makeRunFolder } from './run-folder.ts'
import { pageText, until } from './wait.ts'

const RPC_NAMES = ['address', 'scheduler.address', 'resource-tracker.address', 'admin.address'] as const
const IDS = ['rm1', 'rm2'] as const
type ResourceManagerId = (typeof IDS)[number]

/** Two ResourceManagers that elect the active one in ZooKeeper and keep applications there; no NodeManager. */
export interface ResourceManagerPair extends JavaHome {
  readonly members: readonly [Member, Member]
  /** Waits until one of them is active and answers both: the active one first. */
  elected(): Promise<{ active: Member; standby: Member }>
  stop(): Promise<void>
}

/** The ports of one ResourceManager. */
interface ResourceManagerPorts {
  readonly id: ResourceManagerId
  readonly web: number
  readonly rpc: readonly number[]
}

async function portsOf(id: ResourceManagerId): Promise<ResourceManagerPorts> {
  const { web, ...rpc } = await namedPorts(['web', ...RPC_NAMES])
  return { id, web, rpc: RPC_NAMES.map((name) => rpc[name]) }
}

const memberSite = ({ id, web, rpc }: ResourceManagerPorts): Properties => ({
  [`yarn.resourcemanager.hostname.${id}`]: '127.0.0.1',
  [`yarn.resourcemanager.webapp.address.${id}`]: `127.0.0.1:${web}`,
  ...Object.fromEntries(
    RPC_NAMES.map((name, index) => [`yarn.resourcemanager.${name}.${id}`, `127.0.0.1:${rpc[index]}`]),
  ),
})

const pairSite = (zooKeeper: number, members: readonly ResourceManagerPorts[]): Properties => ({
  'yarn.resourcemanager.ha.enabled': 'true',
  'yarn.resourcemanager.cluster-id': 'c1',
  'yarn.resourcemanager.ha.rm-ids': IDS.join(),
  ...Object.assign({}, ...members.map(memberSite)),
  'hadoop.zk.address': `127.0.0.1:${zooKeeper}`,
  // By default a dead one is missed after 10 s.
  'hadoop.zk.timeout-ms': '2000',
  'yarn.resourcemanager.recovery.enabled': 'true',
  'yarn.resourcemanager.store.class': 'org.apache.hadoop.yarn.server.resourcemanager.recovery.ZKRMStateStore',
  'yarn.scheduler.minimum-allocation-mb': '64',
})

const zooConf = (run: string, port: number): string => `tickTime=500
dataDir=${join(run, 'data')}
clientPort=${port}
clientPortAddress=127.0.0.1
admin.enableServer=false
`

const resourceManager = ({ id, web, rpc }: ResourceManagerPorts): MemberStart => ({
  name: id,
  mainClass: 'org.apache.hadoop.yarn.server.resourcemanager.ResourceManager',
  args: [`-Dyarn.resourcemanager.ha.id=${id}`],
  // The active one alone listens on the others.
  ports: [web, rpc[RPC_NAMES.indexOf('admin.address')] ?? 0],
})

async function isActive(member: Member): Promise<boolean> {
  const info = await pageText(`${member.url}/ws/v1/cluster/info`)
  return info !== null && /"haState":"ACTIVE"/.test(info)
}

/** Starts the pair and its ZooKeeper on free ports of the loopback address. Errors: as `startHadoop`. */
export async function startResourceManagerPair(version: HadoopVersion): Promise<ResourceManagerPair> {
  const jars = await provideClassPath(version)
  const run = makeRunFolder(join(CACHE, version), 'resource-managers')
  const { zooKeeper } = await namedPorts(['zooKeeper'])
  const ports = [await portsOf('rm1'), await portsOf('rm2')] as const
  const sites = {
    core: coreSite(run, 'file:///'),
    hdfs: {},
    yarn: pairSite(zooKeeper, ports),
  }
  const java: JavaHome = {
    classPath: jars,
    confDir: writeConfDir(run, sites, DAEMON_POLICY),
    logDir: join(run, 'logs'),
  }
  const zooFile = join(run, 'zoo.cfg')
  writeFileSync(zooFile, zooConf(run, zooKeeper))
  const began = performance.now()
  const zoo = new Member(java, '', {
    name: 'zookeeper',
    mainClass: 'org.apache.zookeeper.server.ZooKeeperServerMain',
    args: [zooFile],
    ports: [zooKeeper],
  })
  const start = (of: ResourceManagerPorts): Member =>
    new Member(java, `http://127.0.0.1:${of.web}`, resourceManager(of))
  const members = [start(ports[0]), start(ports[1])] as const
  const elected = (): Promise<{ active: Member; standby: Member }> =>
    until('a ResourceManager to become active', async () => {
      const [first, second] = members
      if (await isActive(first)) return { active: first, standby: second }
      return (await isActive(second)) ? { active: second, standby: first } : null
    })
  const stop = async (): Promise<void> => {
    for (const member of [...members, zoo]) await member.stop()
  }
  try {
    for (const member of [zoo, ...members]) await member.ready()
    await elected()
  } catch (cause) {
    await stop()
    throw cause
  }
  announce(`a pair of ResourceManagers is up after ${((performance.now() - began) / 1_000).toFixed(1)} s`)
  return { ...java, members, elected, stop }
}
