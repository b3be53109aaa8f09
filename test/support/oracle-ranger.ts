/**
 * Ranger's decision as the specification has it, in the slowest and plainest form: every policy is looked at for every request.
 * Paths only have stars at their end here; conditions are addresses in full; times are bounds in GMT.
 */

/** An item in Ranger's own words. */
export interface NaiveItem {
  readonly accesses: readonly { readonly type: string; readonly isAllowed: boolean }[]
  readonly users: readonly string[]
  readonly groups: readonly string[]
  readonly roles: readonly string[]
  readonly conditions: readonly { readonly type: 'ip-range'; readonly values: readonly string[] }[]
  readonly delegateAdmin: boolean
}

/** A policy in Ranger's own words. */
export interface NaivePolicy {
  readonly id: number
  readonly name: string
  readonly isEnabled: boolean
  readonly isAuditEnabled: boolean
  readonly policyPriority: number
  readonly resources: {
    readonly path: {
      readonly values: readonly string[]
      readonly isRecursive: boolean
      readonly isExcludes: boolean
    }
  }
  readonly conditions: NaiveItem['conditions']
  readonly policyItems: readonly NaiveItem[]
  readonly allowExceptions: readonly NaiveItem[]
  readonly denyPolicyItems: readonly NaiveItem[]
  readonly denyExceptions: readonly NaiveItem[]
  readonly isDenyAllElse: boolean
  readonly validitySchedules: readonly { readonly endTime: string }[]
}

/** A request, with the members of all roles. */
export interface NaiveRequest {
  readonly path: string
  readonly owner: string | null
  readonly user: string
  readonly groups: readonly string[]
  readonly accessTypes: readonly string[]
  readonly address: string | null
  readonly at: number
}

/** Who is in a role, and which roles are. */
export interface NaiveRole {
  readonly name: string
  readonly users: readonly string[]
  readonly groups: readonly string[]
  readonly roles: readonly string[]
}

/** What is decided, whatever policy decides it. */
export interface NaiveAnswer {
  readonly isDetermined: boolean
  readonly isAllowed: boolean
  readonly isAudited: boolean
}

type Says = 'allow' | 'deny' | 'nothing'

/** Decides as the specification says (3.2, 3.3, 9.2, 13.1), where what is not decided stays so. */
export function decideNaively(
  policies: readonly NaivePolicy[],
  roles: readonly NaiveRole[],
  request: NaiveRequest,
): NaiveAnswer {
  const candidates = policies.filter((policy) => hasSay(policy, request))
  const answers = request.accessTypes.map((type) => ({
    type,
    says: decideType(candidates, roles, request, type),
  }))
  const isDenied = answers.some(({ says }) => says === 'deny')
  const isAllowed =
    !isDenied &&
    answers.some(({ says }) => says === 'allow') &&
    answers.every(({ type, says }) => says === 'allow' || (answers.length > 1 && type === 'execute'))
  const isAudited = policies.length === 0 || candidates.some(({ isAuditEnabled }) => isAuditEnabled)
  return { isDetermined: isDenied || isAllowed, isAllowed, isAudited }
}

function decideType(
  candidates: readonly NaivePolicy[],
  roles: readonly NaiveRole[],
  request: NaiveRequest,
  type: string,
): Says {
  const priorities = [...new Set(candidates.map(({ policyPriority }) => policyPriority))].toSorted(
    (a, b) => b - a,
  )
  for (const priority of priorities) {
    const said = candidates
      .filter(({ policyPriority }) => policyPriority === priority)
      .map((policy) => sayOf(policy, roles, request, type))
    if (said.includes('deny')) return 'deny'
    if (said.includes('allow')) return 'allow'
  }
  return 'nothing'
}

function sayOf(policy: NaivePolicy, roles: readonly NaiveRole[], request: NaiveRequest, type: string): Says {
  const matches = (items: readonly NaiveItem[]): boolean =>
    items.some((item) => itemFits(item, roles, request, type))
  if (matches(policy.denyPolicyItems) && !matches(policy.denyExceptions)) return 'deny'
  if (matches(policy.policyItems) && !matches(policy.allowExceptions)) return 'allow'
  return policy.isDenyAllElse ? 'deny' : 'nothing'
}

function itemFits(
  item: NaiveItem,
  roles: readonly NaiveRole[],
  request: NaiveRequest,
  type: string,
): boolean {
  const { user, groups, owner } = request
  const concerns =
    item.users.includes(user) ||
    item.users.includes('{USER}') ||
    item.groups.includes('public') ||
    item.groups.some((group) => groups.includes(group)) ||
    item.roles.some((role) => hasRole(role, roles, request, [])) ||
    (item.users.includes('{OWNER}') && owner === user)
  if (type === '_admin') return concerns && item.delegateAdmin
  const isAbout = item.accesses.some((access) => access.isAllowed && access.type.toLowerCase() === type)
  return concerns && isAbout && allHold(item.conditions, request)
}

function hasRole(
  name: string,
  roles: readonly NaiveRole[],
  request: NaiveRequest,
  above: readonly string[],
): boolean {
  if (above.includes(name)) return false
  return roles.some(
    (role) =>
      role.name === name &&
      (role.users.includes(request.user) ||
        role.groups.some((group) => group === 'public' || request.groups.includes(group)) ||
        role.roles.some((inner) => hasRole(inner, roles, request, [...above, name]))),
  )
}

function hasSay(policy: NaivePolicy, request: NaiveRequest): boolean {
  const isValid =
    policy.validitySchedules.length === 0 ||
    policy.validitySchedules.some(
      ({ endTime }) => request.at <= Date.parse(`${endTime.replaceAll('/', '-')}Z`),
    )
  return policy.isEnabled && isValid && resourceFits(policy, request) && allHold(policy.conditions, request)
}

function resourceFits(policy: NaivePolicy, { path, user, owner }: NaiveRequest): boolean {
  const { values, isRecursive, isExcludes } = policy.resources.path
  const isAny = values.some((value) => value === '*')
  if (isAny) return !isExcludes
  const fits = values.some((value) => {
    const known = owner === null ? value : value.replaceAll('{OWNER}', owner)
    const text = known.replaceAll('{USER}', user)
    if (text.endsWith('*')) return path.startsWith(text.slice(0, -1))
    return path === text || (isRecursive && path.startsWith(`${text}/`))
  })
  return fits !== isExcludes
}

const allHold = (conditions: NaiveItem['conditions'], { address }: NaiveRequest): boolean =>
  conditions.every(({ values }) => address === null || values.length === 0 || values.includes(address))
