import { hadoopAddressText } from './addresses.ts'
import type { Origin } from './subject.ts'

const HOST = '_HOST'
const UNSPECIFIED = '0.0.0.0'

/**
 * Fills the caller's host name into a client principal such as `dn/_HOST@REALM`.
 *
 * Shape: only a text of three parts whose second is exactly `_HOST` is changed; every other text, the empty one too,
 * stands for itself. The first reverse name counts, lower case, without a final dot; for an IPv4 address without a name
 * its number stands in. Null where the host cannot be known (no address, or IPv6 without a name): a refusal. 0.0.0.0
 * is no host of anybody's: Hadoop puts the server's own name there, Keddah refuses.
 * Source: org.apache.hadoop.security.SecurityUtil#getServerPrincipal, DNSDomainNameResolver#getHostnameByIP (3.4).
 */
export function expectedPrincipal(pattern: string, origin: Origin): string | null {
  const parts = pattern.split(/[/@]/)
  // Java's split leaves empty parts off the end.
  while (parts.length > 1 && parts.at(-1) === '') parts.pop()
  const [first = '', host, realm = ''] = parts
  if (parts.length !== 3 || host !== HOST) return pattern
  if (origin.address === null) return null
  const name = origin.names[0]?.replace(/\.$/, '') ?? ''
  const address = hadoopAddressText(origin.address)
  const shown = name === '' ? address : name
  if (shown === UNSPECIFIED || (name === '' && address.includes(':'))) return null
  return `${first}/${shown.toLowerCase()}@${realm}`
}

/** The end of Hadoop's refusals of a user: the expected principal where there is one, else the ACL. */
export function refusalCause(clientPrincipal: string | null): string {
  return clientPrincipal === null
    ? ': denied by configured ACL'
    : `: this service is only accessible by ${clientPrincipal}`
}
