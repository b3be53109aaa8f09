import { cpSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { announce, CACHE, type HadoopVersion, makeOnce, provideClassPath } from './class-path.ts'
import { succeedClient } from './client.ts'
import { makeFolders } from './cluster.ts'
import {
  coreSite,
  DAEMON_POLICY,
  dataNodeSite,
  type Properties,
  type Sites,
  writeConfDir,
} from './configuration.ts'
import type { JavaHome } from './java.ts'
import { Member, type MemberStart } from './member.ts'
import { namedPorts } from './ports.ts'
import { makeRunFolder } from './run-folder.ts'
import { pageText } from './wait.ts'

const HDFS = 'org.apache.hadoop.hdfs'
const NAME_SERVICE = 'ns'

const PORT_NAMES = [
  'journalRpc',
  'journal',
  'nn1Rpc',
  'nn1',
  'nn2Rpc',
  'nn2',
  'dataTransfer',
  'dataNode',
  'dataNodeIpc',
] as const
type Ports = Readonly<Record<(typeof PORT_NAMES)[number], number>>

/** The ids of the two, as an administrator names them. */
export type NameNodeId = 'nn1' | 'nn2'

/** Two NameNodes with a JournalNode, no ZooKeeper, and a DataNode that reports to both. nn1 is active at first. */
export interface NameNodePair extends JavaHome {
  readonly version: HadoopVersion
  readonly nn1: Member
  readonly nn2: Member
  readonly dataNode: Member
  /** What the NameNode hands to DataNodes as `namenoderpcaddress`. */
  readonly nameService: string
  /** `hdfs haadmin -transitionToActive`: active when it returns. The other one must be gone, hang or be fenced off. */
  promote(id: NameNodeId): Promise<void>
  /** `hdfs haadmin -failover`: the other one is asked to step down. */
  failOver(from: NameNodeId, to: NameNodeId): Promise<void>
  /** Kills it if it runs, starts it again and waits until it could be promoted. */
  restart(id: NameNodeId): Promise<void>
  stop(): Promise<void>
}

/** Also what a Keddah in front may read: it tells of both NameNodes. */
const pairSite = (run: string, ports: Ports): Properties => ({
  ...dataNodeSite(run, ports),
  'dfs.nameservices': NAME_SERVICE,
  [`dfs.ha.namenodes.${NAME_SERVICE}`]: 'nn1,nn2',
  ...nameNodeSite(run, 'nn1', ports.nn1Rpc, ports.nn1),
  ...nameNodeSite(run, 'nn2', ports.nn2Rpc, ports.nn2),
  'dfs.namenode.shared.edits.dir': `qjournal://127.0.0.1:${ports.journalRpc}/${NAME_SERVICE}`,
  'dfs.journalnode.rpc-address': `127.0.0.1:${ports.journalRpc}`,
  'dfs.journalnode.http-address': `127.0.0.1:${ports.journal}`,
  'dfs.journalnode.edits.dir': join(run, 'journal'),
  [`dfs.client.failover.proxy.provider.${NAME_SERVICE}`]: `${HDFS}.server.namenode.ha.ConfiguredFailoverProxyProvider`,
  // The DataNode's own client: by default it sleeps for up to 15 s before it asks the other NameNode again.
  'dfs.client.failover.sleep.base.millis': '50',
  'dfs.client.failover.sleep.max.millis': '200',
  'dfs.client.failover.max.attempts': '200',
  'dfs.ha.fencing.methods': 'shell(/bin/true)',
  'dfs.ha.automatic-failover.enabled': 'false',
  'dfs.ha.tail-edits.period': '1',
  // A standby reads what is rolled off; by default after 120 s. Until then it waits in safe mode for blocks of files
  // that are long deleted.
  'dfs.ha.log-roll.period': '1',
})

const nameNodeSite = (run: string, id: NameNodeId, rpc: number, http: number): Properties => ({
  [`dfs.namenode.rpc-address.${NAME_SERVICE}.${id}`]: `127.0.0.1:${rpc}`,
  [`dfs.namenode.http-address.${NAME_SERVICE}.${id}`]: `127.0.0.1:${http}`,
  [`dfs.namenode.name.dir.${NAME_SERVICE}.${id}`]: `file://${join(run, id)}`,
})

const sitesOf = (run: string, ports: Ports): Sites => ({
  core: coreSite(run, `hdfs://${NAME_SERVICE}`),
  hdfs: pairSite(run, ports),
  yarn: {},
})

const journalNode = (ports: Ports): MemberStart => ({
  name: 'journalnode',
  mainClass: `${HDFS}.qjournal.server.JournalNode`,
  args: [],
  ports: [ports.journal, ports.journalRpc],
})

const nameNode = (id: NameNodeId, ports: readonly number[]): MemberStart => ({
  name: id,
  mainClass: `${HDFS}.server.namenode.NameNode`,
  args: ['-D', `dfs.ha.namenode.id=${id}`],
  ports,
})

const local = (port: number): string => `http://127.0.0.1:${port}`

/** Folders of a formatted name service, made once for each version: `-format` needs the JournalNode to run. */
async function provideNames(home: string, jars: string, run: string): Promise<void> {
  const template = await makeOnce(join(home, 'name-ha'), async (draft) => {
    for (const name of ['conf', 'logs', 'tmp', 'data']) mkdirSync(join(draft, name), { recursive: true })
    const ports = await namedPorts(PORT_NAMES)
    const confDir = writeConfDir(draft, sitesOf(draft, ports), DAEMON_POLICY)
    const java = { classPath: jars, confDir, logDir: join(draft, 'logs') }
    const journal = new Member(java, local(ports.journal), journalNode(ports))
    try {
      await journal.ready()
      const { mainClass, args } = nameNode('nn1', [])
      await succeedClient(java, 'root', mainClass, [...args, '-format', '-force', '-nonInteractive'])
    } finally {
      await journal.stop()
    }
  })
  cpSync(join(template, 'nn1'), join(run, 'nn1'), { recursive: true })
  cpSync(join(template, 'nn1'), join(run, 'nn2'), { recursive: true })
  cpSync(join(template, 'journal'), join(run, 'journal'), { recursive: true })
}

/** Both have the DataNode's report and are out of safe mode, so that either may serve. */
async function knowsItsBlocks(member: Member): Promise<boolean> {
  const state = (await pageText(`${member.url}/jmx?qry=Hadoop:service=NameNode,name=FSNamesystemState`)) ?? ''
  return /"NumLiveDataNodes"\s*:\s*1/.test(state) && /"FSState"\s*:\s*"Operational"/.test(state)
}

/** Starts the pair on free ports of the loopback address, nn1 active. Errors: as `startHadoop`. */
export async function startNameNodePair(version: HadoopVersion): Promise<NameNodePair> {
  const jars = await provideClassPath(version)
  const home = join(CACHE, version)
  const run = makeRunFolder(home, 'name-nodes')
  const ports = await namedPorts(PORT_NAMES)
  const java: JavaHome = {
    classPath: jars,
    confDir: writeConfDir(run, sitesOf(run, ports), DAEMON_POLICY),
    logDir: join(run, 'logs'),
  }
  const began = performance.now()
  await provideNames(home, jars, run)
  const journal = new Member(java, local(ports.journal), journalNode(ports))
  const nn1 = new Member(java, local(ports.nn1), nameNode('nn1', [ports.nn1, ports.nn1Rpc]))
  const nn2 = new Member(java, local(ports.nn2), nameNode('nn2', [ports.nn2, ports.nn2Rpc]))
  const dataNode = new Member(java, local(ports.dataNode), {
    name: 'datanode',
    mainClass: `${HDFS}.server.datanode.DataNode`,
    args: [],
    ports: [ports.dataNode, ports.dataTransfer],
  })
  const admin = (...args: string[]): Promise<unknown> =>
    succeedClient(java, 'root', `${HDFS}.tools.DFSHAAdmin`, args)
  const promote = async (id: NameNodeId): Promise<void> => {
    await admin('-transitionToActive', '--forceactive', id)
  }
  const stop = async (): Promise<void> => {
    for (const member of [dataNode, nn2, nn1, journal]) await member.stop()
  }
  try {
    for (const member of [journal, nn1]) await member.ready()
    await promote('nn1')
    for (const member of [nn1, nn2]) await member.ready(() => knowsItsBlocks(member))
    await dataNode.ready()
    await makeFolders(nn1.url)
  } catch (cause) {
    await stop()
    throw cause
  }
  announce(`a pair of NameNodes is up after ${((performance.now() - began) / 1_000).toFixed(1)} s`)
  return {
    ...java,
    version,
    nn1,
    nn2,
    dataNode,
    nameService: NAME_SERVICE,
    promote,
    failOver: async (from, to) => void (await admin('-failover', from, to)),
    restart: async (id) => {
      const member = id === 'nn1' ? nn1 : nn2
      await member.restart()
      await member.ready(() => knowsItsBlocks(member))
    },
    stop,
  }
}
