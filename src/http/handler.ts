import { admit, needsGroups } from '../decision/authorize.ts'
import type { Permit } from '../decision/permit.ts'
import { keyOf } from '../decision/request.ts'
import { AuthenticationError, ProtocolError } from '../errors.ts'
import type { Reason } from '../errors/reasons.ts'
import { effectiveUser, type Identity, subjectOf } from '../identity/identifier.ts'
import { earlyRefusal, NO_DELEGATION } from '../routes/early-refusal.ts'
import { rewrites } from '../routes/second-step-route.ts'
import type { Route } from '../routes/table.ts'
import { auditDecision } from './audit-entry.ts'
import { checkOrigin } from './upgrade/check-origin.ts'
import { credentialView } from './credentials.ts'
import type { Exchange } from './exchange.ts'
import { badForm, checkForm, formKind, nameBytes } from './form-body.ts'
import { faultOfKind } from './faults.ts'
import { forward } from './forward.ts'
import type { RequestHead } from './precheck.ts'
import { wantPlain } from './pages/page-review.ts'
import { REDIRECTS } from './redirects/redirect-review.ts'
import { refuseEarly, refuseError, refuseFault, refuseUnauthenticated } from './refuse-error.ts'
import { refuse } from './refuse.ts'
import {
  checkSameCaller,
  openSecondStep,
  type SecondStep,
  stepTarget,
  wantsBody,
} from './redirects/second-step.ts'
import { isNow, isTrusted, receive, type Received } from './received.ts'
import { accessOf, UNREAD } from './resource-access.ts'
import { readResourceBody } from './resource-body.ts'
import type { ProtectedService } from './service.ts'
import { readHandshake } from './upgrade/websocket.ts'

/** What a request asks for. `key` null: nothing that is listed. */
interface Wanted {
  readonly route: Route | null
  readonly key: string | null
  /** Null for everything that is no second step. */
  readonly step: SecondStep | null
}

/** Who sent it; `identity` null: nobody, because of `denial`. */
interface Caller {
  readonly identity: Identity | null
  readonly denial: AuthenticationError | null
}

const NO_GROUPS: readonly string[] = []

/**
 * The way of one request: precheck, target, route, identify, groups, decide, audit, forward or refuse.
 *
 * Nothing waits where the answer is at hand. Whatever is thrown before there is a permit ends in a refusal. A request
 * that was sent already is decided anew: it goes on as it was, or is refused or cut.
 */
export function handle(exchange: Exchange): void {
  guarded(exchange, () => begin(exchange))
}

function guarded(exchange: Exchange, step: () => void): void {
  try {
    step()
  } catch (error) {
    revokedIfSent(exchange, reasonOf(error))
    refuseError(exchange, error)
  }
}

function reasonOf(error: unknown): Reason {
  if (error instanceof ProtocolError) return error.reason
  return error instanceof AuthenticationError ? 'unauthenticated' : 'internal_error'
}

function revokedIfSent(exchange: Exchange, reason: Reason): void {
  if (exchange.isSent) {
    exchange.door.revoked(exchange, reason)
    exchange.abandon()
  }
  exchange.judged()
}

function begin(exchange: Exchange): void {
  let received: Received
  try {
    received = receive(exchange)
  } catch (error) {
    // What cannot be understood counts as much as any other.
    if (mayCome(exchange, null)) throw error
    return
  }
  if (!mayCome(exchange, received)) return
  const wanted =
    received.claims.locator === null ? routeOf(received) : stepOf(received, received.claims.locator)
  if (wanted !== null) identify(received, wanted)
}

/** Whether its address may have one more request; refused if not. `received` null: it could not be understood. */
function mayCome(exchange: Exchange, received: Received | null): boolean {
  const { connection, door, origin, isSent } = exchange
  // What a trusted proxy passes on without an address that can be read is not its own.
  if (isSent || (origin === null && isTrusted(exchange))) return true
  return door.pacing.admitsAddress(exchange, origin?.address ?? connection.peer, () => {
    if (received === null) return
    const match = received.moment.service.routes.match(received.head.method, received.target)
    if (match.kind === 'route') exchange.surface = match.route.surface
  })
}

/**
 * Goes on after a wait; from the beginning where a refresh came meanwhile, so that nothing is decided by routes,
 * authenticators or proxies from before it.
 */
