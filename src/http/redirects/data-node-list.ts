import { isIP } from 'node:net'
import { ConfigError, type Problem } from '../../errors.ts'
import { canonicalAddress } from '../../hadoop/addresses.ts'
import { MachineList } from '../../hadoop/machine-list.ts'

/** A server by the name or address it is called by, IPv6 without brackets. */
interface Called {
  readonly host: string
  readonly port: number
}

/**
 * The DataNodes that a request may be sent to.
 *
 * Shape: `mayBe` is asked before a name is resolved; `isAt` for each address that a connection could be made to, so
 * that a name which comes to mean another machine leads nowhere. `print` is equal for lists that nothing tells apart.
 */
export interface DataNodeList {
  readonly print: string
  mayBe(server: Called): boolean
  isAt(server: Called, address: string): boolean
}

/** Ranges that share a port; null: those of the DataNodes. */
interface Place {
  readonly port: number | null
  readonly addresses: MachineList
}

const ENTRY =
  /^(?:\[(?<v6>[0-9A-Fa-f:.]+)\]|(?<range>[0-9A-Fa-f:.]+\/\d{1,3})|(?<bare6>[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*)|(?<name>[A-Za-z0-9](?:[A-Za-z0-9._-]{0,251}[A-Za-z0-9])?))(?::(?<port>\d{1,5}))?$/
const NUMERIC = /^[\d.]+$/
const HINT = 'write `dn1.example.com`, `dn1.example.com:9864`, `10.1.0.0/16` or `10.1.0.0/16:9864`'

/** What nobody's DataNode is on: this very host by another name, the link, and the services clouds answer on there. */
const NOWHERE = listOf([
  '0.0.0.0',
  '0.0.0.0/8',
  '169.254.0.0/16',
  '100.100.100.200',
  '224.0.0.0/3',
  '::',
  'fe80::/10',
  'ff00::/8',
  'fd00:ec2::/32',
  '64:ff9b::/96',
])
const THIS_MACHINE = listOf(['127.0.0.0/8', '::1'])

/**
 * Reads the list an operator has written.
 *
 * Shape: names, addresses and ranges, each with a port or without; without one `ports` are meant. A name counts as it
 * is written, whatever it resolves to; a range counts for the address that is connected to.
 * Errors: `ERR_CONFIG_SETTINGS` with every entry that is none of these; `key` is the settings key they stand under.
 */
export function parseDataNodes(
  entries: readonly string[],
  key: string,
  ports: readonly number[],
): DataNodeList {
  const problems: Problem[] = []
  const names = new Set<string>()
  const ranges = new Map<number | null, string[]>()
  for (const entry of entries) {
    const read = readEntry(entry)
    if (read === null) problems.push(badEntry(entry, key))
    else if ('name' in read) for (const port of read.port ?? ports) names.add(`${read.name}:${port}`)
    else ranges.set(read.port?.[0] ?? null, [...(ranges.get(read.port?.[0] ?? null) ?? []), read.range])
  }
  const [first] = problems
  if (first !== undefined)
    throw new ConfigError('ERR_CONFIG_SETTINGS', `\`${key}\`: ${first.message}`, { problems })
  const places = [...ranges].map(([port, list]): Place => ({ port, addresses: listOf(list) }))
  const inRange = ({ port }: Called, address: string): boolean =>
    places.some(
      (place) =>
        (place.port === null ? ports.includes(port) : place.port === port) &&
        place.addresses.includes(address),
    )
  const isNamed = ({ host, port }: Called): boolean => names.has(`${host}:${port}`)
  const hasRangeAt = (port: number): boolean =>
    places.some((place) => (place.port === null ? ports.includes(port) : place.port === port))
  return {
    print: JSON.stringify([entries, ports]),
    mayBe: (server) => {
      const address = canonicalAddress(server.host)
      if (address !== null) return inRange(server, address)
      return isNamed(server) || hasRangeAt(server.port)
    },
    isAt: (server, address) => isNamed(server) || inRange(server, address),
  }
}

/**
 * What counts where no list is written: whatever a NameNode names, on the ports of DataNodes, but never where no
 * DataNode can be. This machine counts only if the NameNode is on it too (`isLocal`).
 */
export function anyDataNode(ports: readonly number[], isLocal: boolean): DataNodeList {
  const isPlace = (address: string): boolean =>
    !NOWHERE.includes(address) && (isLocal || !THIS_MACHINE.includes(address))
  return {
    print: JSON.stringify([ports, isLocal]),
    mayBe: ({ host, port }) => {
      const address = canonicalAddress(host)
      return ports.includes(port) && (address === null ? !NUMERIC.test(host) : isPlace(address))
    },
    isAt: ({ port }, address) => ports.includes(port) && isPlace(address),
  }
}

type Entry =
  | { readonly name: string; readonly port: readonly number[] | null }
  | { readonly range: string; readonly port: readonly number[] | null }

function readEntry(entry: string): Entry | null {
  const { v6, range, bare6, name, port: digits } = ENTRY.exec(entry)?.groups ?? {}
  const port = digits === undefined ? null : [Number(digits)]
  if (port !== null && !(port[0] !== undefined && port[0] >= 1 && port[0] <= 65_535)) return null
  if (range !== undefined) return isRange(range) ? { range, port } : null
  const literal = v6 ?? bare6 ?? name ?? ''
  const address = canonicalAddress(literal)
  if (address !== null) return { range: address, port }
  return name === undefined || NUMERIC.test(name) ? null : { name: name.toLowerCase(), port }
}

function isRange(text: string): boolean {
  const [address = '', prefix] = text.split('/')
  const family = isIP(address)
  const length = Number(prefix)
  return family !== 0 && length >= 1 && length <= (family === 4 ? 32 : 128)
}

const badEntry = (entry: string, key: string): Problem => ({
  file: '',
  line: null,
  column: null,
  key,
  severity: 'error',
  code: 'data_nodes',
  message: `\`${entry}\` is not a name, an address or a range of DataNodes`,
  hint: HINT,
})

function listOf(entries: readonly string[]): MachineList {
  return MachineList.parse(entries.join(','), () => null, {
    ipv6Ranges: true,
    shortAddresses: false,
    unresolvedMatches: false,
    ipv6AgainstRanges: false,
  })
}
