import { AuthenticationError, ProtocolError, UnavailableError } from '../errors.ts'
import { type ProtocolReason, statusOf } from '../errors/reasons.ts'
import type { EarlyRefusal } from '../routes/early-refusal.ts'
import { canonicalTarget } from '../routes/target.ts'
import type { Exchange } from './exchange.ts'
import type { Fault } from './faults.ts'
import { refuse } from './refuse.ts'
import { surfaceOf } from './surface.ts'
import { auditRefusal } from './audit-entry.ts'

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
    rejected(exchange, reason)
    if (exchange.path === null)
      exchange.surface = surfaceOf([exchange.request.url?.split(/[/?]/, 2)[1] ?? ''])
    refuse(exchange, {
      reason,
      message,
      closes: !KEEPS.has(code),
      headers: headersFor(exchange, reason),
    })
    return
  }
  if (error instanceof AuthenticationError) {
    auditRefusal(exchange, 'unauthenticated')
    refuseUnauthenticated(exchange, error.message)
    return
  }
  if (error instanceof UnavailableError) {
    metrics.rejected(name, 'unavailable')
    refuse(exchange, { reason: 'unavailable', message: error.message, headers: RETRY })
    return
  }
  if (exchange.isOver) return
  metrics.rejected(name, 'internal_error')
  auditRefusal(exchange, 'internal_error')
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
function headersFor(exchange: Exchange, reason: ProtocolReason): readonly string[] {
  if (reason === 'method_not_allowed') return ['Allow', allowedAt(exchange)]
  return reason === 'websocket_version' ? ['Upgrade', 'websocket', 'Sec-WebSocket-Version', '13'] : []
}

/** What its path takes; empty for nothing, where there is no such path. */
function allowedAt({ door, request }: Exchange): string {
  const { routes, limits } = door.service
  try {
    const match = routes.match(request.method ?? '', canonicalTarget(request.url ?? '', limits))
    return match.kind === 'method' ? match.allow.join(', ') : ''
  } catch (error) {
    if (error instanceof ProtocolError) return ''
    throw error
  }
}

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

/** Refuses what the policy need not be asked about; the words about operations are Hadoop's own. */
export function refuseEarly(exchange: Exchange, { reason, message, allow, exception }: EarlyRefusal): void {
  const refusal = { reason, message, headers: allow === undefined ? [] : ['Allow', allow.join(', ')] }
  rejected(exchange, reason)
  refuse(exchange, exception === undefined ? refusal : { ...refusal, exception })
}

/** Counts and logs what is refused without a decision; what is forbidden or was revoked is on the record as well. */
function rejected(exchange: Exchange, reason: ProtocolReason): void {
  const { door, id, isRevoked } = exchange
  door.dependencies.telemetry.metrics.rejected(door.service.name, reason)
  door.tell('a request was rejected', { reason, requestId: id })
  if (isRevoked || statusOf(reason) === 403) auditRefusal(exchange, reason)
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
