import type { Duplex } from 'node:stream'
import { Socket } from 'node:net'
import type { Door } from './door.ts'
import { METHODS_TEXT } from './precheck.ts'

const MALFORMED = ['400 Bad Request', 'malformed'] as const
const VERSION = ['505 HTTP Version Not Supported', 'http_version'] as const

/** What Node's parser reports, and what it means to the client. */
const BROKEN: ReadonlyMap<string, readonly [status: string, reason: string]> = new Map<
  string,
  readonly [string, string]
>([
  ['HPE_HEADER_OVERFLOW', ['431 Request Header Fields Too Large', 'headers_too_large']],
  ['HPE_CHUNK_EXTENSIONS_OVERFLOW', ['413 Payload Too Large', 'chunk_extensions_too_large']],
  ['HPE_PAUSED_H2_UPGRADE', VERSION],
  ['ERR_HTTP_REQUEST_TIMEOUT', ['408 Request Timeout', 'request_timeout']],
])

/** The parser says so of any byte that it did not expect there; only a line that is whole names a version. */
function isVersion(code: string, error: Error): boolean {
  if (code !== 'HPE_INVALID_VERSION' || !('rawPacket' in error) || !Buffer.isBuffer(error.rawPacket))
    return false
  const [line = ''] = error.rawPacket.toString('latin1').split('\n', 1)
  return / HTTP\/\d\.\d\r$/.test(line)
}

/** A client that hung up has made no request that could be refused. */
const GONE: ReadonlySet<string> = new Set(['ECONNRESET', 'EPIPE', 'HPE_INVALID_EOF_STATE', 'ETIMEDOUT'])

/** Answers bytes that are no request, and cuts the connection: nobody knows where the next request would begin. */
export function answerBrokenRequest(door: Door, error: Error, socket: Duplex): void {
  const code = 'code' in error && typeof error.code === 'string' ? error.code : ''
  const [status, reason] = isVersion(code, error) ? VERSION : (BROKEN.get(code) ?? MALFORMED)
  const connection = socket instanceof Socket ? door.connections.get(socket) : undefined
  const exchange = connection?.current ?? null
  // Bytes behind a request that is still to be answered: an answer to them would be taken for the answer to it.
  const isItsBody = exchange !== null && exchange.hasUnreadBody && !exchange.response.headersSent
  const canAnswer = socket.writable && !GONE.has(code) && (exchange === null || isItsBody)
  if (!GONE.has(code)) reject(door, reason)
  connection?.lost()
  if (canAnswer) end(socket, status, reason, '')
  else socket.destroy()
}

/** A tunnel would be a way past every decision. */
export function answerConnect(door: Door, socket: Duplex): void {
  const connection = socket instanceof Socket ? door.connections.get(socket) : undefined
  const isBusy = connection !== undefined && connection.current !== null
  reject(door, 'method_not_allowed')
  connection?.lost()
  if (isBusy) socket.destroy()
  else end(socket, '405 Method Not Allowed', 'method_not_allowed', `Allow: ${METHODS_TEXT}\r\n`)
}

function reject(door: Door, reason: string): void {
  door.dependencies.telemetry.metrics.rejected(door.service.name, reason)
  door.tell('a request was rejected', { reason, requestId: null })
}

function end(socket: Duplex, status: string, reason: string, more: string): void {
  socket.on('error', () => socket.destroy())
  socket.end(
    `HTTP/1.1 ${status}\r\nContent-Length: 0\r\nX-Keddah-Reason: ${reason}\r\n${more}Connection: close\r\n\r\n`,
    () => socket.destroy(),
  )
}
