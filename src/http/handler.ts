import { admit, needsGroups } from '../decision/authorize.ts'
import { EXEMPT } from '../decision/request.ts'
import type { Snapshot } from '../decision/snapshot.ts'
import { AuthenticationError, ProtocolError } from '../errors.ts'
import type { Origin } from '../hadoop/subject.ts'
import { effectiveUser, type Identity, subjectOf } from '../identity/identifier.ts'
import { originOf } from '../identity/origin.ts'
import type { Route } from '../routes/table.ts'
import {
  canonicalTarget,
  type CanonicalTarget,
  type IdentityParameters,
  takeIdentityParameters,
} from '../routes/target.ts'
import { auditDecision } from './audit-entry.ts'
import { credentialView } from './credentials.ts'
import type { Exchange } from './exchange.ts'
import { badForm, checkForm, formKind, nameBytes } from './form-body.ts'
import { forward } from './forward.ts'
import { precheck, type RequestHead } from './precheck.ts'
import { refuseError, refuseMatch, refuseUnauthenticated } from './refuse-error.ts'
import { refuse } from './refuse.ts'
import type { ProtectedService } from './service.ts'
import { surfaceOf } from './surface.ts'

/** What is known of a request before it is known who sent it. */
interface Received {
  readonly exchange: Exchange
  readonly head: RequestHead
  readonly claims: IdentityParameters
  readonly target: CanonicalTarget
  readonly origin: Origin
}

/** What a request asks for by the settings of one moment. `key` null: nothing that is listed. */
interface Wanted {
  readonly service: ProtectedService
  readonly route: Route | null
  readonly key: string | null
}

/** Who sent it; `identity` null: nobody, because of `denial`. */
interface Caller {
  readonly identity: Identity | null
  readonly denial: AuthenticationError | null
}

/** Groups that were looked up, and by which service. */
interface Found {
  readonly groups: readonly string[] | null
  readonly by: object
}

const NO_GROUPS: readonly string[] = []

/**
 * The way of one request: precheck, target, route, identify, groups, decide, audit, forward or refuse.
 *
 * Nothing waits where the answer is at hand. Whatever is thrown before there is a permit ends in a refusal.
 */
export function handle(exchange: Exchange): void {
  guarded(exchange, () => begin(exchange))
}

function guarded(exchange: Exchange, step: () => void): void {
  try {
    step()
  } catch (error) {
    refuseError(exchange, error)
  }
}

function begin(exchange: Exchange): void {
  const received = receive(exchange)
  const wanted = routeOf(received)
  if (wanted !== null) identify(received, wanted)
}

function receive(exchange: Exchange): Received {
  const { door, request, connection } = exchange
  const { dependencies } = door
  const head = precheck(request, door.rolesFor(dependencies.identifier()))
  exchange.head = head
  const whole = canonicalTarget(request.url ?? '')
  exchange.surface = surfaceOf(whole.segments)
  exchange.path = whole.path
  const { identity: claims, rest: target } = takeIdentityParameters(whole)
  const origin = originOf(
    connection.peer,
    head.forwardedFor,
    dependencies.trustedProxies(),
    dependencies.hadoopProxies(),
    head.forwarded,
  )
  return { exchange, head, claims, target, origin }
}

/**
 * Finds the route. Null: refused already, because the path is listed and its method or operation is not.
 *
 * Where a service only observes, nothing is refused that could be sent on as it is: the upstream itself answers.
 */
function routeOf({ exchange, head, target, claims }: Received): Wanted | null {
  const { service, dependencies } = exchange.door
  const match = service.routes.match(head.method, target)
  if (match.kind === 'route') exchange.surface = match.route.surface
  if (service.enforcement === 'enforce') {
    if (match.kind === 'method' || match.kind === 'operation') {
      refuseMatch(exchange, match)
      return null
    }
    if (claims.delegation !== null && dependencies.delegationParameter() === 'refuse')
      throw new ProtocolError('ERR_HTTP_PARAMETER', 'delegation', 'delegation tokens are not taken here')
  }
  const route = match.kind === 'route' ? match.route : null
  checkForms(head, route, service)
  return { service, route, key: route === null ? null : (route.service ?? EXEMPT) }
}

/**
 * Servers read a form for more parameters of the query, the caller's name among them. Where one is taken, it can be
 * read in one way, so that it can be cleaned.
 */