function resume({ exchange, moment }: Received, step: () => void): void {
  if (exchange.isOver) return
  guarded(exchange, isNow(exchange, moment) ? step : () => begin(exchange))
}

/** Opens what a first step has sealed. Nothing but that says where the request goes, so nothing is merely observed. */
function stepOf({ exchange, moment, head, target, claims }: Received, sealed: string): Wanted {
  exchange.surface = 'webhdfs'
  if (exchange.switching !== null) throw noUpgrade()
  if (claims.delegation !== null) throw noDelegation()
  const locators = exchange.door.dependencies.locators()
  const step =
    exchange.secondStep ?? openSecondStep(moment.service, locators, { method: head.method, target, sealed })
  exchange.secondStep = step
  exchange.route = step.route
  return { route: step.route, key: step.route.service, step }
}

const noDelegation = (): ProtocolError =>
  new ProtocolError('ERR_HTTP_PARAMETER', 'delegation', NO_DELEGATION.message)

const noUpgrade = (): ProtocolError =>
  new ProtocolError('ERR_HTTP_UPGRADE', 'upgrade', 'the protocol cannot be changed here')

/** Finds the route. Null: refused already. */
function routeOf({ exchange, moment, head, target, claims }: Received): Wanted | null {
  const { service } = moment
  const match = service.routes.match(head.method, target)
  if (match.kind === 'route') {
    exchange.surface = match.route.surface
    exchange.route = match.route
  }
  if (exchange.switching !== null) {
    if (match.kind !== 'route' || !match.route.takesUpgrade) throw noUpgrade()
    checkOrigin(head.passed, head.host, service.origins)
    exchange.handshake = readHandshake(head.passed)
  }
  const delegationParameter = exchange.door.dependencies.delegationParameter()
  const refusal = earlyRefusal(service, delegationParameter, { method: head.method, target, claims, match })
  if (refusal !== null) {
    revokedIfSent(exchange, refusal.reason)
    refuseEarly(exchange, refusal)
    return null
  }
  const route = match.kind === 'route' ? match.route : null
  checkForms(head, route, service)
  return { route, key: keyOf(route), step: null }
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

/** Asks who is calling. */
function identify(received: Received, wanted: Wanted): void {
  const { exchange, moment, claims } = received
  let answer: Identity | Promise<Identity>
  try {
    const view = credentialView(exchange.connection, claims, exchange.request.rawHeaders)
    answer = moment.identifier.identify(view)
  } catch (error) {
    believe(received, wanted, nobody(error))
    return
  }
  if (answer instanceof Promise)
    answer.then(
      (identity) => resume(received, () => believe(received, wanted, { identity, denial: null })),
      (error: unknown) => resume(received, () => believe(received, wanted, nobody(error))),
    )
  else believe(received, wanted, { identity: answer, denial: null })
}

/** That nobody authenticated is for the policy to judge: some routes need nobody. Other errors are errors. */
function nobody(error: unknown): Caller {
  if (error instanceof AuthenticationError) return { identity: null, denial: error }
  throw error
}

/** Wrong credentials are nobody's first step; none at all are usual: DataNodes ask for none. */
function callerOf({ claims }: Received, { locator }: SecondStep, { identity, denial }: Caller): Caller {
  if (denial !== null && denial.code !== 'ERR_AUTHN_REQUIRED') throw denial
  return { identity: checkSameCaller(locator, identity, claims), denial: null }
}

/** Takes for the caller who said so. A second step is that of whoever made the first one. */
function believe(received: Received, wanted: Wanted, found: Caller): void {
  received.exchange.caller = found.identity
  findGroups(received, wanted, wanted.step === null ? found : callerOf(received, wanted.step, found))
}

/** Looks up the groups if the policy asks for them. */
function findGroups(received: Received, wanted: Wanted, caller: Caller): void {
  const { dependencies } = received.exchange.door
  const { identity } = caller
  const realUser = identity === null || identity.doAs === null ? null : identity.user
  const { component } = received.moment.service
  const request = { service: wanted.key, realUser, component }
  if (identity === null || !needsGroups(dependencies.snapshot(), request)) {
    decide(received, wanted, caller, NO_GROUPS)
    return
  }
  const groups = dependencies.groups().groupsOf(effectiveUser(identity))
  if (groups instanceof Promise)
    groups.then(
      (answer) => resume(received, () => decide(received, wanted, caller, answer)),
      (error: unknown) =>
        resume(received, () => {
          throw error
        }),
    )
  else decide(received, wanted, caller, groups)
}

/**
 * Decides by the policy of this very moment. Nothing waits between reading it and the permit: after a wait for the body
 * the groups are asked for once more, for other rules may need them by then.
 */
function decide(received: Received, wanted: Wanted, caller: Caller, groups: readonly string[] | null): void {
  const { exchange, moment, origin, head } = received
  const { identity, denial } = caller
  const { route, key } = wanted
  const { service } = moment
  const { dependencies } = exchange.door
  const { metrics } = dependencies.telemetry
  const snapshot = dependencies.snapshot()
  const subject = identity === null ? null : subjectOf(identity, groups)
  const request = { service: key, subject, origin }
  const start = performance.now()
  const access = snapshot.permissions === null ? null : accessOf(snapshot, received, route, request)
  if (access === UNREAD)
    return readResourceBody(exchange, head, () =>
      resume(received, () => findGroups(received, wanted, caller)),
    )
  const { decision, permit } = admit(snapshot, { ...request, access }, service.enforcement)
  const seconds = (performance.now() - start) / 1_000
  metrics.decisionSeconds(seconds)
  if (decision.resource !== null) metrics.permissions.evaluated(seconds)
  const { effect, reason, message } = decision
  const isObserved = effect === 'deny' && permit !== null
  if (!exchange.isSent || effect === 'deny') {
    metrics.decided(service.name, isObserved ? 'would_deny' : effect, reason)
    if (decision.resource !== null) metrics.permissionDecided(decision.resource, effect)
    auditDecision(exchange, {
      service,
      route,
      key,
      subject,
      origin,
      access,
      decision,
      enforced: !isObserved,
    })
  }
  if (permit !== null) {
    if (exchange.isSent) return exchange.judged()
    if (identity !== null && !exchange.door.pacing.admitsUser(exchange, effectiveUser(identity))) return
    const holds = (): boolean => dependencies.snapshot() === snapshot && isNow(exchange, moment)
    send(permit, received, wanted, { identity, holds })
    return
  }
  revokedIfSent(exchange, reason)
  if (reason === 'unauthenticated') {
    refuseUnauthenticated(exchange, denial?.message ?? message)
  } else {
    refuse(exchange, { reason, message })
  }
}

/** Sends on what was decided on: to an upstream, or to the DataNode that was sealed for it. */
function send(
  permit: Permit,
  { exchange, moment, head, target, origin }: Received,
  { route, step }: Wanted,
  { identity, holds }: { readonly identity: Identity | null; readonly holds: () => boolean },
): void {
  const { door } = exchange
  const { service } = moment
  const kind = head.length === 0 ? null : formKind(head.contentType)
  const form = kind === 'urlencoded' && route?.takesForm === true
  // The contents of a file are no form, though browsers and curl call them one: a DataNode gets them as bytes.
  if (!form && (kind === 'urlencoded' || (kind !== null && step !== null))) nameBytes(head.passed)
  const again = (): void => {
    exchange.isSent = false
    guarded(exchange, () => begin(exchange))
  }
  const common = { head, address: origin.address, form, holds, again }
  if (step === null) {
    const isFirst = route?.kind === 'redirect' && route.op !== null && rewrites(service) && identity !== null
    exchange.firstStep = isFirst ? { op: route.op, isInBody: wantsBody(target), identity } : null
    const own = { userName: identity?.user ?? null, doAs: identity?.doAs ?? null }
    if (route?.kind === 'ui' && service.pageLinks !== null) wantPlain(head.passed)
    forward(permit, exchange, { ...common, target, identity: own, way: door.way })
    return
  }
  const { dataNode } = step.locator
  const upstreams = door.dataNodes.at(dataNode)
  if (upstreams === null) refuseFault(exchange, faultOfKind('redirect_target'), new URL(dataNode).host)
  else {
    const way = { upstreams, servers: door.dataNodes.servers, reviewers: [REDIRECTS] }
    const there = { ...head, host: new URL(dataNode).host }
    forward(permit, exchange, { ...common, ...stepTarget(step, target), head: there, way })
  }
}
