import type { Duplex } from 'node:stream'
import type { Door } from './door.ts'

/** What Node's parser reports, and what it means to the client. */
const BROKEN: Readonly<Record<string, readonly [status: string, reason: string]>> = {
  HPE_HEADER_OVERFLOW: ['431 Request Header Fields Too Large', 'headers_too_large'],
  HPE_CHUNK_EXTENSIONS_OVERFLOW: ['413 Payload Too Large', 'chunk_extensions_too_large'],
  HPE_INVALID_VERSION: ['505 HTTP Version Not Supported', 'http_version'],
  HPE_PAUSED_H2_UPGRADE: ['505 HTTP Version Not Supported', 'http_version'],
  ERR_HTTP_REQUEST_TIMEOUT: ['408 Request Timeout', 'request_timeout'],
}

/** A client that hung up has made no request that could be refused. */
const GONE: ReadonlySet<string> = new Set(['ECONNRESET', 'EPIPE', 'HPE_INVALID_EOF_STATE', 'ETIMEDOUT'])

/** Answers bytes that are no request, and cuts the connection: nobody knows where the next request would begin. */
export function answerBrokenRequest(door: Door, error: Error, socket: Duplex): void {
  const code = 'code' in error && typeof error.code === 'string' ? error.code : ''
  const [status, reason] = BROKEN[code] ?? ['400 Bad Request', 'malformed']
  if (!GONE.has(code)) reject(door, reason)
  let begun = false
  for (const exchange of door.exchanges) {
    if (exchange.request.socket !== socket) continue
    begun = true
    exchange.ongoing?.abandon()
  }
  // With an answer on its way, or still to come, for an earlier request, this one would be taken for that one.
  if (begun || GONE.has(code) || !socket.writable) socket.destroy()
  else end(socket, status, reason, '')
}

/** A tunnel would be a way past every decision. */
export function answerConnect(door: Door, socket: Duplex): void {
  reject(door, 'method_not_allowed')
  end(
    socket,
    '405 Method Not Allowed',
    'method_not_allowed',
    'Allow: GET, HEAD, POST, PUT, DELETE, PATCH, OPTIONS\r\n',
  )
}

function reject(door: Door, reason: string): void {
  door.dependencies.telemetry.metrics.rejected(door.service.name, reason)
  door.tell(reason, null)
}

function end(socket: Duplex, status: string, reason: string, more: string): void {
  socket.on('error', () => socket.destroy())
  socket.end(
    `HTTP/1.1 ${status}\r\nContent-Length: 0\r\nX-Keddah-Reason: ${reason}\r\n${more}Connection: close\r\n\r\n`,
    () => socket.destroy(),
  )
}
