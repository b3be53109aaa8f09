import { type Daemon, type SandboxRequest, startDaemon } from './daemon.ts'
import { createDataNode } from './datanode.ts'
import { createNameNode } from './namenode.ts'
import { createTree, type NameSpace } from './name-space.ts'
import { createResourceManager } from './resourcemanager.ts'

export type { SandboxRequest } from './daemon.ts'

/**
 * Shape: `host` is where to listen, loopback by default. `proxyUsers` may act for anybody; all others are refused.
 */
export interface SandboxOptions {
  readonly host?: string
  readonly proxyUsers?: readonly string[]
}

/** Three running daemons. Shape: base URLs have no trailing slash; `requests` holds the last 1000, oldest first. */
export interface Sandbox {
  readonly nameNode: string
  readonly dataNode: string
  readonly resourceManager: string
  requests(): readonly SandboxRequest[]
  close(): Promise<void>
}

const MAX_REQUESTS = 1_000
const PROXY_USERS = ['hdfs', 'httpfs', 'hue', 'knox', 'livy', 'oozie']

/**
 * Starts a NameNode, a DataNode and a ResourceManager on free ports. They speak enough WebHDFS and REST to try a
 * policy on, keep everything in memory, and believe everybody, as Hadoop does in simple mode.
 *
 * Example: `const sandbox = await startSandbox(); await fetch(`${sandbox.nameNode}/webhdfs/v1/?op=LISTSTATUS`)`
 */
export async function startSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  const host = options.host ?? '127.0.0.1'
  const proxyUsers = new Set(options.proxyUsers ?? PROXY_USERS)
  const nameSpace: NameSpace = { tree: createTree(), rpcAddress: `${host}:8020` }
  const requests: SandboxRequest[] = []
  const record = (request: SandboxRequest): void => {
    requests.push(request)
    if (requests.length > MAX_REQUESTS) requests.shift()
  }
  const started: Daemon[] = []
  const start = async (
    name: SandboxRequest['daemon'],
    handle: ReturnType<typeof createDataNode>,
  ): Promise<string> => {
    const daemon = await startDaemon({ name, host, record, handle })
    started.push(daemon)
    return daemon.url
  }
  const close = async (): Promise<void> => {
    await Promise.all(started.map((daemon) => daemon.close()))
  }
  try {
    const dataNode = await start('datanode', createDataNode({ nameSpace, proxyUsers }))
    const nameNode = await start('namenode', createNameNode({ nameSpace, dataNode, proxyUsers }))
    const resourceManager = await start('resourcemanager', createResourceManager({ proxyUsers }))
    return { nameNode, dataNode, resourceManager, requests: () => [...requests], close }
  } catch (error) {
    await close()
    throw error
  }
}
