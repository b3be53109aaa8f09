import type { RangerRules } from '../policy/permissions.ts'
import type { ResourceAsk, ResourceAsks } from '../ranger/ask.ts'
import type { RangerEngine } from '../ranger/engine.ts'
import type { ResourceResult } from '../ranger/request.ts'
import { deniedText, unknownText, withoutRulesText } from './denial-text.ts'
import type { Refusal } from './questions.ts'
import type { DecidedResource, Reason } from './request.ts'
import type { Verification } from './verification.ts'

/**
 * What permission verification says about a request.
 *
 * Shape: `refusal` null: it passes. `resource` null: no resource was asked about. `until` is the last moment at which the
 * same request has the same verdict, in milliseconds since the epoch.
 */
export interface Verdict {
  readonly refusal: Refusal | null
  readonly resource: DecidedResource | null
  readonly until: number
}

/** Nothing is asked about, so that nothing can be refused. */
const NOTHING_ASKED: Verdict = { refusal: null, resource: null, until: Infinity }

const NO_ASKS: ResourceAsks = { asks: [], isUnknown: false, action: '' }

/** With these in a name, `{USER}` in the resource of a policy would stand for more than that user. */
// eslint-disable-next-line no-control-regex
const PATTERN_IN_NAME = /[*?/{}\\\u0000-\u001f\u007f-\u009f]/u

/**
 * Asks whoever verifies a request about everything that it does to resources. Pure.
 *
 * A denial of anything is final. What no policy says anything about is left to the component, where that may decide;
 * then the rest only has to be not denied. Errors: none. Divergences D-4, D-26.
 * Source: org.apache.ranger.authorization.hadoop.RangerAccessControlEnforcer#checkRangerPermission.
 */
export function judge(verification: Verification, isWithoutGroups: boolean): Verdict {
  const { by, rules, access } = verification
  if (by === 'mode') return refused('mode', withoutRulesText(verification), null)
  const { asks, isUnknown } = access.resources ?? NO_ASKS
  if (asks.length === 0 && !isUnknown) return NOTHING_ASKED
  const groups = verification.subject.groups ?? (isWithoutGroups ? [] : null)
  const known = asks.length === 0 ? NOTHING_ASKED : askAll(verification, groups)
  if (known.refusal !== null || !isUnknown) return known
  if (rules?.unknownOp === 'native') return { ...known, resource: described(verification, null, NATIVE) }
  const resource = described(verification, null, { ...byEnforcer(by), reason: 'the operation is not known' })
  return refused(by === 'role' ? 'role' : 'ranger_none', unknownText(verification), resource, known.until)
}

type Groups = readonly string[] | null

function askAll(verification: Verification, groups: Groups): Verdict {
  const ranger = verification.rules?.ranger ?? null
  if (ranger === null) return askRoles(verification, groups)
  const { engine } = ranger
  return engine === null
    ? withoutPolicies(verification, ranger)
    : askRanger(verification, ranger, engine, groups)
}

/** No policies have come yet. */
function withoutPolicies(verification: Verification, { onNoPolicies }: RangerRules): Verdict {
  const ask = lastAsk(verification)
  const reason = 'no policies have come yet'
  if (onNoPolicies === 'native')
    return { ...NOTHING_ASKED, resource: described(verification, ask, { ...NATIVE, reason }) }
  const resource = described(verification, ask, { ...byEnforcer('resources'), reason })
  return refused('ranger_none', deniedText(verification, ask), resource)
}

function askRanger(
  verification: Verification,
  ranger: RangerRules,
  engine: RangerEngine,
  groups: Groups,
): Verdict {
  const { subject, access, origin } = verification
  if (PATTERN_IN_NAME.test(subject.user))
    return refused('ranger_user', deniedText(verification, lastAsk(verification)), null)
  if (groups === null && engine.readsGroups) return groupsUnavailable(verification)
  const { asks, action } = access.resources ?? NO_ASKS
  let until = Infinity
  let allowed: DecidedResource | null = null
  let undecided: { readonly ask: ResourceAsk; readonly result: ResourceResult } | null = null
  for (const ask of asks) {
    const result = engine.decide({
      resource: ask.resource,
      owner: null,
      user: subject.user,
      groups: groups ?? [],
      roles: null,
      accessTypes: ask.accessTypes,
      address: origin.address,
      at: access.at,
      action,
    })
    until = Math.min(until, result.until)
    // An engine that may not leave it to the component refuses what no policy decides: that is no deny of a policy.
    if (result.isDetermined && !result.isAllowed && result.policyId !== null)
      return deniedBy(verification, ranger, ask, { ...result, until })
    if (result.isAllowed || ask.needs === 'no_deny') allowed = allowedBy(verification, ask, result)
    else undecided = { ask, result }
  }
  if (undecided === null) return { refusal: null, resource: allowed, until }
  const { ask, result } = undecided
  if (ranger.fallback === 'native')
    return { refusal: null, resource: described(verification, ask, { ...NATIVE, ...said(result) }), until }
  const resource = described(verification, ask, { ...byEnforcer('resources'), ...said(result) })
  return refused('ranger_none', deniedText(verification, ask), resource, until)
}

