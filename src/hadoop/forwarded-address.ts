import { addressText, hadoopAddressText, parseJavaAddress } from './addresses.ts'
import { javaTrim } from './java-text.ts'
import type { HostResolver } from './machine-list.ts'

/** Java resolves an empty host name to the loopback address. */
const LOOPBACK = '127.0.0.1'

/**
 * Reads `hadoop.proxyservers`: the peers whose `X-Forwarded-For` Hadoop believes.
 *
 * Shape: addresses as Java prints them. Names that do not resolve are left out; ranges and `*` are names like any
 * other. Null and a blank text trust nobody; an empty entry before another one trusts 127.0.0.1, as Hadoop does.
 * Source: org.apache.hadoop.security.authorize.ProxyServers.
 */
export function parseProxyServers(text: string | null, resolve: HostResolver): ReadonlySet<string> {
  const servers = new Set<string>()
  const whole = javaTrim(text ?? '')
  if (whole === '') return servers
  const entries = whole.split(/[\t-\r ]*[,\n][\t-\r ]*/)
  while (entries.at(-1) === '') entries.pop()
  for (const entry of entries) {
    const address =
      entry === '' ? parseJavaAddress(LOOPBACK) : (parseJavaAddress(entry) ?? lookUp(entry, resolve))
    if (address !== null) servers.add(hadoopAddressText(addressText(address)))
  }
  return servers
}

/**
 * Finds the client's address as Hadoop does: the leftmost element of `X-Forwarded-For` from a trusted peer.
 *
 * Shape: `peer` is the address as Java prints it (`hadoopAddressText`), compared as text; `xForwardedFor` is the first
 * header of that name, null where there is none. The answer is not validated: it may be any text, and it is empty
 * for a header of nothing but commas, where Hadoop fails.
 * Source: org.apache.hadoop.hdfs.server.common.JspHelper#getRemoteAddr. The client chooses the leftmost element, so
 * this is used only where parity asks for it (D-9).
 */
export function forwardedAddressAsHadoop(
  peer: string,
  xForwardedFor: string | null,
  proxyServers: ReadonlySet<string>,
): string {
  if (xForwardedFor === null || !proxyServers.has(peer)) return peer
  if (/^,+$/.test(xForwardedFor)) return ''
  const leftmost = javaTrim(xForwardedFor.split(',', 1)[0] ?? '')
  return leftmost === '' ? peer : leftmost
}

function lookUp(name: string, resolve: HostResolver): ReturnType<typeof parseJavaAddress> {
  const resolved = resolve(name)
  return resolved === null ? null : parseJavaAddress(resolved)
}
