import { STATUS_CODES } from 'node:http'
import { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { type Reason, statusOf } from '../errors/reasons.ts'
import type { Door } from './door.ts'
import { nextId } from './exchange.ts'

/** What Node's parser reports, and what it means to the client. */
const BROKEN: ReadonlyMap<string, Reason> = new Map<string, Reason>([
  ['HPE_HEADER_OVERFLOW', 'headers_too_large'],
  ['HPE_CHUNK_EXTENSIONS_OVERFLOW', 'chunk_extensions_too_large'],
  ['HPE_PAUSED_H2_UPGRADE', 'http_version'],
  ['ERR_HTTP_REQUEST_TIMEOUT', 'request_timeout'],
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
  const reason = isVersion(code, error) ? 'http_version' : (BROKEN.get(code) ?? 'malformed')
  const connection = socket instanceof Socket ? door.connections.get(socket) : undefined
  const exchange = connection?.current ?? null
  // Bytes behind a request that is still to be answered: an answer to them would be taken for the answer to it.
  const isItsBody = exchange !== null && exchange.hasUnreadBody && !exchange.response.headersSent
  const canAnswer = socket.writable && !GONE.has(code) && (exchange === null || isItsBody)
  const id = isItsBody ? exchange.id : nextId()
  if (!GONE.has(code)) reject(door, reason, id)
  if (connection !== undefined && GONE.has(code)) door.lost(connection)
  else connection?.lost()
  if (canAnswer) end(socket, reason, id, '')
  else socket.destroy()
}

/** A tunnel would be a way past every decision. */
export function answerConnect(door: Door, socket: Duplex): void {
  const connection = socket instanceof Socket ? door.connections.get(socket) : undefined
  const isBusy = connection !== undefined && connection.current !== null
  const id = nextId()
  reject(door, 'method_not_allowed', id)
  connection?.lost()
  if (isBusy) socket.destroy()
  // What it asks for is no path, which would take some methods.
  else end(socket, 'method_not_allowed', id, 'Allow: \r\n')
}

function reject(door: Door, reason: Reason, requestId: string): void {
  door.dependencies.telemetry.metrics.rejected(door.service.name, reason)
  door.tell('a request was rejected', { reason, requestId })
}

function end(socket: Duplex, reason: Reason, requestId: string, more: string): void {
  const status = statusOf(reason)
  socket.on('error', () => socket.destroy())
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\nContent-Length: 0\r\nX-Keddah-Reason: ${reason}\r\n` +
      `X-Keddah-Request-Id: ${requestId}\r\n${more}Connection: close\r\n\r\n`,
    () => socket.destroy(),
  )
}
