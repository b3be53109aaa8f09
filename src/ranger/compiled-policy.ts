import { allHold, type Asker, type CompiledItem, type ItemCompiler, itemMatches } from './compiled-item.ts'
import type { Condition, ConditionCompiler, ConditionFacts } from './conditions.ts'
import { evaluationScore, type Ordered } from './evaluation-order.ts'
import type { RangerPolicy, ServiceDef } from './model.ts'
import { compilePolicyResources, type ResourceMatcher } from './policy-resources.ts'
import { compileSchedules, type Validity } from './validity.ts'

/** A policy that takes part in decisions, for many requests. */
export interface CompiledPolicy extends Ordered {
  readonly id: number
  readonly version: number | null
  readonly isAuditEnabled: boolean
  readonly isDenyAllElse: boolean
  readonly resources: ResourceMatcher
  /** Null: always valid. */
  readonly schedules: Validity | null
  /** Its own conditions, as they count where the policy takes away. */
  readonly refusing: readonly Condition[]
  /** Its own conditions, as they count where it grants. */
  readonly granting: readonly Condition[]
  readonly allow: readonly CompiledItem[]
  readonly allowExceptions: readonly CompiledItem[]
  readonly deny: readonly CompiledItem[]
  readonly denyExceptions: readonly CompiledItem[]
}

/** What a policy says about one access type. `item` names what matched, null: none; `why` is for people. */
export interface PolicyVerdict {
  readonly says: 'allow' | 'deny' | 'nothing'
  readonly item: string | null
  readonly why: string
}

/** Ranger's words for the one reason that it has. */
export const DENY_ALL_ELSE = 'matched deny-all-else policy'

const NOTHING: PolicyVerdict = { says: 'nothing', item: null, why: 'no item concerns the request' }
const ALL_ELSE: PolicyVerdict = { says: 'deny', item: 'isDenyAllElse', why: DENY_ALL_ELSE }

/** Compiles a policy of type 0 that is enabled. */
export function compilePolicy(
  policy: RangerPolicy,
  def: ServiceDef,
  compiler: ItemCompiler,
  conditions: ReadonlyMap<string, ConditionCompiler>,
): CompiledPolicy {
  const resources = compilePolicyResources(def, policy.resourceSets)
  const isRead = def.hasDenyAndExceptions
  return {
    id: policy.id,
    name: policy.name,
    version: policy.version,
    priority: policy.priority,
    canDeny: policy.isDenyAllElse || policy.deny.length > 0,
    score: evaluationScore(policy, def, conditions, resources.usesTokens),
    isAuditEnabled: policy.isAuditEnabled,
    isDenyAllElse: policy.isDenyAllElse,
    resources,
    schedules: policy.schedules.length === 0 ? null : compileSchedules(policy.schedules),
    refusing: compiler.conditions(policy.conditions, false),
    granting: compiler.conditions(policy.conditions, true),
    allow: compiler.items(policy.allow, 'policyItems', true),
    allowExceptions: compiler.items(isRead ? policy.allowExceptions : [], 'allowExceptions', false),
    deny: compiler.items(isRead ? policy.deny : [], 'denyPolicyItems', false),
    denyExceptions: compiler.items(isRead ? policy.denyExceptions : [], 'denyExceptions', true),
  }
}

/**
 * What a policy says, whose resource matches, which is valid and whose conditions hold where it takes away.
 *
 * Shape: `access` in lower case. Exceptions cancel the list they belong to, in their own policy; deny-all-else comes last.
 * Source: org.apache.ranger.plugin.policyevaluator.RangerDefaultPolicyEvaluator#evaluatePolicyItems (2.9).
 */
export function verdictOf(
  policy: CompiledPolicy,
  access: string,
  asker: Asker,
  facts: ConditionFacts,
): PolicyVerdict {
  const mayGrant = policy.granting.length === 0 || allHold(policy.granting, facts)
  const denying = matching(policy.deny, access, asker, facts)
  const spared = denying !== null && mayGrant ? matching(policy.denyExceptions, access, asker, facts) : null
  if (denying !== null && spared === null)
    return { says: 'deny', item: denying.place, why: 'its item matches' }
  const allowing = mayGrant ? matching(policy.allow, access, asker, facts) : null
  const barred = allowing !== null ? matching(policy.allowExceptions, access, asker, facts) : null
  if (allowing !== null && barred === null) {
    return { says: 'allow', item: allowing.place, why: 'its item matches' }
  }
  if (policy.isDenyAllElse) return ALL_ELSE
  const cancelled = barred ?? spared
  if (cancelled === null) return NOTHING
  const matched = barred === null ? denying : allowing
  return {
    says: 'nothing',
    item: null,
    why: `${matched?.place ?? ''} matches, and ${cancelled.place} cancels it`,
  }
}

function matching(
  items: readonly CompiledItem[],
  access: string,
  asker: Asker,
  facts: ConditionFacts,
): CompiledItem | null {
  for (const item of items) if (itemMatches(item, access, asker, facts)) return item
  return null
}
