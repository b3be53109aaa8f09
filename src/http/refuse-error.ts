import { AuthenticationError, ProtocolError, UnavailableError } from '../errors.ts'
import { statusOf } from '../errors/reasons.ts'
import type { RouteMatch } from '../routes/table.ts'
import type { Exchange } from './exchange.ts'
import type { Fault } from './faults.ts'
import { METHODS_TEXT } from './precheck.ts'
import { refuse } from './refuse.ts'
import { surfaceOf } from './surface.ts'
import { auditFailure } from './audit-entry.ts'

/**
 * Refuses a request because of an error. Whatever it was, nothing is forwarded. What is none of ours is a defect: the
 * client gets a number, and the log gets the error under it.
 */
export function refuseError(exchange: Exchange, error: unknown): void {
  try {
    answerError(exchange, error)
  } catch (err) {
    // Not even an answer could be made: there is none, and nothing was forwarded.
    exchange.door.dependencies.telemetry.log.error({ err, requestId: exchange.id }, 'a refusal failed')
    exchange.cut()
  }
}

function answerError(exchange: Exchange, error: unknown): void {
  const { metrics, log } = exchange.door.dependencies.telemetry
  const { name } = exchange.door.service
  if (error instanceof ProtocolError) {
    const { reason, message, code } = error
    metrics.rejected(name, reason)
    exchange.door.tell('a request was rejected', { reason, requestId: exchange.id })
    if (exchange.path === null)
      exchange.surface = surfaceOf([exchange.request.url?.split(/[/?]/, 2)[1] ?? ''])
    refuse(exchange, {
      reason,
      message,
      closes: !KEEPS.has(code),
      headers: HEADERS.get(reason) ?? [],
    })
    return
  }
  if (error instanceof AuthenticationError) return refuseUnauthenticated(exchange, error.message)
  if (error instanceof UnavailableError) {
    metrics.rejected(name, 'unavailable')
    refuse(exchange, { reason: 'unavailable', message: error.message, headers: RETRY })
    return
  }
  if (exchange.isOver) return
  metrics.rejected(name, 'internal_error')
  auditFailure(exchange)
  log.error(
    { err: error, requestId: exchange.id, service: name },
    'a request failed in Keddah and was refused',
  )
  refuse(exchange, {
    reason: 'internal_error',
    message: `internal error, request ${exchange.id}`,
    closes: true,
  })
}

/** What is wrong with the meaning of a request says nothing against the next one. */
const KEEPS: ReadonlySet<string> = new Set(['ERR_HTTP_PARAMETER', 'ERR_HTTP_FORM', 'ERR_HTTP_LOCATOR'])

/** What a refusal has to name. */
const HEADERS: ReadonlyMap<string, readonly string[]> = new Map([
  ['method_not_allowed', ['Allow', METHODS_TEXT]],
  ['websocket_version', ['Upgrade', 'websocket', 'Sec-WebSocket-Version', '13']],
])

const RETRY = ['Retry-After', '1'] as const

/** A 401 has to name a scheme (RFC 9110, 15.5.2), even where it is for the proxy in front to say who is calling. */
const NO_SCHEME = 'Keddah'

/** Says that nobody is known, with every way to change that. */
export function refuseUnauthenticated(exchange: Exchange, message: string): void {
  const { challenges } = exchange.door.dependencies.identifier()
  const named = challenges.length === 0 ? [NO_SCHEME] : challenges
  const headers = named.flatMap((challenge) => ['WWW-Authenticate', challenge])
  refuse(exchange, { reason: 'unauthenticated', message, headers })
}

/** Refuses a listed path for its method or operation; the words about operations are Hadoop's own. */
export function refuseMatch(
  exchange: Exchange,
  match: Extract<RouteMatch, { kind: 'method' | 'operation' }>,
): void {
  const { door, request } = exchange
  const isMethod = match.kind === 'method'
  const reason = isMethod ? 'method_not_allowed' : 'operation'
  door.dependencies.telemetry.metrics.rejected(door.service.name, reason)
  if (isMethod) {
    const message = `${request.method ?? ''} is not allowed here`
    refuse(exchange, { reason, message, headers: ['Allow', match.allow.join(', ')] })
  } else {
    refuse(exchange, { reason, message: match.message, exception: match.exception })
  }
}

/** Refuses the first step of reading or writing contents, where a service is not to be used for them. */
export function refuseRedirect(exchange: Exchange): void {
  const { door } = exchange
  const reason = 'redirects_refused'
  door.dependencies.telemetry.metrics.rejected(door.service.name, reason)
  refuse(exchange, { reason, message: 'contents of files are neither read nor written through this service' })
}

/**
 * Answers for an upstream that did not; cuts the connection where its answer had begun.
 *
 * Shape: `upstream` is its `host:port` for the log, null where none was asked; the client is not told.
 */
export function refuseFault(exchange: Exchange, { kind, error }: Fault, upstream: string | null): void {
  if (kind === 'internal') return refuseError(exchange, error)
  const { door, id } = exchange
  const reason = `upstream_${kind}` as const
  door.tell('an upstream failed', { reason, requestId: id, upstream, cause: causeOf(error) })
  door.dependencies.telemetry.log.debug({ err: error, kind, requestId: id }, 'an upstream failed')
  refuse(exchange, {
    reason,
    message: error.message,
    headers: statusOf(reason) === 503 ? RETRY : [],
  })
}

/** What the system or OpenSSL calls it, such as `ECONNREFUSED` or `CERT_HAS_EXPIRED`; null where neither does. */
function causeOf({ cause }: Error): string | null {
  return cause instanceof Error && 'code' in cause && typeof cause.code === 'string' ? cause.code : null
}
