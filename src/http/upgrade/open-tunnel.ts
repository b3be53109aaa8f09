import type { Socket } from 'node:net'
import { broken, type ReceivedHead } from '../upstream/answer-head.ts'
import type { Exchange, Ongoing } from '../exchange.ts'
import { clientHeaders } from '../response-headers.ts'
import { Tunnel, type TunnelEnd } from './tunnel.ts'
import { checkSwitch } from './websocket.ts'

/** What becomes of the upstream's connection: it is taken for the tunnel, and given back when that is over. */
interface Connection {
  take(): Socket
  give(): void
}

/**
 * Makes a tunnel of an exchange whose upstream has answered 101. It counts as in flight until it ends.
 *
 * Errors: `ERR_UPSTREAM_PROTOCOL` where the answer is not to the client's handshake; then nothing has been said to it.
 */
export function openTunnel(
  exchange: Exchange,
  head: ReceivedHead,
  early: Buffer,
  connection: Connection,
): Ongoing {
  const { handshake, switching, door } = exchange
  if (handshake === null || switching === null) throw broken('a change of protocol that nobody asked for')
  checkSwitch(handshake, head.headers)
  const headers = clientHeaders(head)
  const { name, timeouts } = door.service
  const { metrics } = door.dependencies.telemetry
  const upstream = connection.take()
  metrics.upstream(name, '1xx')
  metrics.tunnelOpened(name)
  const tunnel = new Tunnel(
    switching.switched(headers),
    upstream,
    { idleMs: timeouts.tunnel, halfMs: timeouts.body },
    (end) => {
      metrics.tunnelClosed(name, resultOf(exchange, end))
      connection.give()
      if (end !== 'closed') exchange.cut()
      exchange.end()
    },
  )
  tunnel.begin(early)
  return tunnel
}

function resultOf(
  { isRevoked, isCut }: Exchange,
  end: TunnelEnd,
): Exclude<TunnelEnd, 'abandoned'> | 'revoked' | 'drained' {
  if (isRevoked) return 'revoked'
  if (end !== 'abandoned') return end
  return isCut ? 'drained' : 'client_gone'
}