function checkForms(head: RequestHead, route: Route | null, { enforcement }: ProtectedService): void {
  const kind = head.length === 0 ? null : formKind(head.contentType)
  if (kind === null || route === null) return
  if (enforcement === 'enforce' && (kind === 'multipart' || !route.takesForm))
    throw badForm('no form is taken here: use the query')
  if (kind === 'urlencoded' && route.takesForm) checkForm(head.contentType ?? '', head.contentEncoding)
}

/** Asks who is calling. A request that had to wait begins anew where the authenticators were replaced meanwhile. */
function identify(received: Received, wanted: Wanted): void {
  const { exchange, claims } = received
  const identifier = exchange.door.dependencies.identifier()
  let answer: Identity | Promise<Identity>
  try {
    answer = identifier.identify(
      credentialView(exchange.connection.peer, claims, exchange.request.rawHeaders),
    )
  } catch (error) {
    decideWithGroups(received, wanted, nobody(error), null)
    return
  }
  if (!(answer instanceof Promise)) {
    decideWithGroups(received, wanted, { identity: answer, denial: null }, null)
    return
  }
  const proceed = (caller: () => Caller): void =>
    guarded(exchange, () => {
      if (exchange.isOver) return
      if (exchange.door.dependencies.identifier() !== identifier) begin(exchange)
      else decideWithGroups(received, wanted, caller(), null)
    })
  answer.then(
    (identity) => proceed(() => ({ identity, denial: null })),
    (error: unknown) => proceed(() => nobody(error)),
  )
}

/** That nobody authenticated is for the policy to judge: some routes need nobody. Other errors are errors. */
function nobody(error: unknown): Caller {
  if (error instanceof AuthenticationError) return { identity: null, denial: error }
  throw error
}

/**
 * Looks up the groups if the policy asks for them, and decides by the policy of that moment. After waiting it looks at
 * everything again: a refresh may have brought other routes, another policy or other groups, and nothing is decided by
 * those before it.
 */
function decideWithGroups(received: Received, wanted: Wanted, caller: Caller, found: Found | null): void {
  const { exchange } = received
  const { identity } = caller
  const { dependencies, service } = exchange.door
  const current = wanted.service === service ? wanted : routeOf(received)
  if (current === null) return
  const snapshot = dependencies.snapshot()
  const realUser = identity === null || identity.doAs === null ? null : identity.user
  if (identity === null || !needsGroups(snapshot.policy, { service: current.key, realUser })) {
    decide(received, current, caller, snapshot, NO_GROUPS)
    return
  }
  const by = dependencies.groups()
  const groups = found !== null && found.by === by ? found.groups : by.groupsOf(effectiveUser(identity))
  if (!(groups instanceof Promise)) {
    decide(received, current, caller, snapshot, groups)
    return
  }
  groups.then(
    (answer) =>
      guarded(exchange, () => {
        if (!exchange.isOver) decideWithGroups(received, current, caller, { groups: answer, by })
      }),
    (error: unknown) => refuseError(exchange, error),
  )
}

function decide(
  { exchange, head, target, origin }: Received,
  { service, route, key }: Wanted,
  { identity, denial }: Caller,
  snapshot: Snapshot,
  groups: readonly string[] | null,
): void {
  const { metrics } = exchange.door.dependencies.telemetry
  const subject = identity === null ? null : subjectOf(identity, groups)
  const start = performance.now()
  const { decision, permit } = admit(snapshot, { service: key, subject, origin }, service.enforcement)
  metrics.decisionSeconds((performance.now() - start) / 1_000)
  const { effect, reason, message } = decision
  const isObserved = effect === 'deny' && permit !== null
  metrics.decided(service.name, isObserved ? 'would_deny' : effect, reason)
  auditDecision(exchange, { service, route, key, subject, origin, decision, enforced: !isObserved })
  if (permit !== null) {
    const own = { userName: identity?.user ?? null, doAs: identity?.doAs ?? null }
    const isForm = head.length !== 0 && formKind(head.contentType) === 'urlencoded'
    const form = isForm && route?.takesForm === true
    if (isForm && !form) nameBytes(head.passed)
    forward(permit, exchange, { head, target, identity: own, address: origin.address, form })
  } else if (reason === 'unauthenticated') {
    refuseUnauthenticated(exchange, denial?.message ?? message)
  } else {
    refuse(exchange, { status: 403, reason, message })
  }
}
