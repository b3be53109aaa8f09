import type { Policy } from '../policy/policy.ts'
import { cacheKey } from './cache-key.ts'
import { issuePermit, type Permit } from './permit.ts'
import { type Facts, QUESTIONS, type Refusal } from './questions.ts'
import { type AuthorizationRequest, type Decision, EXEMPT } from './request.ts'
import type { Snapshot } from './snapshot.ts'

/** A decision, and the permit that comes with it; null: the request must not be forwarded. */
export interface Admission {
  readonly decision: Decision
  readonly permit: Permit | null
}

/**
 * Decides about a request, from the cache of the snapshot where it can.
 *
 * Shape: synchronous, and pure but for that cache; whatever it needs was gathered before. Errors: none.
 * Source: org.apache.hadoop.security.authorize.ServiceAuthorizationManager#authorize (3.4). Divergences D-4, D-6.
 */
export function authorize({ policy, cache }: Snapshot, request: AuthorizationRequest): Decision {
  if (!cache.isOn) return decide(policy, request)
  const key = cacheKey(request)
  const known = cache.get(key)
  if (known !== undefined) return known
  const decision = decide(policy, request)
  // That a look-up failed is a fault of the moment, not a fact of the policy.
  if (request.subject?.groups !== null) cache.set(key, decision)
  return decision
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
 * Shape: `realUser` is who authenticated under impersonation, null otherwise.
 */
export function needsGroups(
  policy: Policy,
  { service, realUser }: { readonly service: string | null; readonly realUser: string | null },
): boolean {
  if (realUser !== null && policy.proxyUsers.needsGroups(realUser)) return true
  const lists = policy.authorizationOn && service !== null ? policy.services.get(service) : undefined
  return lists !== undefined && (lists.acl.list.groups.size > 0 || lists.blockedAcl.list.groups.size > 0)
}

/** The walk through the questions. */
export function decide(policy: Policy, request: AuthorizationRequest): Decision {
  const facts = factsOf(policy, request)
  for (const question of QUESTIONS) {
    const refusal = question.refuse(facts)
    if (refusal !== null) return refused(refusal, policy.revision)
  }
  return allowed(facts)
}

/** Puts a request beside the policy that is asked about it. */
export function factsOf(policy: Policy, { service: key, subject, origin }: AuthorizationRequest): Facts {
  return {
    policy,
    key,
    service: (key === null ? undefined : policy.services.get(key)) ?? null,
    subject,
    origin,
  }
}

function refused({ reason, message, rule }: Refusal, revision: string): Decision {
  return {
    effect: 'deny',
    reason,
    message,
    rule: rule?.rule ?? null,
    key: rule?.key ?? null,
    file: rule?.file ?? null,
    line: rule?.line ?? null,
    revision,
  }
}

function allowed({ policy, key, service }: Facts): Decision {
  const { revision } = policy
  const nothing = { effect: 'allow', rule: null, key: null, file: null, line: null, revision } as const
  if (key === EXEMPT) return { ...nothing, reason: 'exempt', message: 'nothing guards it' }
  if (!policy.authorizationOn || service === null)
    return { ...nothing, reason: 'authorization_off', message: 'authorization is switched off' }
  const { rule, key: aclKey, file, line } = service.acl
  return { effect: 'allow', reason: 'allowed', message: 'allowed', rule, key: aclKey, file, line, revision }
}
