import type { IncomingMessage, ServerResponse } from 'node:http'
import { admit, needsGroups } from '../decision/authorize.ts'
import { EXEMPT } from '../decision/request.ts'
import { AuthenticationError, ProtocolError } from '../errors.ts'
import { canonicalAddress } from '../hadoop/addresses.ts'
import type { Origin } from '../hadoop/subject.ts'
import { effectiveUser, type Identifier, type Identity, subjectOf } from '../identity/identifier.ts'
import { originOf } from '../identity/origin.ts'
import type { Route, RouteMatch } from '../routes/table.ts'
import { canonicalTarget, type CanonicalTarget, takeIdentityParameters } from '../routes/target.ts'
import { auditDecision } from './audit-entry.ts'
import { credentialView } from './credentials.ts'
import type { Door } from './door.ts'
import { Exchange } from './exchange.ts'
import { badForm, checkForm, formKind } from './form-body.ts'
import { forward } from './forward.ts'
import { precheck, type RequestHead } from './precheck.ts'
import { refuseError, refuseUnauthenticated } from './refuse-error.ts'
import { refuse } from './refuse.ts'
import type { ProtectedService } from './service.ts'
import { surfaceOf } from './surface.ts'

/**
 * The way of one request: precheck, target, route, identify, groups, decide, audit, forward or refuse.
 *
 * Nothing waits where the answer is at hand. Whatever is thrown before there is a permit ends in a refusal.
 */
export function handle(door: Door, request: IncomingMessage, response: ServerResponse): void {
  // The last answer of this connection is out: whatever else it brings is not read as a request.
  if (request.socket.writableEnded) {
    request.socket.destroy()
    return
  }
  const exchange = new Exchange(door, request, response)
  guarded(exchange, () => identify(receive(exchange)))
}

/** What is known of a request before it is known who sent it. */
interface Received {
  readonly exchange: Exchange
  readonly head: RequestHead
  readonly identifier: Identifier
  readonly claims: ReturnType<typeof takeIdentityParameters>['identity']
  readonly target: CanonicalTarget
  readonly peer: string
  readonly origin: Origin
}

/** What is known of it once its sender is; `identity` null: nobody, because of `denial`. */
interface Identified extends Received {
  readonly identity: Identity | null
  readonly denial: AuthenticationError | null
}

const NO_GROUPS: readonly string[] = []

function guarded(exchange: Exchange, step: () => void): void {
  try {
    step()
  } catch (error) {
    refuseError(exchange, error)
  }
}

function receive(exchange: Exchange): Received {
  const { door, request } = exchange
  const { dependencies } = door
  const peer = canonicalAddress(request.socket.remoteAddress ?? '')
  // A list of hosts cannot be asked about an address that is gone with its connection.
  if (peer === null) throw new ProtocolError('ERR_HTTP_FRAMING', 'no_peer', 'the connection has no address')
  const identifier = dependencies.identifier()
  const head = precheck(request, door.rolesFor(identifier))
  exchange.head = head
  const whole = canonicalTarget(request.url ?? '')
  exchange.surface = surfaceOf(whole.segments)
  exchange.path = whole.path
  const { identity: claims, rest: target } = takeIdentityParameters(whole)
  const origin = originOf(
    peer,
    head.forwardedFor,
    dependencies.trustedProxies(),
    dependencies.hadoopProxies(),
    head.forwarded,
  )
  return { exchange, head, identifier, claims, target, peer, origin }
}

/** Asks who is calling, and again where the authenticators were replaced in the meantime. */
function identify(received: Received): void {
  const { exchange, claims, peer } = received
  if (routeOf(received) === null) return
  const identifier = exchange.door.dependencies.identifier()
  const proceed = (identity: Identity | null, denial: AuthenticationError | null): void =>
    gatherAndDecide({ ...received, identity, denial }, undefined)
  const failed = (error: unknown): void => {
    if (!(error instanceof AuthenticationError)) throw error
    proceed(null, error)
  }
  let answer: Identity | Promise<Identity>
  try {
    answer = identifier.identify(credentialView(peer, claims, exchange.request.rawHeaders))
  } catch (error) {
    return failed(error)
  }
  if (!(answer instanceof Promise)) return proceed(answer, null)
  const isOld = (): boolean => exchange.door.dependencies.identifier() !== identifier
  answer.then(
    (identity) => guarded(exchange, () => (isOld() ? restart(received) : proceed(identity, null))),
    (error: unknown) => guarded(exchange, () => (isOld() ? restart(received) : failed(error))),
  )
}

/** The headers that are managed may have changed with the authenticators: everything is read again. */
const restart = ({ exchange }: Received): void => identify(receive(exchange))

