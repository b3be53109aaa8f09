import { createHash } from 'node:crypto'
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http'
import { createServer as createTlsServer, type ServerOptions } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'

const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11'

/** What a server has to answer to a key (RFC 6455 section 1.3). */
const acceptOf = (key: string): string =>
  createHash('sha1')
    .update(key + GUID)
    .digest('base64')

/** The head of an answer that takes a handshake up. */
const acceptanceOf = (key: string, ...lines: readonly string[]): string =>
  [
    'HTTP/1.1 101 Switching Protocols',
    'Upgrade: websocket',
    'Connection: Upgrade',
    `Sec-WebSocket-Accept: ${acceptOf(key)}`,
    ...lines,
    '\r\n',
  ].join('\r\n')

/** A server that sends back every message, and remembers the requests. */
export interface WebSocketServer {
  readonly url: string
  readonly requests: readonly IncomingMessage[]
  readonly sockets: readonly Socket[]
  close(): Promise<void>
}

/** A handshake that is taken up: what a raw socket then carries is up to `serve`; without it messages come back. */
export async function startWebSocketServer(
  options: { readonly tls?: ServerOptions; readonly serve?: (socket: Socket) => void } = {},
): Promise<WebSocketServer> {
  const requests: IncomingMessage[] = []
  const sockets: Socket[] = []
  const plain: RequestListener = (_, response) => response.end('no socket')
  const server: Server = options.tls === undefined ? createServer(plain) : createTlsServer(options.tls, plain)
  server.on('upgrade', (request: IncomingMessage, socket: Socket, early: Buffer) => {
    requests.push(request)
    sockets.push(socket)
    socket.on('error', () => {})
    const [protocol] = (request.headers['sec-websocket-protocol'] ?? '').split(',')
    const lines = protocol ? [`Sec-WebSocket-Protocol: ${protocol}`] : []
    socket.write(acceptanceOf(request.headers['sec-websocket-key'] ?? '', ...lines))
    if (early.length > 0) socket.unshift(early)
    ;(options.serve ?? echo)(socket)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const scheme = options.tls === undefined ? 'http' : 'https'
  return {
    url: `${scheme}://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    sockets,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
        for (const socket of sockets) socket.destroy()
      }),
  }
}

/** Sends frames back as they come, without their mask; a close frame ends the connection. */
function echo(socket: Socket): void {
  let held: Buffer = Buffer.alloc(0)
  socket.on('data', (bytes: Buffer) => {
    held = Buffer.concat([held, bytes])
    for (;;) {
      const frame = readFrame(held)
      if (frame === null) return
      held = held.subarray(frame.end)
      socket.write(Buffer.concat([frame.head, frame.payload]))
      if (((frame.head[0] ?? 0) & 0x0f) === 8) socket.end()
    }
  })
}

/** One masked frame (RFC 6455 section 5.2): its payload, and the head that it has without a mask. */
function readFrame(bytes: Buffer): { head: Buffer; payload: Buffer; end: number } | null {
  if (bytes.length < 2) return null
  const short = (bytes[1] ?? 0) & 0x7f
  const extended = short === 126 ? 2 : short === 127 ? 8 : 0
  const start = 2 + extended + 4
  if (bytes.length < start) return null
  const length =
    short === 126 ? bytes.readUInt16BE(2) : short === 127 ? Number(bytes.readBigUInt64BE(2)) : short
  const end = start + length
  if (bytes.length < end) return null
  const mask = bytes.subarray(start - 4, start)
  const payload = Buffer.from(bytes.subarray(start, end))
  for (let at = 0; at < payload.length; at += 1) payload[at] = (payload[at] ?? 0) ^ (mask[at % 4] ?? 0)
  const head = Buffer.from(bytes.subarray(0, 2 + extended))
  head[1] = short
  return { head, payload, end }
}
