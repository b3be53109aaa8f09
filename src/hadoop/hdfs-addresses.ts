import type { Configuration } from './configuration.ts'

/** The port of a NameNode's RPC server where an address has none. */
const RPC_PORT = 8020
const DATANODE_ADDRESSES = [
  ['dfs.datanode.http.address', 9864],
  ['dfs.datanode.https.address', 9865],
] as const

/** Keys that hold the address of a NameNode or router, and those that end in a name service or a member of one. */
const RPC_ADDRESS = /^dfs\.(?:namenode\.(?:service)?rpc-address|federation\.router\.rpc-address)(?:\.|$)/

const items = (text: string | undefined): string[] =>
  (text ?? '').split(',').flatMap((item) => item.trim().toLowerCase() || [])

/**
 * What a DataNode may be told to connect to, as a configuration names it: addresses, and name services.
 *
 * Shape: lower case; of an address without a port the usual one is taken. Empty where nothing is named.
 * Source: org.apache.hadoop.hdfs.server.namenode.NameNodeUtils#getClientNamenodeAddress.
 */
export function nameNodesIn(configuration: Configuration): ReadonlySet<string> {
  const authority = /^hdfs:\/\/([^/?#]+)/i.exec(configuration.getTrimmed('fs.defaultFS') ?? '')?.[1]
  const services = items(configuration.getTrimmed('dfs.nameservices'))
  const addresses = [...configuration.keys()]
    .filter((key) => RPC_ADDRESS.test(key))
    .flatMap((key) => items(configuration.getTrimmed(key)))
  const named = [...addresses, ...(authority === undefined ? [] : [authority.toLowerCase()])]
  return new Set([...services, ...named.flatMap((name) => (services.includes(name) ? name : withPort(name)))])
}

/** A list that somebody has written, of `host:port` or name services; where nobody has, those that are known. */
export function nameNodesOf(
  written: readonly string[] | undefined,
  known: ReadonlySet<string>,
): ReadonlySet<string> {
  return written === undefined ? known : new Set(written.map((name) => name.toLowerCase()))
}

/** Reports whether a value of `namenoderpcaddress` names one of them. */
export function isNameNode(names: ReadonlySet<string>, value: string): boolean {
  const folded = value.toLowerCase()
  return names.has(folded) || (!hasPort(folded) && names.has(withPort(folded)))
}

/** The ports that the DataNodes of a configuration answer HTTP and HTTPS on; Hadoop's own where it says nothing. */
export function dataNodePorts(configuration: Configuration): readonly number[] {
  return DATANODE_ADDRESSES.map(([key, usual]) => {
    const port = Number(/:(\d{1,5})$/.exec(configuration.getTrimmed(key) ?? '')?.[1] ?? 0)
    return port >= 1 && port <= 65_535 ? port : usual
  })
}

const hasPort = (text: string): boolean => /:\d+$/.test(text)
const withPort = (text: string): string => (hasPort(text) ? text : `${text}:${RPC_PORT}`)
