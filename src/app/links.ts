import type { ReadyService } from '../config/upstreams.ts'
import type { Settings } from '../config/settings.ts'
import type { Configuration } from '../hadoop/configuration.ts'
import { parseAddress } from '../hadoop/addresses.ts'
import { dataNodePorts, nameNodesIn, nameNodesOf } from '../hadoop/hdfs-addresses.ts'
import { PageLinks } from '../http/pages/page-links.ts'
import { anyDataNode, type DataNodeList, parseDataNodes } from '../http/redirects/data-node-list.ts'

/** Where a service may lead its clients. `dataNodes` null: what its NameNodes name, on these ports. */
export interface Links {
  readonly dataNodes: DataNodeList | null
  readonly ports: readonly number[]
  readonly nameNodes: ReadonlySet<string>
}

/**
 * Reads the lists of every service, by name.
 *
 * Errors: `ConfigError` for an entry that cannot be read.
 */
export function linksOf(
  settings: Pick<Settings, 'services'>,
  configuration: Configuration,
): ReadonlyMap<string, Links> {
  const ports = dataNodePorts(configuration)
  const known = nameNodesIn(configuration)
  return new Map(
    settings.services.map(({ name, dataNodes, nameNodes }, index): [string, Links] => {
      const key = `services[${index}].dataNodes`
      return [
        name,
        {
          dataNodes: dataNodes === undefined ? null : parseDataNodes(dataNodes, key, ports),
          ports,
          nameNodes: nameNodesOf(nameNodes, known),
        },
      ]
    }),
  )
}

/** The DataNodes of a service: those on this machine only where a NameNode is here as well. */
export const dataNodesOf = ({ dataNodes, ports }: Links, upstreams: readonly string[]): DataNodeList =>
  dataNodes ?? anyDataNode(ports, upstreams.some(isHere))

/** Links on pages of a service; of two other services in front of the same daemon, the first has them. */
export function pageLinksOf(
  { upstreams: own }: Pick<ReadyService, 'upstreams'>,
  services: readonly Pick<ReadyService, 'upstreams' | 'externalUrl'>[],
): PageLinks {
  const others = new Map<string, string>()
  for (const { upstreams, externalUrl } of services) {
    if (externalUrl === undefined) continue
    for (const upstream of upstreams) if (!others.has(upstream)) others.set(upstream, externalUrl)
  }
  return new PageLinks(own, others)
}

function isHere(origin: string): boolean {
  const { hostname } = new URL(origin)
  const address = parseAddress(hostname.replace(/^\[|\]$/g, ''))
  if (address === null) return hostname === 'localhost'
  return address.v6 === null
    ? address.v4 >>> 24 === 127
    : address.v6.every((group, at) => group === (at === 7 ? 1 : 0))
}