function deniedBy(
  verification: Verification,
  { source }: RangerRules,
  ask: ResourceAsk,
  result: ResourceResult,
): Verdict {
  const resource = described(verification, ask, { ...byEnforcer('resources'), ...said(result) })
  const { policyId, policyName, policyVersion } = result
  const version = policyVersion === null ? '' : ` v${policyVersion}`
  const rule = `ranger policy ${policyId ?? 'unknown'} ${JSON.stringify(policyName ?? '')}${version}`
  const refusal: Refusal = {
    reason: 'ranger_deny',
    message: deniedText(verification, ask),
    rule: { rule, key: null, file: source, line: null },
  }
  return { refusal, resource, until: result.until }
}

function allowedBy(verification: Verification, ask: ResourceAsk, result: ResourceResult): DecidedResource {
  const enforcer = result.isAllowed ? byEnforcer('resources') : NATIVE
  return described(verification, ask, { ...enforcer, ...said(result) })
}

function askRoles(verification: Verification, groups: Groups): Verdict {
  const { permissions, access, subject } = verification
  const { asks } = access.resources ?? NO_ASKS
  const granted = new Set<string>()
  for (const ask of asks) {
    // Without denies, more groups never take anything away.
    const roles = permissions.roles.granting({
      component: access.component,
      resource: ask.resource,
      accessTypes: ask.accessTypes,
      isTraverse: isTraverse(ask),
      user: subject.user,
      groups: groups ?? [],
    })
    if (roles.length === 0) {
      if (groups === null) return groupsUnavailable(verification)
      const resource = described(verification, ask, { ...byEnforcer('role'), reason: 'no role grants it' })
      return refused('role', deniedText(verification, ask), resource)
    }
    for (const role of roles) granted.add(role)
  }
  const reason = `granted by ${[...granted].join(', ')}`
  const resource = described(verification, lastAsk(verification), { ...byEnforcer('role'), reason })
  return { refusal: null, resource, until: Infinity }
}

const isTraverse = ({ needs, accessTypes }: ResourceAsk): boolean =>
  needs === 'no_deny' && accessTypes.every((type) => type === 'execute')

const lastAsk = ({ access }: Verification): ResourceAsk | null => access.resources?.asks.at(-1) ?? null

function groupsUnavailable({ subject }: Verification): Verdict {
  return refused('groups_unavailable', `the groups of ${subject.user} could not be looked up`, null)
}

function refused(
  reason: Reason,
  message: string,
  resource: DecidedResource | null,
  until = Infinity,
): Verdict {
  return { refusal: { reason, message, rule: null }, resource, until }
}

type Said = Omit<DecidedResource, keyof ReturnType<typeof askedOf> | 'component' | 'action' | 'revision'>

const NOTHING_SAID: Omit<Said, 'enforcer'> = {
  policyId: null,
  policyName: null,
  policyVersion: null,
  priority: 0,
  reason: '',
  isAudited: true,
  auditPolicyId: null,
}

const NATIVE: Said = { ...NOTHING_SAID, enforcer: 'native' }

const byEnforcer = (by: 'role' | 'resources'): Said => ({
  ...NOTHING_SAID,
  enforcer: by === 'role' ? 'role' : 'ranger-acl',
})

const said = (result: ResourceResult): Omit<Said, 'enforcer'> => ({
  policyId: result.policyId,
  policyName: result.policyName,
  policyVersion: result.policyVersion,
  priority: result.priority,
  reason: result.reason,
  isAudited: result.isAudited,
  auditPolicyId: result.auditPolicyId,
})

const askedOf = (
  ask: ResourceAsk | null,
): Pick<DecidedResource, 'resource' | 'resourceType' | 'accessTypes' | 'isTraverse'> => ({
  resource: ask === null ? '' : [...ask.resource.values()].join('/'),
  resourceType: ask === null ? '' : ([...ask.resource.keys()].at(-1) ?? ''),
  accessTypes: ask?.accessTypes ?? [],
  isTraverse: ask !== null && isTraverse(ask),
})

function described(
  { access, permissions }: Verification,
  ask: ResourceAsk | null,
  result: Said,
): DecidedResource {
  const { component, resources } = access
  const { action } = resources ?? NO_ASKS
  return { component, action, ...askedOf(ask), ...result, revision: permissions.revision }
}
