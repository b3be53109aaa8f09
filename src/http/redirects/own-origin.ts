import type { Exchange } from '../exchange.ts'
import { valueOf } from '../header-list.ts'
import { isHost } from '../precheck.ts'

/**
 * The origin under which the client has reached this listener, for links back to it.
 *
 * Shape: `https://host:port`, the port only where it was given. The host is the `Host` header, which nobody but the
 * client itself gets to see again; without one it is the address the connection came in on. What a trusted proxy says
 * with `X-Forwarded-Proto` and `X-Forwarded-Host` counts instead, each where it came once and in its plain form.
 */
export function ownOrigin(exchange: Exchange): string {
  const { connection, head, door, request } = exchange
  const { socket } = connection
  const isBelieved = door.dependencies.trustedProxies()?.includes(connection.peer) === true
  const forwarded = (name: string): string | null => (isBelieved ? valueOf(request.rawHeaders, name) : null)
  const proto = forwarded('x-forwarded-proto')?.toLowerCase()
  const isTls = proto === 'https' || (proto !== 'http' && connection.tls !== null)
  const host = forwarded('x-forwarded-host')
  const authority =
    host !== null && isHost(host)
      ? host
      : (head?.host ?? localAuthority(socket.localAddress, socket.localPort))
  return `http${isTls ? 's' : ''}://${authority}`
}

function localAuthority(address = '127.0.0.1', port = 80): string {
  return `${address.includes(':') ? `[${address}]` : address}:${port}`
}
