import { lookup } from 'node:dns/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { announce, CACHE, provideRouterPath } from './class-path.ts'
import { succeedClient } from './client.ts'
import type { Hadoop } from './cluster.ts'
import { coreSite, DAEMON_POLICY, type Properties, writeConfDir } from './configuration.ts'
import type { JavaHome } from './java.ts'
import { Member } from './member.ts'
import { namedPorts } from './ports.ts'
import { makeRunFolder } from './run-folder.ts'
import { pageText } from './wait.ts'

const NAME_SERVICE = 'ns'
const PORT_NAMES = ['rpc', 'admin', 'web'] as const
type Ports = Readonly<Record<(typeof PORT_NAMES)[number], number>>

/** A router of router-based federation. */
export interface Router extends JavaHome {
  /** Base URL of its web server; no trailing slash. */
  readonly url: string
  /** What it calls itself in `namenoderpcaddress`: the name of its machine, whatever its RPC address says. */
  readonly id: string
  /** `hdfs dfsrouteradmin`, as root. */
  admin(...args: readonly string[]): Promise<unknown>
}

/** Two routers with one store, in front of one NameNode. */
export interface Routers {
  /** Ready, with its mount table. */
  readonly running: Router
  /** In the safe mode in which each router starts; it stays there until `-safemode leave`. */
  readonly starting: Router
  stop(): Promise<void>
}

interface RouterPlan {
  readonly label: string
  readonly store: string
  /** How long it stays in safe mode after its start. */
  readonly safeModeMs: number
}

const routerSite = (
  { store, safeModeMs }: RouterPlan,
  { nameNode, nameNodeRpc }: Hadoop,
  { rpc, admin, web }: Ports,
  machine: string,
): Properties => ({
  'dfs.nameservices': NAME_SERVICE,
  [`dfs.namenode.rpc-address.${NAME_SERVICE}`]: nameNodeRpc,
  [`dfs.namenode.http-address.${NAME_SERVICE}`]: new URL(nameNode).host,
  'dfs.federation.router.monitor.namenode': NAME_SERVICE,
  'dfs.federation.router.monitor.localnamenode.enable': 'false',
  'dfs.federation.router.default.nameserviceId': NAME_SERVICE,
  // DataNodes find it by the name of the machine.
  'dfs.federation.router.rpc-address': `${machine}:${rpc}`,
  'dfs.federation.router.admin-address': `127.0.0.1:${admin}`,
  'dfs.federation.router.http-address': `127.0.0.1:${web}`,
  'dfs.federation.router.store.driver.class':
    'org.apache.hadoop.hdfs.server.federation.store.driver.impl.StateStoreFileImpl',
  'dfs.federation.router.store.driver.file.directory': store,
  'dfs.federation.router.safemode.extension': `${safeModeMs}`,
  // By default it looks once a minute whether it may leave.
  'dfs.federation.router.cache.ttl': '500',
  'dfs.federation.router.heartbeat.interval': '500',
})

async function startRouter(hadoop: Hadoop, plan: RouterPlan): Promise<{ router: Router; member: Member }> {
  const run = makeRunFolder(join(CACHE, hadoop.version), plan.label)
  const ports = await namedPorts(PORT_NAMES)
  const { address } = await lookup(hostname(), { family: 4 })
  const java: JavaHome = {
    classPath: `${hadoop.classPath}:${await provideRouterPath()}`,
    confDir: writeConfDir(
      run,
      {
        core: coreSite(run, `hdfs://${address}:${ports.rpc}`),
        hdfs: routerSite(plan, hadoop, ports, address),
        yarn: {},
      },
      DAEMON_POLICY,
    ),
    logDir: join(run, 'logs'),
  }
  const url = `http://127.0.0.1:${ports.web}`
  const member = new Member(java, url, {
    name: 'router',
    mainClass: 'org.apache.hadoop.hdfs.server.federation.router.DFSRouter',
    args: [],
    ports: [ports.rpc, ports.admin, ports.web],
  })
  const admin = (...args: readonly string[]): Promise<unknown> =>
    succeedClient(java, 'root', 'org.apache.hadoop.hdfs.tools.federation.RouterAdmin', args)
  return { router: { ...java, url, id: `${hostname()}:${ports.rpc}`, admin }, member }
}

/** Whether it has left safe mode and has its NameNode's first report. */
async function isReady({ url }: Router): Promise<boolean> {
  const isRunning = (await pageText(`${url}/isActive`)) !== null
  return isRunning && (await pageText(`${url}/webhdfs/v1/?op=LISTSTATUS&user.name=alice`)) !== null
}

/** Starts them on free ports of this machine; `/mounted` is `/user/alice`. Errors: as `startHadoop`. */
export async function startRouters(hadoop: Hadoop): Promise<Routers> {
  const store = join(makeRunFolder(join(CACHE, hadoop.version), 'router-store'), 'data')
  const began = performance.now()
  const first = await startRouter(hadoop, { label: 'router-1', store, safeModeMs: 0 })
  const second = await startRouter(hadoop, { label: 'router-2', store, safeModeMs: 3_600_000 })
  const stop = async (): Promise<void> => {
    for (const { member } of [first, second]) await member.stop()
  }
  try {
    await first.member.ready(() => isReady(first.router))
    await second.member.ready()
    await first.router.admin('-add', '/mounted', NAME_SERVICE, '/user/alice')
  } catch (cause) {
    await stop()
    throw cause
  }
  announce(`two routers are up after ${((performance.now() - began) / 1_000).toFixed(1)} s`)
  return { running: first.router, starting: second.router, stop }
}
