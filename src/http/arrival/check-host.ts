import { ProtocolError } from '../../errors.ts'
import type { ClientConnection } from '../client-connection.ts'
import { type HostList, splitHost } from './host-list.ts'

/**
 * Refuses a request that is for somebody else: its host is not on the list, or its connection was opened for another.
 *
 * A client that asks for one name in the handshake (SNI) and for another in its request wants to be taken for a caller
 * of the first. Proxies in front have one connection for many names: `isForwarder` says that it is one of those that
 * are trusted.
 * Shape: `host` is the header, null where there is none; `hosts` null: any.
 * Errors: `ERR_HTTP_HOST` with the reason `host_unknown` (404) or `host_mismatch` (421, RFC 9110 section 15.5.20).
 */
export function checkHost(
  host: string | null,
  hosts: HostList | null,
  { tls }: Pick<ClientConnection, 'tls'>,
  isForwarder: () => boolean,
): void {
  if (hosts !== null && (host === null || !hosts.includes(host)))
    throw new ProtocolError('ERR_HTTP_HOST', 'host_unknown', 'nothing is served here under this host')
  const asked = tls?.serverName ?? null
  if (asked === null || host === null) return
  const { name } = splitHost(host.toLowerCase())
  if (name === asked || isForwarder()) return
  throw new ProtocolError('ERR_HTTP_HOST', 'host_mismatch', 'the connection was opened for another host')
}
