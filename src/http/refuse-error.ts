import { AuthenticationError, ProtocolError, UnavailableError } from '../errors.ts'
import type { RouteMatch } from '../routes/table.ts'
import type { Exchange } from './exchange.ts'
import type { Fault } from './faults.ts'
import { METHODS_TEXT } from './precheck.ts'
import { refuse } from './refuse.ts'
import { surfaceOf } from './surface.ts'
import { auditFailure } from './audit-entry.ts'

/** Protocol errors that are not a plain 400, by reason. */
const STATUS: ReadonlyMap<string, number> = new Map([
  ['method_not_allowed', 405],
  ['method_unknown', 501],
  ['transfer_coding', 501],
  ['http_version', 505],
  ['expectation', 417],
  ['too_many_headers', 431],
  ['headers_too_large', 431],
  ['path_too_long', 414],
  ['query_too_long', 414],
  ['form_too_large', 413],
  ['request_timeout', 408],
])

/** The status of a protocol error; 400 where nothing else fits. */
export const statusOf = (reason: string): number => STATUS.get(reason) ?? 400

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
    const status = statusOf(reason)
    refuse(exchange, {
      status,
      reason,
      message,
      closes: code !== 'ERR_HTTP_PARAMETER' && code !== 'ERR_HTTP_FORM',
      headers: status === 405 ? ['Allow', METHODS_TEXT] : [],
    })
    return
  }
  if (error instanceof AuthenticationError) return refuseUnauthenticated(exchange, error.message)
  if (error instanceof UnavailableError) {
    metrics.rejected(name, 'unavailable')
    refuse(exchange, { status: 503, reason: 'unavailable', message: error.message, headers: RETRY })
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
    status: 500,
    reason: 'internal_error',
    message: `internal error, request ${exchange.id}`,
    closes: true,
  })
}

const RETRY = ['Retry-After', '1'] as const

/** Says that nobody is known, with every way to change that. */
export function refuseUnauthenticated(exchange: Exchange, message: string): void {
  const headers = exchange.door.dependencies
    .identifier()
    .challenges.flatMap((challenge) => ['WWW-Authenticate', challenge])
  refuse(exchange, { status: 401, reason: 'unauthenticated', message, headers })
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
    refuse(exchange, { status: 405, reason, message, headers: ['Allow', match.allow.join(', ')] })
  } else {
    refuse(exchange, { status: 400, reason, message: match.message, exception: match.exception })
  }
}

/** Answers for an upstream that did not; cuts the connection where its answer had begun. */
export function refuseFault(exchange: Exchange, { kind, status, error }: Fault): void {
  if (!(error instanceof UnavailableError)) return refuseError(exchange, error)
  const { door, id } = exchange
  door.tell('an upstream failed', { reason: kind, requestId: id })
  door.dependencies.telemetry.log.debug({ err: error, kind, requestId: id }, 'an upstream failed')
  const headers = status === 503 ? RETRY : []
  refuse(exchange, { status, reason: `upstream_${kind}`, message: error.message, headers })
}
