import { AuthenticationError, ProtocolError } from '../errors.ts'
import type { Origin } from '../hadoop/subject.ts'
import type { Identifier } from '../identity/identifier.ts'
import { originOf } from '../identity/origin.ts'
import {
  canonicalTarget,
  type CanonicalTarget,
  type IdentityParameters,
  takeIdentityParameters,
} from '../routes/target.ts'
import { checkHost } from './arrival/check-host.ts'
import type { Exchange } from './exchange.ts'
import { precheck, type RequestHead } from './precheck.ts'
import { bodyTooLarge } from './request-body.ts'
import type { ProtectedService } from './service.ts'
import { surfaceOf } from './surface.ts'

/** What a request is read by. Every refresh replaces it: after any wait the request is then read anew. */
export interface Moment {
  readonly service: ProtectedService
  readonly identifier: Identifier
}

/** What is known of a request before it is known who sent it. */
export interface Received {
  readonly exchange: Exchange
  readonly moment: Moment
  readonly head: RequestHead
  readonly claims: IdentityParameters
  readonly target: CanonicalTarget
  readonly origin: Origin
}

/**
 * Reads a request once, strictly, with what is in force now.
 *
 * Errors: `ProtocolError` for whatever two readers might understand in two ways, or what is over a limit;
 * `ERR_AUTHN_INVALID` where the authority of the client's certificate is not listed any more.
 */
export function receive(exchange: Exchange): Received {
  const { door, request } = exchange
  const moment = { service: door.service, identifier: door.dependencies.identifier() }
  const { limits } = moment.service
  const roles = door.rolesFor(moment.identifier)
  const head = precheck(request, roles, limits.headers, exchange.switching !== null)
  exchange.head = head
  // First of all: what is refused below counts for the address that it comes from.
  const origin = findOrigin(exchange, head)
  exchange.origin = origin
  const { connection } = exchange
  if (connection.isDistrusted) throw distrusted()
  const { hosts } = moment.service
  if (hosts !== null || connection.tls !== null)
    checkHost(head.host, hosts, connection, () => isTrusted(exchange))
  if (head.length !== null && limits.bodyBytes > 0 && head.length > limits.bodyBytes)
    throw bodyTooLarge(limits.bodyBytes)
  const whole = canonicalTarget(request.url ?? '', limits)
  exchange.surface = surfaceOf(whole.segments)
  exchange.path = whole.path
  const { identity: claims, rest: target } = takeIdentityParameters(whole)
  exchange.route = null
  exchange.caller = null
  return { exchange, moment, head, claims, target, origin }
}

const distrusted = (): AuthenticationError =>
  new AuthenticationError(
    'ERR_AUTHN_INVALID',
    'the client certificate is of an authority that is not listed any more',
  )

/** Whether its connection is from a proxy that is believed. */
export const isTrusted = ({ door, connection }: Exchange): boolean =>
  door.dependencies.trustedProxies()?.includes(connection.peer) === true

/** An address that nobody knows is on no list, so a request without one could pass every blocked list. */
function findOrigin({ connection, door }: Exchange, { forwardedFor, forwarded }: RequestHead): Origin {
  if (forwardedFor.length === 0 && forwarded.length === 0) return connection.origin
  const { dependencies } = door
  const [trusted, asHadoop] = [dependencies.trustedProxies(), dependencies.hadoopProxies()]
  const origin = originOf(connection.peer, forwardedFor, trusted, asHadoop, forwarded)
  if (origin.address !== null) return origin
  const message = 'a trusted proxy sent an `X-Forwarded-For` that is not an address'
  throw new ProtocolError('ERR_HTTP_FORWARDED', 'forwarded_address', message)
}

/** Whether no refresh has come since. */
export const isNow = ({ door }: Exchange, { service, identifier }: Moment): boolean =>
  door.service === service && door.dependencies.identifier() === identifier
