import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** Who callers on this machine are for the admin listener of the demo. */
export const DEMO_ADMIN = 'admin'

/** What the demo lets use WebHDFS. */
export const ALLOWED = 'alice analysts'
/** What remains of it once alice is taken off. */
export const WITHOUT_ALICE = ' analysts'

/** Where the files of the demo are. */
export interface DemoFiles {
  readonly configFile: string
  readonly policyDir: string
  readonly policyFile: string
  readonly auditFile: string
  readonly logFile: string
}

/** The addresses of the daemons behind it. */
export interface DemoUpstreams {
  readonly nameNode: string
  readonly dataNode: string
  readonly resourceManager: string
}

/** Writes settings, policy and groups into a folder that is there. */
export function writeDemoFiles(folder: string, upstreams: DemoUpstreams, logLevel: string): DemoFiles {
  const policyDir = join(folder, 'conf')
  const files = {
    configFile: join(folder, 'keddah.yaml'),
    policyDir,
    policyFile: join(policyDir, 'hadoop-policy.xml'),
    auditFile: join(folder, 'audit.log'),
    logFile: join(folder, 'keddah.log'),
  }
  mkdirSync(policyDir)
  writeFileSync(join(policyDir, 'core-site.xml'), CORE_SITE)
  writeFileSync(files.policyFile, POLICY)
  writeFileSync(files.configFile, settingsText(upstreams, logLevel))
  return files
}

const settingsText = ({ nameNode, dataNode, resourceManager }: DemoUpstreams, logLevel: string): string => `\
# The settings of the demo. docs/configuration.md lists all there are.
hadoop: { confDir: conf }
stateDir: state
admin: { listen: "127.0.0.1:0" }
identity:
  authenticators: [{ kind: pseudo }] # believes user.name, as a cluster without Kerberos does
audit: { file: audit.log }
log: { level: ${logLevel} }
services:
  - { name: namenode, kind: namenode, listen: "127.0.0.1:0", upstreams: ["${nameNode}"],
      dataNodes: ["${new URL(dataNode).host}"] } # reached through Keddah; its port is not the usual one
  - { name: resourcemanager, kind: resourcemanager, listen: "127.0.0.1:0", upstreams: ["${resourceManager}"] }
  - { name: datanode, kind: datanode, listen: "127.0.0.1:0", upstreams: ["${dataNode}"] }
`

const property = (name: string, value: string): string => `\
  <property>
    <name>${name}</name>
    <value>${value}</value>
  </property>
`

const POLICY = `\
<?xml version="1.0"?>
<!-- Who may use which service: users, a blank, groups. Change it: Keddah watches this folder. -->
<configuration>
  <!-- WebHDFS: the user alice, and everybody in the group analysts, such as bob. -->
${property('security.client.protocol.acl', ALLOWED)}
  <!-- Applications at the ResourceManager. -->
${property('security.applicationclient.protocol.acl', ALLOWED)}
  <!-- Refreshes over the admin listener. -->
${property('security.refresh.policy.protocol.acl', DEMO_ADMIN)}${property('security.refresh.user.mappings.protocol.acl', DEMO_ADMIN)}
  <!-- Whatever is not named above; without this line it would be open to everybody. -->
${property('security.service.authorization.default.acl', ALLOWED)}</configuration>
`

const CORE_SITE = `\
<?xml version="1.0"?>
<configuration>
${property('hadoop.security.authorization', 'true')}
  <!-- What DataNodes may be told to connect to. -->
${property('fs.defaultFS', 'hdfs://127.0.0.1:8020')}
  <!-- Groups: nobody is asked but this list. -->
${property('hadoop.security.group.mapping', 'org.apache.hadoop.security.NullGroupsMapping')}${property('hadoop.user.group.static.mapping.overrides', 'alice=staff;bob=analysts;mallory=guests')}
  <!-- hue may act for the group analysts, from this machine. -->
${property('hadoop.proxyuser.hue.groups', 'analysts')}${property('hadoop.proxyuser.hue.hosts', '127.0.0.1')}</configuration>
`
