import type { X509Certificate } from 'node:crypto'
import type { Server } from 'node:http'
import type { Socket } from 'node:net'
import { TLSSocket } from 'node:tls'
import type { ConnectionReason } from '../../errors/connection-reasons.ts'
import { canonicalAddress } from '../../hadoop/addresses.ts'
import { handshakeFailure, hasBadCertificate } from '../../tls/handshake.ts'
import { isVouchedFor } from '../../tls/vouched.ts'
import type { Door } from '../door.ts'
import { takeProxyHeader } from './take-proxy-header.ts'

/**
 * A connection that was accepted.
 *
 * Shape: `peer` is the canonical address at its other end, or the one that a proxy names; `clientCa` are the authorities
 * that its handshake is begun with.
 */
interface Accepted {
  readonly transport: Socket
  readonly peer: string
  readonly clientCa: string | null
}

/**
 * Stands between the port and HTTP: reads the header of the PROXY protocol, waits for the TLS handshake, and hands over
 * who has come through. Each of the two has to be done in the time that the head of a request may take.
 *
 * Node emits an accepted connection to one listener of its own, which starts HTTP or the handshake. With the PROXY
 * protocol it is called later: once the header is read and taken off.
 */
export class Entrance {
  readonly #door: Door
  readonly #isTls: boolean
  /** Those that have not come through. */
  readonly #waiting = new Set<Socket>()
  /** By both ends: a TLS socket does not tell which connection it was made over. */
  readonly #accepted = new Map<string, Accepted>()

  constructor(server: Server, door: Door) {
    this.#door = door
    this.#isTls = door.service.tls !== null
    if (door.service.proxyProtocol === null) server.on('connection', (socket) => this.#direct(socket))
    else {
      const listeners = server.listeners('connection')
      server.removeAllListeners('connection')
      server.on('connection', (socket) =>
        this.#proxied(socket, () => {
          for (const listener of listeners) listener.call(server, socket)
        }),
      )
    }
    if (this.#isTls) server.on('secureConnection', (socket: TLSSocket) => this.#secured(socket))
  }

  /** Whether an error on a socket is one of a handshake, which is then dealt with. */
  hasFailed(error: Error, socket: unknown): boolean {
    if (!(socket instanceof TLSSocket) || this.#door.connections.has(socket)) return false
    this.#door.refused(handshakeFailure(error, socket))
    socket.destroy()
    return true
  }

  /** Cuts those that have not come through. */
  close(): void {
    for (const socket of this.#waiting) socket.destroy()
  }

  #direct(transport: Socket): void {
    const peer = canonicalAddress(transport.remoteAddress ?? '')
    // Without an address no host list could be asked about it.
    if (peer === null) transport.destroy()
    else if (this.#door.admit(transport, peer)) this.#begun(transport, peer)
  }

  /** `begin` starts HTTP or the handshake, with the first bytes behind the header. */
  #proxied(transport: Socket, begin: () => void): void {
    const own = canonicalAddress(transport.remoteAddress ?? '')
    const { proxyProtocol, timeouts } = this.#door.service
    // It was reset before anybody could look at it, as health checks of TCP do.
    if (own === null) return void transport.destroy()
    if (proxyProtocol?.includes(own) !== true) return this.#cut(transport, 'proxy_peer')
    this.#wait(transport)
    takeProxyHeader(transport, timeouts.headers, (outcome) => {
      const peer = typeof outcome === 'string' ? null : canonicalAddress(outcome.source ?? own)
      if (peer === null) this.#cut(transport, typeof outcome === 'string' ? outcome : 'proxy_header')
      else if (this.#door.admit(transport, peer)) {
        this.#waiting.delete(transport)
        begin()
        this.#begun(transport, peer)
      }
    })
  }

  #wait(transport: Socket): void {
    this.#waiting.add(transport)
    transport.on('close', () => this.#waiting.delete(transport))
  }

  #begun(transport: Socket, peer: string): void {
    if (!this.#isTls) {
      this.#door.connected(transport, { transport, peer, tls: null })
      return
    }
    this.#wait(transport)
    const accepted = { transport, peer, clientCa: this.#clientCa }
    const ends = endsOf(transport)
    // Two at a time cannot have the same ends: the one from before is over, though Node has not said so yet.
    this.#accepted.get(ends)?.transport.destroy()
    this.#accepted.set(ends, accepted)
    transport.on('close', () => {
      if (this.#accepted.get(ends) === accepted) this.#accepted.delete(ends)
    })
  }

  #secured(socket: TLSSocket): void {
    const accepted = this.#accepted.get(endsOf(socket))
    const certificate = socket.getPeerX509Certificate() ?? null
    if (accepted === undefined || hasBadCertificate(socket) || this.#isOutdated(accepted, certificate)) {
      // Unknown is who was reset within the moment since the handshake.
      this.#door.refused(accepted === undefined ? 'tls_aborted' : 'tls_client_certificate')
      socket.destroy()
      return
    }
    const { transport, peer } = accepted
    this.#waiting.delete(transport)
    const serverName = socket.servername ? socket.servername.toLowerCase() : null
    this.#door.connected(socket, { transport, peer, tls: { serverName, certificate } })
  }

  get #clientCa(): string | null {
    return this.#door.service.tls?.clientCa ?? null
  }

  /** Whether the authorities were replaced during the handshake, and those of now do not vouch for the client. */
  #isOutdated({ clientCa }: Accepted, certificate: X509Certificate | null): boolean {
    return certificate !== null && clientCa !== this.#clientCa && !isVouchedFor(certificate, this.#clientCa)
  }

  /** A reset: whoever began in the wrong way gets not even an orderly end. */
  #cut(transport: Socket, reason: ConnectionReason): void {
    this.#door.refused(reason)
    transport.resetAndDestroy()
  }
}

type Ends = Pick<Socket, 'remoteAddress' | 'remotePort' | 'localAddress' | 'localPort'>

/** Both: one port of a peer may be connected to several of our addresses. */
const endsOf = ({ remoteAddress, remotePort, localAddress, localPort }: Ends): string =>
  [remoteAddress, remotePort, localAddress, localPort].join(' ')
