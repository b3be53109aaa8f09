import type { Component } from '../policy/components.ts'
import { type ComponentRules, type Decider, deciderOf, type Permissions } from '../policy/permissions.ts'
import type { ResourceAsk, ResourceAsks } from '../ranger/ask.ts'
import type { Candidate, RangerEngine } from '../ranger/engine.ts'
import type { AuthorizationRequest, DecidedResource, ResourceAccess } from './request.ts'
import { judge } from './verdict.ts'
import { type Verification, verificationOf } from './verification.ts'

/** As much is listed of what is asked, and of the policies for each; how many more there are is said. */
const MOST_LISTED = 50

/**
 * What permission verification makes of a request, whatever the lists of the service say.
 *
 * Shape: `decided` is what the decision goes by, null where nothing was asked. `source` says where Ranger's policies come
 * from, `version` -1: not known; all three null where Ranger does not decide, `version` also while there are none.
 * `asks` empty: no resource is concerned, or what it does is unknown (`isUnknown`).
 */
export interface ResourceExplained {
  readonly component: Component
  readonly mode: Permissions['mode']
  readonly verification: 'required' | 'notRequired'
  readonly decider: Decider
  readonly serviceName: string | null
  readonly source: string | null
  readonly version: number | null
  readonly revision: string
  readonly action: string
  readonly isUnknown: boolean
  readonly decided: DecidedResource | null
  readonly asks: readonly ExplainedAsk[]
  readonly moreAsks: number
}

/**
 * One thing that is asked.
 *
 * Shape: `answer` is `undecided` where nobody has an opinion, and `not asked` where the request is refused before.
 * `roles` grant it, in the role model. Of `candidates`, in their order of evaluation, those that say something are listed
 * first, and `moreCandidates` are not listed. Policies of Ranger are named, other parts of them are not told.
 */
export interface ExplainedAsk {
  readonly resource: Readonly<Record<string, string>>
  readonly accessTypes: readonly string[]
  readonly needs: ResourceAsk['needs']
  readonly answer: 'allow' | 'deny' | 'undecided' | 'not asked'
  readonly policyId: number | null
  readonly policyName: string | null
  readonly policyVersion: number | null
  readonly reason: string
  readonly roles: readonly string[]
  readonly candidates: readonly Candidate[]
  readonly moreCandidates: number
}

const NO_ASKS: ResourceAsks = { asks: [], isUnknown: false, action: '' }

/** Explains what is asked about resources; null where there is no permission verification, or no component. */
export function explainResources(
  permissions: Permissions | null,
  request: AuthorizationRequest,
  isWithoutGroups: boolean,
): ResourceExplained | null {
  const { access = null } = request
  const rules = access === null ? undefined : permissions?.components.get(access.component)
  if (permissions === null || access === null || rules === undefined) return null
  const verification = verificationOf(permissions, request)
  const { asks, isUnknown, action } = access.resources ?? NO_ASKS
  const { ranger, component, isRequired } = rules
  return {
    component,
    mode: permissions.mode,
    verification: isRequired ? 'required' : 'notRequired',
    decider: deciderOf(permissions, rules),
    serviceName: ranger?.serviceName ?? null,
    source: ranger?.source ?? null,
    version: ranger?.engine?.version ?? null,
    revision: permissions.revision,
    action,
    isUnknown,
    decided: verification === null ? null : judge(verification, isWithoutGroups).resource,
    asks: asks
      .slice(0, MOST_LISTED)
      .map((ask) => explained(ask, verification, rules, access, isWithoutGroups)),
    moreAsks: Math.max(0, asks.length - MOST_LISTED),
  }
}

function explained(
  ask: ResourceAsk,
  verification: Verification | null,
  { ranger }: ComponentRules,
  access: ResourceAccess,
  isWithoutGroups: boolean,
): ExplainedAsk {
  const asked = { ...described(ask), ...NOT_ASKED }
  if (verification === null || verification.by === 'mode') return asked
  const alone: Verification = {
    ...verification,
    access: {
      ...access,
      resources: { asks: [ask], isUnknown: false, action: access.resources?.action ?? '' },
    },
  }
  const { refusal, resource } = judge(alone, isWithoutGroups)
  if (verification.by === 'role')
    return refusal?.reason === 'groups_unavailable'
      ? { ...asked, reason: refusal.message }
      : {
          ...asked,
          answer: refusal === null ? 'allow' : 'undecided',
          ...rolesOf(alone),
          reason: resource?.reason ?? '',
        }
  if (refusal?.reason === 'ranger_user' || refusal?.reason === 'groups_unavailable')
    return { ...asked, reason: refusal.message }
  const engine = ranger?.engine ?? null
  if (engine === null) return { ...asked, reason: resource?.reason ?? '' }
  return { ...asked, ...byPolicies(engine, ask, alone) }
}

const described = (ask: ResourceAsk): Pick<ExplainedAsk, 'resource' | 'accessTypes' | 'needs'> => ({
  resource: Object.fromEntries(ask.resource),
  accessTypes: ask.accessTypes,
  needs: ask.needs,
})

const NOT_ASKED = {
  answer: 'not asked',
  policyId: null,
  policyName: null,
  policyVersion: null,
  reason: '',
  roles: [],
  candidates: [],
  moreCandidates: 0,
} as const satisfies Partial<ExplainedAsk>

function rolesOf({ permissions, access, subject }: Verification): Pick<ExplainedAsk, 'roles'> {
  const [ask] = access.resources?.asks ?? []
  if (ask === undefined) return { roles: [] }
  const isTraverse = ask.needs === 'no_deny' && ask.accessTypes.every((type) => type === 'execute')
  const { resource, accessTypes } = ask
  const { user, groups } = subject
  const { component } = access
  const roles = permissions.roles.granting({
    component,
    resource,
    accessTypes,
    isTraverse,
    user,
    groups: groups ?? [],
  })
  return { roles }
}

function byPolicies(
  engine: RangerEngine,
  { resource, accessTypes }: ResourceAsk,
  { subject, origin, access }: Verification,
): Omit<ExplainedAsk, 'resource' | 'accessTypes' | 'needs' | 'roles'> {
  const { result, candidates } = engine.explain({
    resource,
    owner: null,
    user: subject.user,
    groups: subject.groups ?? [],
    roles: null,
    accessTypes,
    address: origin.address,
    at: access.at,
    action: access.resources?.action ?? '',
  })
  const listed = listedOf(candidates)
  const { isDetermined, isAllowed, policyId, policyName, policyVersion, reason } = result
  // Where nothing may be left to the component, the engine refuses what no policy decides: that is no deny of a policy.
  const isDenied = isDetermined && !isAllowed && policyId !== null
  return {
    answer: isAllowed ? 'allow' : isDenied ? 'deny' : 'undecided',
    policyId,
    policyName,
    policyVersion,
    reason,
    candidates: listed,
    moreCandidates: candidates.length - listed.length,
  }
}

/** Those that say something come before those that do not, each in the order of evaluation. */
function listedOf(candidates: readonly Candidate[]): readonly Candidate[] {
  if (candidates.length <= MOST_LISTED) return candidates
  const telling = candidates.filter(({ says }) => says !== 'nothing')
  const silent = candidates.filter(({ says }) => says === 'nothing')
  return [...telling, ...silent].slice(0, MOST_LISTED)
}
