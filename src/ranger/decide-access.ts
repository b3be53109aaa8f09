import type { Asker } from './compiled-item.ts'
import { type CompiledPolicy, DENY_ALL_ELSE, type PolicyVerdict, verdictOf } from './compiled-policy.ts'
import type { ConditionFacts } from './conditions.ts'
import type { MatchingPolicies } from './matching-policies.ts'

/** What policies say about access, and the one that decided; null: none. */
export interface Decided {
  readonly isDetermined: boolean
  readonly isAllowed: boolean
  readonly by: CompiledPolicy | null
  readonly reason: string
}

/** The access that only has to be not denied where it is asked for together with others. */
const OPTIONAL_TOGETHER = 'execute'

export const UNDECIDED: Decided = { isDetermined: false, isAllowed: false, by: null, reason: '' }

/**
 * Decides about one access type: priority by priority, and within one the first denial counts, else the first permission.
 *
 * Source: org.apache.ranger.plugin.policyengine.RangerPolicyEngineImpl#evaluatePoliciesForOneAccessTypeNoAudit (2.9).
 */
export function decideOne(
  policies: MatchingPolicies,
  access: string,
  asker: Asker,
  facts: ConditionFacts,
): Decided {
  let allowed: CompiledPolicy | null = null
  for (let at = 0; ; at += 1) {
    const policy = policies.at(at)?.policy ?? null
    if (policy === null) break
    // Those that can deny come first within a priority.
    if (allowed !== null && (policy.priority < allowed.priority || !policy.canDeny)) break
    const verdict = verdictOf(policy, access, asker, facts)
    if (verdict.says === 'deny') return denied(policy, verdict)
    if (verdict.says === 'allow') allowed ??= policy
  }
  return allowed === null ? UNDECIDED : permitted(allowed)
}

/**
 * Decides about several access types, each on its own: one that is denied denies all, and all have to be allowed.
 *
 * Shape: the decision of the first type in the order of the alphabet is the one that is reported.
 */
export function decideTogether(
  policies: MatchingPolicies,
  accesses: readonly string[],
  asker: Asker,
  facts: ConditionFacts,
): Decided {
  let first: Decided | null = null
  let isComplete = accesses.length > 0
  for (const access of accesses.toSorted()) {
    const decided = decideOne(policies, access, asker, facts)
    if (decided.isDetermined && !decided.isAllowed) return decided
    if (decided.isAllowed) first ??= decided
    else if (access !== OPTIONAL_TOGETHER) isComplete = false
  }
  return isComplete && first !== null ? first : UNDECIDED
}

/**
 * Decides whether there is any access at all, to the resource or to something below it.
 *
 * Shape: every type is tried with every policy; a denial of what lies below does not count, and a permission of a policy
 * counts more than a denial of another one with the same priority. Denied is only what is denied for every type.
 * Source: org.apache.ranger.plugin.policyevaluator.RangerDefaultPolicyEvaluator#evaluatePolicyItems (2.9).
 */
export function decideAny(
  policies: MatchingPolicies,
  accesses: readonly string[],
  asker: Asker,
  facts: ConditionFacts,
): Decided {
  const byType = new Map<string, Decided>()
  let result = UNDECIDED
  for (let at = 0; ; at += 1) {
    const matching = policies.at(at)
    if (matching === null) break
    const { policy, matchType } = matching
    if (result.by !== null && result.by.priority > policy.priority) break
    for (const access of accesses) {
      const verdict = verdictOf(policy, access, asker, facts)
      if (verdict.says === 'nothing' || (verdict.says === 'deny' && matchType === 'descendant')) continue
      const before = byType.get(access)
      const isFinal = before?.by !== undefined && (before.by?.priority ?? 0) > policy.priority
      const changes = before === undefined || before.isAllowed !== (verdict.says === 'allow')
      if (changes && !isFinal)
        byType.set(access, verdict.says === 'allow' ? permitted(policy) : denied(policy, verdict))
      if (verdict.says === 'allow') break
    }
    const decided = accesses.map((access) => byType.get(access))
    const allowed = decided.find((one) => one?.isAllowed === true)
    if (allowed !== undefined) {
      if (!result.isAllowed) result = allowed
      if (!policy.canDeny) break
    } else if (decided.length > 0 && decided.every((one) => one !== undefined)) {
      return decided[0] ?? UNDECIDED
    }
  }
  return result
}

const permitted = (by: CompiledPolicy): Decided => ({ isDetermined: true, isAllowed: true, by, reason: '' })

const denied = (by: CompiledPolicy, { why }: PolicyVerdict): Decided => ({
  isDetermined: true,
  isAllowed: false,
  by,
  reason: why === DENY_ALL_ELSE ? DENY_ALL_ELSE : '',
})
