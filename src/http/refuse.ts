import type { Exchange } from './exchange.ts'
import { type ExceptionName, refusalBody } from './refusal-bodies.ts'

/** How a request is refused. `headers` is a flat list of what this refusal has besides. */
export interface Refusal {
  readonly status: number
  readonly reason: string
  readonly message: string
  readonly exception?: ExceptionName
  readonly headers?: readonly string[]
  /** Whether the connection must not be used again; it never is while a body is unread. */
  readonly closes?: boolean
}

const EXCEPTIONS: Readonly<Record<number, ExceptionName>> = {
  401: 'AuthenticationException',
  403: 'AuthorizationException',
  405: 'UnsupportedOperationException',
  500: 'IOException',
  501: 'UnsupportedOperationException',
  502: 'IOException',
  503: 'RetriableException',
  504: 'IOException',
  505: 'UnsupportedOperationException',
}

/** Of an unread body, so much is read and thrown away after a refusal, for so long: else a reset could destroy it. */
const LINGER_BYTES = 65_536
const LINGER_MS = 1_000

/** Answers in Keddah's own words, or cuts the connection where an answer has begun. Never throws. */
export function refuse(exchange: Exchange, refusal: Refusal): void {
  const { response, request, door, head, id } = exchange
  if (exchange.isOver) return
  if (response.headersSent) {
    exchange.cut()
    return
  }
  const { status, reason, message } = refusal
  const exception = refusal.exception ?? EXCEPTIONS[status] ?? 'IllegalArgumentException'
  const text = { status, reason, message, exception, requestId: id }
  const body = refusalBody(exchange.surface, text, head?.accept ?? null)
  const headers = ['Content-Type', body.type, 'Content-Length', String(Buffer.byteLength(body.text))]
  headers.push('X-Keddah-Reason', reason, 'X-Keddah-Request-Id', id)
  headers.push('X-Content-Type-Options', 'nosniff', 'Cache-Control', 'no-store', ...(refusal.headers ?? []))
  const isUnread = exchange.hasUnreadBody
  if (isUnread || refusal.closes === true || door.isClosing || door.service.timeouts.idle === 0)
    headers.push('Connection', 'close')
  if (isUnread) lingerAfter(exchange)
  response.writeHead(status, headers)
  response.end(request.method === 'HEAD' ? undefined : body.text)
}

/**
 * Lets the client read the answer before its connection goes. What it goes on sending is thrown away, for a while and
 * up to a limit; it is never read as another request.
 */
export function lingerAfter({ request }: Exchange): void {
  const { socket } = request
  let left = LINGER_BYTES
  request.on('error', () => socket.destroy())
  request.on('data', (chunk: Buffer) => {
    left -= chunk.length
    if (left < 0 && socket.writableFinished) socket.destroy()
  })
  // Node calls this when the last answer is out; it would not wait for anything.
  socket.destroySoon = () => {
    socket.end()
    setTimeout(() => socket.destroy(), LINGER_MS).unref()
  }
}
