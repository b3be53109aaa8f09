import type { Component } from '../policy/components.ts'
import type { Permissions } from '../policy/permissions.ts'
import type { Policy } from '../policy/policy.ts'
import { cacheKey, verdictKey } from './cache-key.ts'
import { issuePermit, type Permit } from './permit.ts'
import { type Facts, type Refusal, SERVICE_QUESTIONS } from './questions.ts'
import { type AuthorizationRequest, type DecidedResource, type Decision, EXEMPT } from './request.ts'
import type { Snapshot } from './snapshot.ts'
import { judge, type Verdict } from './verdict.ts'
import { type Verification, verificationOf } from './verification.ts'

/** A decision, and the permit that comes with it; null: the request must not be forwarded. */
export interface Admission {
  readonly decision: Decision
  readonly permit: Permit | null
}

/**
 * Decides about a request, from the caches of the snapshot where it can.
 *
 * Shape: synchronous, and pure but for those caches; whatever it needs was gathered before. Errors: none.
 * Source: org.apache.hadoop.security.authorize.ServiceAuthorizationManager#authorize (3.4). Divergences D-4, D-6.
 */
export function authorize(snapshot: Snapshot, request: AuthorizationRequest): Decision {
  const decision = authorizeService(snapshot, request)
  if (decision.effect === 'deny' || snapshot.permissions === null) return decision
  const verification = verificationOf(snapshot.permissions, request)
  return verification === null ? decision : verified(decision, verdictOn(snapshot, verification))
}

/**
 * Answers the questions about the service alone: whether it is worth reading what a request does to which resources.
 *
 * Shape: an allow is no leave to forward.
 */
export function authorizeService({ policy, cache }: Snapshot, request: AuthorizationRequest): Decision {
  if (!cache.isOn) return decideService(policy, request)
  const key = cacheKey(request)
  const known = cache.get(key)
  if (known !== undefined) return known
  const decision = decideService(policy, request)
  // That a look-up failed is a fault of the moment, not a fact of the policy.
  if (request.subject?.groups !== null) cache.set(key, decision)
  return decision
}

function verdictOn({ policy, verdicts }: Snapshot, verification: Verification): Verdict {
  const isWithoutGroups = policy.parity.has('D-4')
  const { access, subject } = verification
  if (!verdicts.isOn || subject.groups === null) return judge(verification, isWithoutGroups)
  const key = verdictKey(verification)
  const known = verdicts.get(key, access.at)
  if (known !== undefined) return known
  const verdict = judge(verification, isWithoutGroups)
  verdicts.set(key, access.at, verdict)
  return verdict
}

/** Decides, and gives out the permit to forward: for an allow, and for any request where the service only observes. */
export function admit(
  snapshot: Snapshot,
  request: AuthorizationRequest,
  enforcement: 'enforce' | 'observe',
): Admission {
  const decision = authorize(snapshot, request)
  const passes = decision.effect === 'allow' || enforcement === 'observe'
  return { decision, permit: passes ? issuePermit(decision) : null }
}

/**
 * Whether deciding takes the groups of the effective user, so that nobody is looked up in vain.
 *
 * Shape: `realUser` is who authenticated under impersonation, null otherwise. `component` null or left out: no resource
 * is asked about.
 */
export function needsGroups(
  { policy, permissions }: Pick<Snapshot, 'policy' | 'permissions'>,
  { service, realUser, component = null }: GroupQuestion,
): boolean {
  if (realUser !== null && policy.proxyUsers.needsGroups(realUser)) return true
  const lists = policy.authorizationOn && service !== null ? policy.services.get(service) : undefined
  if (lists !== undefined && (lists.acl.list.groups.size > 0 || lists.blockedAcl.list.groups.size > 0))
    return true
  const rules = component === null ? undefined : permissions?.components.get(component)
  if (permissions === null || rules === undefined) return false
  if (rules.ranger !== null) return rules.ranger.engine?.readsGroups === true
  return rules.isRequired && !permissions.roles.isEmpty
}

/** What may need groups. */
export interface GroupQuestion {
  readonly service: string | null
  readonly realUser: string | null
  readonly component?: Component | null
}

/** The walk through the questions. */
export function decide(
  policy: Policy,
  request: AuthorizationRequest,
  permissions: Permissions | null = null,
): Decision {
  const decision = decideService(policy, request)
  const verification = verificationOf(permissions, request)
  if (decision.effect === 'deny' || verification === null) return decision
  return verified(decision, judge(verification, policy.parity.has('D-4')))
}

function decideService(policy: Policy, request: AuthorizationRequest): Decision {
  const facts = factsOf(policy, request)
  for (const question of SERVICE_QUESTIONS) {
    const refusal = question.refuse(facts)
    if (refusal !== null) return refused(refusal, policy.revision, null)
  }
  return allowed(facts)
}

/** Puts a request beside the policy, and the permissions, that are asked about it. */
export function factsOf(
  policy: Policy,
  request: AuthorizationRequest,
  permissions: Permissions | null = null,
): Facts {
  const { service: key, subject, origin } = request
  return {
    policy,
    key,
    service: (key === null ? undefined : policy.services.get(key)) ?? null,
    subject,
    origin,
    verification: verificationOf(permissions, request),
  }
}

/** What the service allows, with what permission verification says. */
function verified(decision: Decision, { refusal, resource }: Verdict): Decision {
  if (refusal !== null) return refused(refusal, decision.revision, resource)
  if (resource === null) return decision
  const isOff = decision.reason === 'authorization_off'
  return { ...decision, resource, ...(isOff ? { reason: 'allowed', message: 'allowed' } : {}) }
}

function refused(
  { reason, message, rule }: Refusal,
  revision: string,
  resource: DecidedResource | null,
): Decision {
  return {
    effect: 'deny',
    reason,
    message,
    rule: rule?.rule ?? null,
    key: rule?.key ?? null,
    file: rule?.file ?? null,
    line: rule?.line ?? null,
    revision,
    resource,
  }
}

function allowed({ policy, key, service }: Facts): Decision {
  const { revision } = policy
  const nothing = {
    effect: 'allow',
    rule: null,
    key: null,
    file: null,
    line: null,
    revision,
    resource: null,
  } as const
  if (key === EXEMPT) return { ...nothing, reason: 'exempt', message: 'nothing guards it' }
  if (!policy.authorizationOn || service === null)
    return { ...nothing, reason: 'authorization_off', message: 'authorization is switched off' }
  const { rule, key: aclKey, file, line } = service.acl
  return { ...nothing, reason: 'allowed', message: 'allowed', rule, key: aclKey, file, line }
}
