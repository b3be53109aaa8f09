import type { IncomingMessage, ServerResponse } from 'node:http'
import type { X509Certificate } from 'node:crypto'
import type { Socket } from 'node:net'
import type { Origin } from '../hadoop/subject.ts'
import type { Exchange } from './exchange.ts'

type Waiting = readonly [request: IncomingMessage, response: ServerResponse]

/**
 * How a connection came here.
 *
 * Shape: `peer` is the canonical address at the other end, or the one that the PROXY protocol names; `transport` is the
 * TCP connection under TLS, else the socket itself. `tls` null: plain; `serverName` in lower case, null where the
 * client asked for none; `certificate` is the client's, verified, null where it has shown none.
 */
export interface Arrival {
  readonly peer: string
  readonly transport: Socket
  readonly tls: { readonly serverName: string | null; readonly certificate: X509Certificate | null } | null
}

/** Nobody pipelines; who sends so many requests at once means no good. */
const MAX_WAITING = 64

/**
 * A connection of a client. It has one request at work at a time, whatever was sent ahead, so that what a caller sends
 * in order is done in order.
 */
export class ClientConnection {
  readonly socket: Socket
  /** The canonical address at the other end. Asked for at the beginning: a connection that was reset has none. */
  readonly peer: string
  readonly tls: Arrival['tls']
  readonly #transport: Socket
  /** Where requests come from that no proxy has forwarded. */
  readonly origin: Origin
  current: Exchange | null = null
  /** Its last answer is out or on the way: whatever it still brings is not read as a request. */
  isEnding = false
  #isDistrusted = false
  readonly #waiting: Waiting[] = []

  constructor(socket: Socket, { peer, transport, tls }: Arrival) {
    this.socket = socket
    this.peer = peer
    this.tls = tls
    this.#transport = transport
    this.origin = { address: peer, names: [] }
  }

  /** The authority of the client's certificate is not listed any more: nothing that it asks for is answered. */
  get isDistrusted(): boolean {
    return this.#isDistrusted
  }

  /** Has no part in anything from now on. What is at work is decided anew, and what it brings next is refused. */
  distrust(): void {
    this.#isDistrusted = true
    if (this.current === null) this.socket.destroy()
  }

  /** Keeps a request that was sent ahead. */
  wait(request: IncomingMessage, response: ServerResponse): void {
    if (this.#waiting.length === MAX_WAITING) this.socket.destroy()
    else this.#waiting.push([request, response])
  }

  /** The next request that was sent ahead, if it is still to be answered. */
  next(): Waiting | null {
    return this.isEnding ? null : (this.#waiting.shift() ?? null)
  }

  /** Ends the connection by a reset. TLS itself would end it in order, as if all had been said. */
  reset(): void {
    if (this.#transport.destroyed) this.socket.destroy()
    else this.#transport.resetAndDestroy()
  }

  /** The client is gone, and with it whatever was going on for it. */
  lost(): void {
    this.isEnding = true
    this.#waiting.length = 0
    this.current?.end()
  }
}
