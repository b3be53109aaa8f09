import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { runProgram } from './client.ts'
import { CORE, hadoopXml, type Properties } from './configuration.ts'
import type { JavaHome } from './java.ts'

const PASSWORD = 'changeit'

/** What a client that speaks TLS has of Hadoop's configuration: nothing about addresses, and `ssl-client.xml`. */
export function secureClientHome(
  folder: string,
  { classPath, ssl, flags }: { classPath: string; ssl: Properties; flags: readonly string[] },
): JavaHome {
  mkdirSync(folder)
  writeFileSync(join(folder, 'core-site.xml'), hadoopXml(CORE))
  // There is one DataNode; to a file with three replicas it would append nothing.
  writeFileSync(join(folder, 'hdfs-site.xml'), hadoopXml({ 'dfs.replication': '1' }))
  writeFileSync(join(folder, 'ssl-client.xml'), hadoopXml(ssl))
  return { classPath, logDir: folder, confDir: folder, flags }
}

/** Makes `store`, which trusts the authority in `caFile`, and answers what `ssl-client.xml` says of it. */
export async function trustStore(store: string, caFile: string): Promise<Properties> {
  const args = ['-importcert', '-noprompt', '-alias', 'ca', '-file', caFile]
  const where = ['-keystore', store, '-storetype', 'PKCS12', '-storepass', PASSWORD]
  const { status, stderr, stdout } = await runProgram('keytool', [...args, ...where])
  if (status !== 0)
    throw new Error(`keytool ended with ${String(status)}\n${stdout.toString('utf8')}${stderr}`)
  return {
    'ssl.client.truststore.location': store,
    'ssl.client.truststore.password': PASSWORD,
    'ssl.client.truststore.type': 'PKCS12',
  }
}
