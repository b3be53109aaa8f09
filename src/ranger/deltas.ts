/** A JSON object whose members have not been looked at. */
type Members = Readonly<Record<string, unknown>>

/**
 * What a download is: all policies, changes to those in force, or neither (`ignore`): a body that has both, or one that says
 * that nothing of this service has changed.
 *
 * Source: org.apache.ranger.plugin.util.RangerPolicyDeltaUtil.hasPolicyDeltas (2.9).
 */
export function classifyDownload(body: Members): 'full' | 'delta' | 'ignore' {
  const zones = Object.values(membersOf(body['securityZones']))
  const parts = [body, membersOf(body['tagPolicies']), ...zones.map(membersOf)]
  const hasPolicies = parts.some((part) => listOf(part['policies']).length > 0)
  const hasDeltas = [body, ...zones.map(membersOf)].some((part) => listOf(part['policyDeltas']).length > 0)
  if (hasPolicies) return hasDeltas ? 'ignore' : 'full'
  if (hasDeltas) return 'delta'
  return Array.isArray(body['policyDeltas']) ? 'ignore' : 'full'
}

/** Change types after which the policy of the delta is there; after `DELETE` it is not, and no other type is about one. */
const [CREATE, UPDATE, DELETE] = [0, 1, 2]

/**
 * The policies after some changes, in the order of their ids. Both are JSON as it was downloaded, so that what comes out can
 * be read, and kept, like a full download.
 *
 * Shape: changes of another service type, without an id, or of another kind are passed over.
 * Source: org.apache.ranger.plugin.util.RangerPolicyDeltaUtil.applyDeltas (2.9).
 */
export function applyDeltas(
  policies: readonly unknown[],
  deltas: readonly unknown[],
  serviceType: string,
): readonly unknown[] {
  const byId = new Map<unknown, unknown>()
  for (const policy of policies) byId.set(membersOf(policy)['id'], policy)
  for (const delta of deltas) {
    const { changeType, policy } = membersOf(delta)
    const { id, serviceType: type } = membersOf(policy)
    if (type !== serviceType || typeof id !== 'number') continue
    if (changeType === CREATE || changeType === UPDATE) byId.set(id, policy)
    if (changeType === DELETE) byId.delete(id)
  }
  return [...byId].toSorted(([a], [b]) => Number(a) - Number(b)).map(([, policy]) => policy)
}

const membersOf = (value: unknown): Members =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {}

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [])
