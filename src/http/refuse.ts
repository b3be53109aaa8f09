import { type Reason, statusOf } from '../errors/reasons.ts'
import type { Exchange } from './exchange.ts'
import { type ExceptionName, refusalBody } from './refusal-bodies.ts'

/** How a request is refused; the status is that of the reason. `headers` is a flat list of what it has besides. */
export interface Refusal {
  readonly reason: Reason
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
  429: 'RetriableException',
  500: 'IOException',
  501: 'UnsupportedOperationException',
  502: 'IOException',
  503: 'RetriableException',
  504: 'IOException',
  505: 'UnsupportedOperationException',
}

/** What is refused because of a resource: other words for Hadoop's clients than what a service refuses. */
const ABOUT_RESOURCES: ReadonlySet<Reason> = new Set([
  'mode',
  'role',
  'ranger_deny',
  'ranger_none',
  'ranger_user',
])

function exceptionOf({ reason, exception }: Refusal, status: number): ExceptionName {
  if (exception !== undefined) return exception
  return ABOUT_RESOURCES.has(reason)
    ? 'AccessControlException'
    : (EXCEPTIONS[status] ?? 'IllegalArgumentException')
}

/** Answers in Keddah's own words, or cuts the connection where an answer has begun. */
export function refuse(exchange: Exchange, refusal: Refusal): void {
  const { response, request, door, head, id } = exchange
  if (exchange.isOver) return
  if (response.headersSent) {
    exchange.cut()
    return
  }
  const { reason, message } = refusal
  const status = statusOf(reason)
  const exception = exceptionOf(refusal, status)
  const text = { status, reason, message, exception, requestId: id }
  const body = refusalBody(exchange.surface, text, head?.accept ?? null)
  const headers = ['Content-Type', body.type, 'Content-Length', String(Buffer.byteLength(body.text))]
  headers.push('X-Keddah-Reason', reason, 'X-Keddah-Request-Id', id)
  headers.push('X-Content-Type-Options', 'nosniff', 'Cache-Control', 'no-store', ...(refusal.headers ?? []))
  if (refusal.closes === true || exchange.isLast) endAfterAnswer(exchange, headers)
  else if (door.keepsNothing) headers.push('Connection', 'close')
  response.writeHead(status, headers)
  exchange.finish(request.method === 'HEAD' ? undefined : body.text)
}

/** What a client goes on sending after its last answer is read and thrown away, so much and so long. */
const LINGER_BYTES = 65_536
const LINGER_MS = 1_000
const LINGER_CHECK_MS = 50

/**
 * Makes an answer the last one of its connection, and lets the client read it: a connection that is closed over unread
 * bytes is reset, and the reset may destroy the answer.
 */
export function endAfterAnswer({ connection, request }: Exchange, headers: string[]): void {
  const { socket } = connection
  connection.isEnding = true
  headers.push('Connection', 'close')
  // Node calls this when the last answer is out; it would not wait for anything.
  socket.destroySoon = () => {
    socket.end()
    request.resume()
    const read = socket.bytesRead
    const until = performance.now() + LINGER_MS
    const check = setInterval(() => {
      if (socket.bytesRead - read > LINGER_BYTES || performance.now() > until) socket.destroy()
    }, LINGER_CHECK_MS)
    socket.on('close', () => clearInterval(check))
  }
}
