import { type IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { ProtocolError } from '../../errors.ts'
import type { Door } from '../door.ts'
import type { Exchange } from '../exchange.ts'
import { refuseError } from '../refuse-error.ts'

/**
 * Whether a request asks for a WebSocket in a way that Node may let go of its connection for. All others stay requests,
 * and are refused for their `Upgrade` like one: those of another protocol, with a body, or behind another request.
 */
export function asksForWebSocket(door: Door, request: IncomingMessage): boolean {
  const connection = door.connections.get(request.socket)
  const { headers } = request
  return (
    connection?.current === null &&
    !connection.isEnding &&
    request.method === 'GET' &&
    request.httpVersion === '1.1' &&
    headers.upgrade?.toLowerCase() === 'websocket' &&
    headers['content-length'] === undefined &&
    headers['transfer-encoding'] === undefined
  )
}

/**
 * A connection that Node has let go of, while it is not known what becomes of it: nothing may come over it before the
 * protocol is changed, and whatever else it is answered is the last thing that is said.
 */
export class Switching {
  readonly #socket: Socket
  readonly #response: ServerResponse

  constructor(socket: Socket, request: IncomingMessage) {
    this.#socket = socket
    const response = new ServerResponse(request)
    this.#response = response
    socket.on('error', () => socket.destroy())
    socket.setTimeout(0)
    response.assignSocket(socket)
    response.on('finish', () => {
      response.detachSocket(socket)
      response.emit('close')
      socket.destroySoon()
      socket.resume()
    })
  }

  get response(): ServerResponse {
    return this.#response
  }

  /** Begins the exchange. `early` is what came behind the request. */
  begin(exchange: Exchange, early: Buffer, handle: (exchange: Exchange) => void): void {
    const socket = this.#socket
    const tooEarly = (): void => {
      if (exchange.isOver || exchange.response.headersSent) return
      exchange.abandon()
      refuseError(exchange, new ProtocolError('ERR_HTTP_UPGRADE', 'websocket', 'data before the handshake'))
    }
    if (early.length > 0) {
      tooEarly()
      return
    }
    socket.on('data', tooEarly).on('end', () => {
      // Whoever hangs up now is not there for the answer.
      if (!exchange.response.headersSent) socket.destroy()
    })
    handle(exchange)
  }

  /** Says 101 with these headers; from then on the connection is nobody's but the caller's. */
  switched(headers: readonly string[]): Socket {
    const socket = this.#socket
    this.#response.writeHead(101, ['Connection', 'Upgrade', 'Upgrade', 'websocket', ...headers])
    this.#response.flushHeaders()
    this.#response.detachSocket(socket)
    socket.removeAllListeners('data').removeAllListeners('end').removeAllListeners('error')
    return socket
  }
}
