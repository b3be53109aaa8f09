import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TestAuthority } from '../certificates.ts'
import { ask } from './ask.ts'
import { announce, CACHE, type HadoopVersion, provideClassPath } from './class-path.ts'
import { runProgram } from './client.ts'
import { makeFolders, provideName } from './cluster.ts'
import {
  DAEMON_POLICY,
  hadoopXml,
  PORT_NAMES,
  type Properties,
  singleSites,
  writeConfDir,
} from './configuration.ts'
import type { JavaHome } from './java.ts'
import { Member } from './member.ts'
import { namedPorts } from './ports.ts'
import { makeRunFolder } from './run-folder.ts'

const HDFS = 'org.apache.hadoop.hdfs.server'
const PASSWORD = 'changeit'

/** A NameNode and a DataNode whose web servers speak TLS alone. */
export interface SecureHdfs extends JavaHome {
  /** Base URLs with `https:`; no trailing slash. */
  readonly nameNode: string
  readonly dataNode: string
  stop(): Promise<void>
}

/** A PKCS12 store of a pair, as `ssl-server.xml` names it. */
async function writeServerStore(run: string, authority: TestAuthority): Promise<Properties> {
  const { certificate, keyPem } = authority.issue()
  const [certFile, keyFile, store] = ['server.crt', 'server.key', 'server.p12'].map((name) => join(run, name))
  writeFileSync(certFile ?? '', certificate)
  writeFileSync(keyFile ?? '', keyPem, { mode: 0o600 })
  const files = ['-in', certFile ?? '', '-inkey', keyFile ?? '', '-out', store ?? '']
  const made = await runProgram('openssl', ['pkcs12', '-export', ...files, '-passout', `pass:${PASSWORD}`])
  if (made.status !== 0) throw new Error(`openssl pkcs12: ${made.stderr}`)
  return {
    'ssl.server.keystore.location': store ?? '',
    'ssl.server.keystore.password': PASSWORD,
    'ssl.server.keystore.keypassword': PASSWORD,
    'ssl.server.keystore.type': 'PKCS12',
  }
}

/** Starts them on free ports of the loopback address, with certificates of `authority`. Errors: as `startHadoop`. */
export async function startSecureHdfs(version: HadoopVersion, authority: TestAuthority): Promise<SecureHdfs> {
  const jars = await provideClassPath(version)
  const home = join(CACHE, version)
  const run = makeRunFolder(home, 'secure')
  const ports = await namedPorts(PORT_NAMES)
  const sites = singleSites(run, ports)
  const confDir = writeConfDir(
    run,
    {
      ...sites,
      hdfs: {
        ...sites.hdfs,
        'dfs.http.policy': 'HTTPS_ONLY',
        'dfs.namenode.http-address': '127.0.0.1:0',
        'dfs.datanode.http.address': '127.0.0.1:0',
        'dfs.namenode.https-address': `127.0.0.1:${ports.nameNode}`,
        'dfs.datanode.https.address': `127.0.0.1:${ports.dataNode}`,
      },
    },
    DAEMON_POLICY,
  )
  writeFileSync(join(confDir, 'ssl-server.xml'), hadoopXml(await writeServerStore(run, authority)))
  const java: JavaHome = { classPath: jars, confDir, logDir: join(run, 'logs') }
  await provideName(home, run, java)
  const began = performance.now()
  const [nameNodeUrl, dataNodeUrl] = [ports.nameNode, ports.dataNode].map(
    (port) => `https://127.0.0.1:${port}`,
  )
  const nameNode = new Member(java, nameNodeUrl ?? '', {
    name: 'namenode',
    mainClass: `${HDFS}.namenode.NameNode`,
    args: [],
    ports: [ports.nameNode, ports.nameNodeRpc],
  })
  const dataNode = new Member(java, dataNodeUrl ?? '', {
    name: 'datanode',
    mainClass: `${HDFS}.datanode.DataNode`,
    args: [],
    ports: [ports.dataNode, ports.dataTransfer],
  })
  const stop = async (): Promise<void> => {
    for (const member of [dataNode, nameNode]) await member.stop()
  }
  const ca = authority.certificate
  try {
    await nameNode.ready()
    await dataNode.ready(async () => {
      const state = await ask(
        nameNode.url,
        'GET',
        '/jmx?qry=Hadoop:service=NameNode,name=FSNamesystemState',
        {
          ca,
        },
      ).catch(() => null)
      return /"NumLiveDataNodes"\s*:\s*1/.test(state?.text ?? '') && /Operational/.test(state?.text ?? '')
    })
    await makeFolders(nameNode.url, { ca })
  } catch (cause) {
    await stop()
    throw cause
  }
  announce(`an HDFS of HTTPS only is up after ${((performance.now() - began) / 1_000).toFixed(1)} s`)
  return { ...java, nameNode: nameNode.url, dataNode: dataNode.url, stop }
}
