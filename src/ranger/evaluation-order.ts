import type { ConditionCompiler } from './conditions.ts'
import type { PolicyItem, PolicyResource, RangerPolicy, ServiceDef } from './model.ts'

const DEFAULT_SCORE = 10_000
const MOST_PER_PART = 25
const MOST_FOR_RESOURCES = 100
const TOKEN_PENALTY = 20

/** What the place of a policy depends on. `score`: less comes first. */
export interface Ordered {
  readonly name: string
  readonly priority: number
  readonly canDeny: boolean
  readonly score: number
}

/**
 * Compares policies by the order in which they are asked, which decides about the reported id alone.
 *
 * Source: org.apache.ranger.plugin.policyevaluator.RangerPolicyEvaluator.PolicyEvalOrderComparator (2.9).
 */
export function compareEvaluationOrder(one: Ordered, other: Ordered): number {
  if (one.priority !== other.priority) return other.priority - one.priority
  if (one.canDeny !== other.canDeny) return one.canDeny ? -1 : 1
  if (one.score !== other.score) return one.score - other.score
  if (one.name === other.name) return 0
  return one.name < other.name ? -1 : 1
}

/**
 * The score of a policy within its priority.
 *
 * Shape: `usesTokens` as its compiled resources have it.
 * Source: org.apache.ranger.plugin.policyevaluator.RangerOptimizedPolicyEvaluator#computeEvalOrder (2.9).
 */
export function evaluationScore(
  policy: RangerPolicy,
  def: ServiceDef,
  conditions: ReadonlyMap<string, ConditionCompiler>,
  usesTokens: boolean,
): number {
  const items = [...policy.allow, ...policy.deny, ...policy.allowExceptions, ...policy.denyExceptions]
  const penalty = usesTokens ? TOKEN_PENALTY : 0
  const discount =
    resourceDiscount(policy, def) +
    principalDiscount(policy, items) +
    accessDiscount(items, def) +
    conditionDiscount(policy, def, conditions)
  return DEFAULT_SCORE + penalty - discount
}

function resourceDiscount(policy: RangerPolicy, def: ServiceDef): number {
  let discount = 0
  for (const [name, resource] of policy.resourceSets[0] ?? []) {
    if (def.resources.some((known) => known.name === name)) discount += discountOf(resource)
  }
  return Math.min(MOST_FOR_RESOURCES, discount)
}

function discountOf({ values, isExcludes, isRecursive }: PolicyResource): number {
  if (values.length === 0) return 0
  if (values.some((value) => value === '' || value === '*')) return MOST_PER_PART
  const hasStar = values.some((value) => value.includes('*'))
  const wildcards = hasStar ? 10 : values.some((value) => value.includes('?')) ? 5 : 0
  return wildcards + (isExcludes ? 5 : 0) + (isRecursive ? 5 : 0)
}

function principalDiscount(policy: RangerPolicy, items: readonly PolicyItem[]): number {
  const users = new Set(items.flatMap((item) => item.users))
  const groups = new Set(items.flatMap((item) => item.groups))
  const isForEverybody =
    policy.isDenyAllElse ||
    [...groups].some((group) => group.toLowerCase() === 'public') ||
    [...users].some((user) => user.toLowerCase() === '{user}')
  return isForEverybody ? MOST_PER_PART : Math.min(MOST_PER_PART, users.size + groups.size)
}

function accessDiscount(items: readonly PolicyItem[], def: ServiceDef): number {
  const allowed = items.flatMap(({ accesses }) => accesses.filter(({ isAllowed }) => isAllowed))
  const types = new Set(allowed.map(({ type }) => type))
  const count = def.accessTypes.length
  return count === 0 ? 0 : Math.round(Math.fround((MOST_PER_PART * types.size) / count))
}

function conditionDiscount(
  policy: RangerPolicy,
  def: ServiceDef,
  conditions: ReadonlyMap<string, ConditionCompiler>,
): number {
  const { allow, deny, allowExceptions, denyExceptions } = policy
  const items = def.hasDenyAndExceptions
    ? [...allow, ...deny, ...allowExceptions, ...denyExceptions]
    : [...allow]
  const all = [...policy.conditions, ...items.flatMap((item) => item.conditions)]
  const known = all.filter(({ type }) =>
    def.conditions.some(({ name, evaluator }) => name === type && conditions.has(evaluator)),
  )
  return Math.max(0, MOST_PER_PART - 5 * known.length)
}
