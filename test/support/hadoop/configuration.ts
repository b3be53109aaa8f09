import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

export type Properties = Readonly<Record<string, string>>

const escape = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')

/** One of Hadoop's XML files. */
export const hadoopXml = (properties: Properties): string =>
  [
    '<?xml version="1.0"?>',
    '<configuration>',
    ...Object.entries(properties).map(
      ([name, value]) => `  <property><name>${escape(name)}</name><value>${escape(value)}</value></property>`,
    ),
    '</configuration>',
    '',
  ].join('\n')

/**
 * mallory is the one whom policies shut out, knox may act for the staff; `root` is the superuser because the daemons
 * run under that name.
 */
const GROUPS = 'root=root;alice=staff;mallory=outsiders;knox=gateways'

/** The policy under which the daemons themselves run unless a test says otherwise: mallory is shut out. */
export const DAEMON_POLICY: Properties = {
  'security.client.protocol.acl': 'root,alice',
  'security.applicationclient.protocol.acl': 'root,alice',
}

/** The policy that Keddah enforces unless a test says otherwise; pages for operators are root's alone. */
export const POLICY: Properties = {
  ...DAEMON_POLICY,
  'security.client.datanode.protocol.acl': 'root,alice',
  'security.admin.operations.protocol.acl': 'root',
  'security.namenode.protocol.acl': 'root',
  'security.resourcemanager-administration.protocol.acl': 'root',
}

/** Every port of one Hadoop on the loopback address. */
export const PORT_NAMES = [
  'nameNodeRpc',
  'nameNode',
  'dataTransfer',
  'dataNode',
  'dataNodeIpc',
  'resourceManagerRpc',
  'scheduler',
  'tracker',
  'resourceManagerAdmin',
  'resourceManager',
  'nodeManagerRpc',
  'localizer',
  'collector',
  'nodeManager',
] as const
export type Ports = Readonly<Record<(typeof PORT_NAMES)[number], number>>

/** The base of every core-site.xml here, the daemons' and Keddah's. */
export const CORE: Properties = {
  'hadoop.security.authorization': 'true',
  'hadoop.user.group.static.mapping.overrides': GROUPS,
  'hadoop.proxyuser.knox.hosts': '127.0.0.1',
  'hadoop.proxyuser.knox.groups': 'staff',
}

export const coreSite = (run: string, fileSystem: string): Properties => ({
  ...CORE,
  'fs.defaultFS': fileSystem,
  'hadoop.tmp.dir': join(run, 'tmp'),
  // A DataNode that starts before its NameNode tries again at once; the default is to sleep for seconds.
  'ipc.client.connect.max.retries': '100',
  'ipc.client.connect.retry.interval': '100',
})

type DataNodePort = 'dataTransfer' | 'dataNode' | 'dataNodeIpc'

/** One DataNode, and small NameNodes. */
export const dataNodeSite = (run: string, ports: Pick<Ports, DataNodePort>): Properties => ({
  'dfs.datanode.address': `127.0.0.1:${ports.dataTransfer}`,
  'dfs.datanode.http.address': `127.0.0.1:${ports.dataNode}`,
  'dfs.datanode.ipc.address': `127.0.0.1:${ports.dataNodeIpc}`,
  'dfs.datanode.hostname': '127.0.0.1',
  'dfs.datanode.data.dir': `file://${join(run, 'data')}`,
  'dfs.replication': '1',
  'dfs.namenode.safemode.extension': '0',
  'dfs.namenode.handler.count': '2',
  'dfs.datanode.handler.count': '2',
  'dfs.blocksize': '1048576',
  'dfs.namenode.fs-limits.min-block-size': '1',
})

const hdfsSite = (run: string, ports: Ports): Properties => ({
  'dfs.namenode.rpc-address': `127.0.0.1:${ports.nameNodeRpc}`,
  'dfs.namenode.http-address': `127.0.0.1:${ports.nameNode}`,
  'dfs.namenode.name.dir': `file://${join(run, 'name')}`,
  ...dataNodeSite(run, ports),
})

const yarnSite = (run: string, ports: Ports): Properties => ({
  'yarn.resourcemanager.hostname': '127.0.0.1',
  'yarn.resourcemanager.address': `127.0.0.1:${ports.resourceManagerRpc}`,
  'yarn.resourcemanager.scheduler.address': `127.0.0.1:${ports.scheduler}`,
  'yarn.resourcemanager.resource-tracker.address': `127.0.0.1:${ports.tracker}`,
  'yarn.resourcemanager.admin.address': `127.0.0.1:${ports.resourceManagerAdmin}`,
  'yarn.resourcemanager.webapp.address': `127.0.0.1:${ports.resourceManager}`,
  'yarn.nodemanager.address': `127.0.0.1:${ports.nodeManagerRpc}`,
  'yarn.nodemanager.localizer.address': `127.0.0.1:${ports.localizer}`,
  'yarn.nodemanager.collector-service.address': `127.0.0.1:${ports.collector}`,
  'yarn.nodemanager.webapp.address': `127.0.0.1:${ports.nodeManager}`,
  'yarn.nodemanager.local-dirs': join(run, 'nm-local'),
  'yarn.nodemanager.log-dirs': join(run, 'nm-logs'),
  'yarn.nodemanager.resource.memory-mb': '1024',
  'yarn.nodemanager.resource.cpu-vcores': '1',
  'yarn.scheduler.minimum-allocation-mb': '64',
  'yarn.nodemanager.disk-health-checker.max-disk-utilization-per-disk-percentage': '100',
  'yarn.nodemanager.vmem-check-enabled': 'false',
})

const CAPACITY: Properties = {
  'yarn.scheduler.capacity.root.queues': 'default',
  'yarn.scheduler.capacity.root.default.capacity': '100',
  'yarn.scheduler.capacity.maximum-am-resource-percent': '1.0',
}

/** Without this file the daemons log nothing that helps. */
const LOG4J = `log4j.rootLogger=INFO,console
log4j.appender.console=org.apache.log4j.ConsoleAppender
log4j.appender.console.target=System.err
log4j.appender.console.layout=org.apache.log4j.PatternLayout
log4j.appender.console.layout.ConversionPattern=%d{ISO8601} %p %c{2}: %m%n
`

/** What stands in the files of that name; empty: Hadoop's defaults. */
export interface Sites {
  readonly core: Properties
  readonly hdfs: Properties
  readonly yarn: Properties
}

/** One daemon of each kind. */
export const singleSites = (run: string, ports: Ports): Sites => ({
  core: coreSite(run, `hdfs://127.0.0.1:${ports.nameNodeRpc}`),
  hdfs: hdfsSite(run, ports),
  yarn: yarnSite(run, ports),
})

/** Writes the configuration folder of the daemons below `run` and returns it. */
export function writeConfDir(run: string, sites: Sites, policy: Properties): string {
  const confDir = join(run, 'conf')
  mkdirSync(confDir, { recursive: true })
  const files = {
    'core-site.xml': hadoopXml(sites.core),
    'hdfs-site.xml': hadoopXml(sites.hdfs),
    'yarn-site.xml': hadoopXml(sites.yarn),
    'capacity-scheduler.xml': hadoopXml(CAPACITY),
    'hadoop-policy.xml': hadoopXml(policy),
    'log4j.properties': LOG4J,
  }
  for (const [name, text] of Object.entries(files)) writeFileSync(join(confDir, name), text)
  return confDir
}
