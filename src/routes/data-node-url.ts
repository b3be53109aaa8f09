import { ProtocolError } from '../errors.ts'
import { takeIdentityParameters } from './identity-parameters.ts'
import { joinParameters, type QueryParameter } from './query.ts'
import { canonicalTarget, type CanonicalTarget } from './target.ts'

/** A server that is spoken to. `host` is lower case, IPv6 without brackets; `port` is always there. */
export interface ServerAddress {
  readonly isTls: boolean
  readonly host: string
  readonly port: number
}

/**
 * Where a NameNode sends a client for the second step.
 *
 * Shape: `target` has neither an identity nor the NameNode in it; `op` is in upper case, empty where there is none;
 * `nameNode` is what the DataNode shall connect to, and `delegation` the token that was made for it, null where absent.
 */
export interface DataNodeUrl {
  readonly server: ServerAddress
  readonly target: CanonicalTarget
  readonly op: string
  readonly nameNode: string | null
  readonly delegation: string | null
}

const ABSOLUTE =
  /^(https?):\/\/(?:\[([0-9A-Fa-f:.]{2,45})\]|([A-Za-z0-9._-]{1,253}))(?::(\d{1,5}))?(\/[^#]*)$/i
const ROOT = ['webhdfs', 'v1']

/**
 * Reads the `Location` of a first step. The one reading of it: what is not made exactly like one is none.
 *
 * Shape: bytes beyond ASCII, which some versions leave as they are, count as escaped. Null for any other URL, one with
 * credentials, a fragment, or a path outside of WebHDFS.
 * Source: org.apache.hadoop.hdfs.server.namenode.web.resources.NamenodeWebHdfsMethods#redirectURI.
 */
export function readDataNodeUrl(location: string): DataNodeUrl | null {
  const [, scheme = '', ipv6, name, digits, rest] = ABSOLUTE.exec(escaped(location)) ?? []
  const server = rest === undefined ? null : serverOf(scheme, ipv6 ?? name ?? '', digits)
  if (server === null || rest === undefined) return null
  try {
    const { identity, rest: target } = takeIdentityParameters(canonicalTarget(rest))
    if (ROOT.some((segment, at) => target.segments[at] !== segment)) return null
    const { value: nameNode = null, others } = without(target.parameters, 'namenoderpcaddress')
    const op = target.parameters.find(({ reserved }) => reserved === 'op')?.value.toUpperCase() ?? ''
    return {
      server,
      target: { ...target, parameters: others, query: joinParameters(others) },
      op,
      nameNode,
      delegation: identity.delegation,
    }
  } catch (error) {
    if (error instanceof ProtocolError) return null
    throw error
  }
}

/** Null for what the URL standard takes for another host, or for none: short and hexadecimal addresses, for instance. */
function serverOf(scheme: string, host: string, digits: string | undefined): ServerAddress | null {
  const isTls = scheme.toLowerCase() === 'https'
  const port = digits === undefined ? (isTls ? 443 : 80) : Number(digits)
  const server = { isTls, host: host.toLowerCase(), port }
  const hostname = port === 0 ? undefined : URL.parse(originText(server))?.hostname
  if (hostname === undefined) return null
  if (hostname.startsWith('[')) return { ...server, host: hostname.slice(1, -1) }
  return hostname === server.host ? server : null
}

/** The origin of a server, as a URL has it. */
export function originText({ isTls, host, port }: ServerAddress): string {
  return `http${isTls ? 's' : ''}://${host.includes(':') ? `[${host}]` : host}:${port}`
}

const escaped = (text: string): string =>
  text.replace(/[\x80-\xff]/g, (byte) => `%${byte.charCodeAt(0).toString(16).toUpperCase()}`)

function without(
  parameters: readonly QueryParameter[],
  name: QueryParameter['reserved'],
): { value?: string; others: readonly QueryParameter[] } {
  const found = parameters.find(({ reserved }) => reserved === name)
  const others = parameters.filter((parameter) => parameter !== found)
  return found === undefined ? { others } : { value: found.value, others }
}
