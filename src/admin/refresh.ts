import type { Scope } from '../config/refresher.ts'
import { authorize, needsGroups } from '../decision/authorize.ts'
import type { Decision } from '../decision/request.ts'
import type { AdminDependencies } from './dependencies.ts'
import { adminEntry, type AdminRequest, problemsOf, refusal, type Reply } from './exchange.ts'

/** Who may ask for it may also switch permission verification. */
export const POLICY_KEY = 'security.refresh.policy.protocol.acl'

/** What can be refreshed over the admin listener. */
export type RefreshScope = Exclude<Scope, 'all'>

/** Who may ask for which refresh is decided by the policy in force, under the keys of Hadoop's own commands. */
const KEYS: Readonly<Record<RefreshScope, string>> = {
  'service-acl': POLICY_KEY,
  'user-mappings': 'security.refresh.user.mappings.protocol.acl',
  'proxy-users': 'security.refresh.user.mappings.protocol.acl',
  'ranger-policies': POLICY_KEY,
}

/**
 * Refreshes, if the policy in force lets this user from this address. Whoever asks, and however it ends, is audited.
 *
 * Source: org.apache.hadoop.security.authorize.RefreshAuthorizationPolicyProtocol,
 * org.apache.hadoop.security.RefreshUserMappingsProtocol.
 */
export async function refresh(
  scope: RefreshScope,
  request: AdminRequest,
  dependencies: AdminDependencies,
): Promise<Reply> {
  const user = request.admin?.user ?? ''
  const decision = await mayChange(KEYS[scope], user, request, dependencies)
  if (decision.effect === 'deny') {
    audit(scope, 'refused', request, decision, dependencies)
    return refusal(403, decision.reason, decision.message)
  }
  const result = await dependencies.refresh(scope)
  const outcome = result.ok ? (result.changed ? 'changed' : 'unchanged') : 'failed'
  audit(scope, outcome, request, { ...decision, revision: result.revision }, dependencies)
  dependencies.log.info({ scope, outcome, user, by: request.admin?.name }, 'refresh over the admin listener')
  if (result.ok) {
    const { revision, previous, changed } = result
    return { status: 200, body: { revision, previous, changed } }
  }
  const { code, message } = result.error
  return { status: 422, body: { error: { code, message, problems: problemsOf(result.error) } } }
}

/** Whether the policy in force lets this user change what this key is about, from this address. */
export async function mayChange(
  service: string,
  user: string,
  request: AdminRequest,
  dependencies: AdminDependencies,
): Promise<Decision> {
  const looked = needsGroups(dependencies.snapshot(), { service, realUser: null })
  const groups = looked ? await dependencies.groupsOf(user) : []
  // Read again: the look-up may have taken longer than a refresh.
  return authorize(dependencies.snapshot(), {
    service,
    subject: { user, principal: user, method: 'TOKEN', groups, realUser: null },
    origin: { address: request.peer, names: [] },
  })
}

function audit(
  scope: RefreshScope,
  outcome: string,
  request: AdminRequest,
  decision: Decision,
  dependencies: AdminDependencies,
): void {
  const { effect, reason, rule, file, line, revision } = decision
  dependencies.audit.recordAlways({
    ...adminEntry(request),
    op: `refresh ${scope}: ${outcome}`,
    key: KEYS[scope],
    effect,
    reason,
    rule,
    file,
    line,
    revision,
  })
}
