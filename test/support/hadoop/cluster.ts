import { cpSync } from 'node:fs'
import { join } from 'node:path'
import { ask, type AskOptions } from './ask.ts'
import { announce, CACHE, type HadoopVersion, makeOnce, provideClassPath } from './class-path.ts'
import { succeedClient } from './client.ts'
import {
  DAEMON_POLICY,
  PORT_NAMES,
  type Ports,
  type Properties,
  singleSites,
  writeConfDir,
} from './configuration.ts'
import { type Daemon, type JavaHome, startDaemon } from './java.ts'
import { namedPorts } from './ports.ts'
import { makeRunFolder } from './run-folder.ts'
import { pageText } from './wait.ts'

const HDFS = 'org.apache.hadoop.hdfs.server'
const YARN = 'org.apache.hadoop.yarn.server'

/** A running Hadoop, as plain values: a test process that did not start it gets it handed over. URLs end without `/`. */
export interface Hadoop extends JavaHome {
  readonly version: HadoopVersion
  readonly nameNode: string
  readonly dataNode: string
  /** Address of the NameNode's RPC port, as in `namenoderpcaddress`. */
  readonly nameNodeRpc: string
  /** Empty without YARN. */
  readonly resourceManager: string
  readonly nodeManager: string
}

/** A Hadoop that was started here. */
export interface StartedHadoop {
  readonly hadoop: Hadoop
  stop(): Promise<void>
}

/** A formatted name folder is made once for each version and copied, which saves 2 s a run. */
export async function provideName(home: string, run: string, java: JavaHome): Promise<void> {
  const template = await makeOnce(join(home, 'name'), async (draft) => {
    const format = ['-D', `dfs.namenode.name.dir=file://${draft}`, '-format', '-force', '-nonInteractive']
    await succeedClient(java, 'root', `${HDFS}.namenode.NameNode`, format)
  })
  cpSync(template, join(run, 'name'), { recursive: true })
}

const nameNodeState = (hadoop: Hadoop): Promise<string | null> =>
  pageText(`${hadoop.nameNode}/jmx?qry=Hadoop:service=NameNode,name=FSNamesystemState`)

async function startHdfs(hadoop: Hadoop, ports: Ports, started: Daemon[]): Promise<void> {
  const nameNode = startDaemon(hadoop, 'namenode', `${HDFS}.namenode.NameNode`)
  started.push(nameNode)
  const dataNode = startDaemon(hadoop, 'datanode', `${HDFS}.datanode.DataNode`)
  started.push(dataNode)
  // The HTTP port opens before the RPC port: both have to be there.
  await nameNode.ready([ports.nameNode, ports.nameNodeRpc])
  await dataNode.ready([ports.dataNode, ports.dataTransfer], async () => {
    const state = (await nameNodeState(hadoop)) ?? ''
    return /"NumLiveDataNodes"\s*:\s*1/.test(state) && /"FSState"\s*:\s*"Operational"/.test(state)
  })
}

async function startYarn(hadoop: Hadoop, ports: Ports, started: Daemon[]): Promise<void> {
  // Two processes, one after the other: in one JVM the web services of the first answer 404, and a NodeManager that
  // comes too early sleeps for 30 s.
  const resourceManager = startDaemon(hadoop, 'resourcemanager', `${YARN}.resourcemanager.ResourceManager`)
  started.push(resourceManager)
  await resourceManager.ready([ports.resourceManager, ports.tracker])
  const nodeManager = startDaemon(hadoop, 'nodemanager', `${YARN}.nodemanager.NodeManager`)
  started.push(nodeManager)
  await nodeManager.ready([ports.nodeManager], async () => {
    const nodes = await pageText(`${hadoop.resourceManager}/ws/v1/cluster/nodes`)
    return nodes?.includes('RUNNING') ?? false
  })
}

/**
 * Homes, as an administrator makes them: `/user/alice` is hers, anybody may write below `/open`. `options`: the authority
 * of a NameNode that speaks TLS.
 */
export async function makeFolders(nameNode: string, options: Pick<AskOptions, 'ca'> = {}): Promise<void> {
  for (const request of [
    '/user/alice?op=MKDIRS',
    '/user/alice?op=SETOWNER&owner=alice&group=staff',
    '/open?op=MKDIRS&permission=777',
    '/open?op=SETPERMISSION&permission=777',
  ]) {
    const { status, text } = await ask(nameNode, 'PUT', `/webhdfs/v1${request}&user.name=root`, options)
    if (status !== 200) throw new Error(`${request}: ${status} ${text}`)
  }
}

/**
 * Starts a NameNode and a DataNode, and with `yarn` a ResourceManager and a NodeManager, on free ports of the
 * loopback address, in simple mode, under `policy`. Ready when it returns.
 * Errors: a daemon ended or was not ready in time; the message ends with the end of its log.
 */
export async function startHadoop(
  version: HadoopVersion,
  options: { policy?: Properties; yarn?: boolean } = {},
): Promise<StartedHadoop> {
  const jars = await provideClassPath(version)
  const home = join(CACHE, version)
  const run = makeRunFolder(home)
  const ports = await namedPorts(PORT_NAMES)
  const hadoop: Hadoop = {
    version,
    classPath: jars,
    confDir: writeConfDir(run, singleSites(run, ports), options.policy ?? DAEMON_POLICY),
    logDir: join(run, 'logs'),
    nameNode: `http://127.0.0.1:${ports.nameNode}`,
    dataNode: `http://127.0.0.1:${ports.dataNode}`,
    nameNodeRpc: `127.0.0.1:${ports.nameNodeRpc}`,
    resourceManager: options.yarn === true ? `http://127.0.0.1:${ports.resourceManager}` : '',
    nodeManager: options.yarn === true ? `http://127.0.0.1:${ports.nodeManager}` : '',
  }
  const started: Daemon[] = []
  const stop = async (): Promise<void> => {
    for (const daemon of started.reverse()) await daemon.stop()
  }
  const began = performance.now()
  try {
    await provideName(home, run, hadoop)
    await startHdfs(hadoop, ports, started)
    await makeFolders(hadoop.nameNode)
    if (options.yarn === true) await startYarn(hadoop, ports, started)
  } catch (cause) {
    await stop()
    throw cause
  }
  const names = started.map(({ name }) => name).join(', ')
  announce(
    `${version} is up after ${((performance.now() - began) / 1_000).toFixed(1)} s: ${names}; logs in ${hadoop.logDir}`,
  )
  return { hadoop, stop }
}
