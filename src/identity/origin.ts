import { ProtocolError } from '../errors.ts'
import { addressText, canonicalAddress, hadoopAddressText, parseJavaAddress } from '../hadoop/addresses.ts'
import { forwardedAddressAsHadoop } from '../hadoop/forwarded-address.ts'
import type { MachineList } from '../hadoop/machine-list.ts'
import type { Origin } from '../hadoop/subject.ts'
import { forwardedForHops, forwardedHops, parseHop } from './forwarded.ts'

/**
 * Finds the address a request comes from.
 *
 * By default it is the peer of the socket, whatever the headers say. Behind `trustedProxies` the chain is walked
 * from the right, peer first, as long as each hop is trusted; the first one that is not is the address. What stands
 * left of it is the client's own text and is not even read. Where every hop is trusted, the oldest is the address.
 * `Forwarded` is walked the same way where `X-Forwarded-For` is absent; where both are there they must agree.
 *
 * Shape: `peer` is the text of the socket address; `forwardedFor` and `forwarded` hold all lines of the two headers
 * in order, blank ones count as absent; `trustedProxies` null or empty trusts nobody; `asHadoop` other than null is
 * the parity switch: `hadoop.proxyservers` as `parseProxyServers` reads it, and from one of these the leftmost element
 * as Java reads it. What Java would have to look up becomes null. `names` stays empty: nothing needs reverse names
 * before principals with `_HOST`.
 * Errors: `ERR_HTTP_FORWARDED` where a trusted proxy sent a hop that is not an address (`forwarded_address`), a
 * malformed header (`forwarded_header`) or two that disagree (`forwarded_conflict`).
 * Source: org.apache.hadoop.hdfs.server.common.JspHelper#getRemoteAddr. Divergence D-9.
 */
export function originOf(
  peer: string,
  forwardedFor: readonly string[],
  trustedProxies: MachineList | null,
  asHadoop: ReadonlySet<string> | null = null,
  forwarded: readonly string[] = [],
): Origin {
  const socket = canonicalAddress(peer)
  if (socket === null) return { address: null, names: [] }
  if (asHadoop !== null) {
    const first = forwardedAddressAsHadoop(hadoopAddressText(socket), forwardedFor[0] ?? null, asHadoop)
    const address = parseJavaAddress(first)
    return { address: address === null ? null : addressText(address), names: [] }
  }
  if (trustedProxies === null || !trustedProxies.includes(socket)) return { address: socket, names: [] }
  const older = walk(forwardedForHops(forwardedFor), trustedProxies)
  const newer = walk(forwardedHops(forwarded), trustedProxies)
  if (older !== null && newer !== null && older !== newer) {
    const message = 'a trusted proxy sent `X-Forwarded-For` and `Forwarded` that disagree'
    throw new ProtocolError('ERR_HTTP_FORWARDED', 'forwarded_conflict', message)
  }
  return { address: older ?? newer ?? socket, names: [] }
}

/** From the right: the first hop that is not trusted, else the oldest; null for an empty chain. */
function walk(hops: readonly string[], trusted: MachineList): string | null {
  let address: string | null = null
  for (let at = hops.length - 1; at >= 0; at -= 1) {
    address = canonicalAddress(parseHop(hops[at] ?? ''))
    if (address === null || !trusted.includes(address)) break
  }
  return address
}