/** What a route asks for, as far as it is listed. */
interface Wanted {
  readonly route: Route | null
  readonly key: string | null
}

/** Null: refused already, because the path is listed and its method or operation is not. */
function routeOf({ exchange, head, target, claims }: Received): Wanted | null {
  const { door } = exchange
  const { service } = door
  const match = service.routes.match(head.method, target)
  const observes = service.enforcement === 'observe'
  if (match.kind === 'route') exchange.surface = match.route.surface
  else if (match.kind !== 'unlisted' && !observes) {
    refuseMatch(exchange, match)
    return null
  }
  const route = match.kind === 'route' ? match.route : null
  if (!observes) checkBody(head, route)
  if (!observes && claims.delegation !== null && door.dependencies.delegationParameter() === 'refuse')
    throw new ProtocolError('ERR_HTTP_PARAMETER', 'delegation', 'delegation tokens are not taken here')
  return { route, key: route === null ? null : (route.service ?? EXEMPT) }
}

function refuseMatch(exchange: Exchange, match: Exclude<RouteMatch, { kind: 'route' | 'unlisted' }>): void {
  const { metrics } = exchange.door.dependencies.telemetry
  const reason = match.kind === 'method' ? 'method_not_allowed' : 'operation'
  metrics.rejected(exchange.door.service.name, reason)
  if (match.kind === 'method')
    return refuse(exchange, {
      status: 405,
      reason,
      message: `${exchange.request.method ?? ''} is not allowed here`,
      headers: ['Allow', match.allow.join(', ')],
    })
  refuse(exchange, { status: 400, reason, message: match.message, exception: match.exception })
}

/** Servers take a form for more parameters of the query, the caller's name among them. */
function checkBody({ length, contentType, contentEncoding }: RequestHead, route: Route | null): void {
  const kind = length === 0 ? null : formKind(contentType)
  if (kind === null || route === null) return
  if (kind === 'multipart' || !route.takesForm) throw badForm('no form is taken here: use the query')
  checkForm(contentType ?? '', contentEncoding)
}

/**
 * Looks up the groups if the policy asks for them, and decides by the policy of that moment. After any waiting it
 * begins anew: a refresh may have brought another policy or other groups, and nothing is decided by those before.
 */
function gatherAndDecide(
  identified: Identified,
  found: { readonly groups: readonly string[] | null; readonly by: object } | undefined,
): void {
  const { exchange, identity } = identified
  const { dependencies } = exchange.door
  if (exchange.isOver) return
  const wanted = routeOf(identified)
  if (wanted === null) return
  const snapshot = dependencies.snapshot()
  let groups: readonly string[] | null = NO_GROUPS
  if (identity !== null) {
    const realUser = identity.doAs === null ? null : identity.user
    if (needsGroups(snapshot.policy, { service: wanted.key, realUser })) {
      const service = dependencies.groups()
      const answer = found?.by === service ? found.groups : service.groupsOf(effectiveUser(identity))
      if (answer instanceof Promise) {
        answer.then(
          (groups) => guarded(exchange, () => gatherAndDecide(identified, { groups, by: service })),
          (error: unknown) => refuseError(exchange, error),
        )
        return
      }
      groups = answer
    }
  }
  decide(identified, wanted, snapshot, groups, exchange.door.service)
}

function decide(
  { exchange, head, target, origin, identity, denial }: Identified,
  { route, key }: Wanted,
  snapshot: ReturnType<Door['dependencies']['snapshot']>,
  groups: readonly string[] | null,
  service: ProtectedService,
): void {
  const { metrics } = exchange.door.dependencies.telemetry
  const subject = identity === null ? null : subjectOf(identity, groups)
  const start = performance.now()
  const { decision, permit } = admit(snapshot, { service: key, subject, origin }, service.enforcement)
  metrics.decisionSeconds((performance.now() - start) / 1_000)
  const isDenied = decision.effect === 'deny'
  metrics.decided(service.name, isDenied && permit !== null ? 'would_deny' : decision.effect, decision.reason)
  auditDecision(exchange, {
    service,
    route,
    key,
    subject,
    origin,
    decision,
    enforced: !isDenied || permit === null,
  })
  if (permit !== null) {
    const own = { userName: identity?.user ?? null, doAs: identity?.doAs ?? null }
    const form = formKind(head.contentType) === 'urlencoded'
    return forward(permit, exchange, { head, target, identity: own, address: origin.address, form })
  }
  if (decision.reason === 'unauthenticated')
    return refuseUnauthenticated(exchange, denial?.message ?? decision.message)
  refuse(exchange, { status: 403, reason: decision.reason, message: decision.message })
}
