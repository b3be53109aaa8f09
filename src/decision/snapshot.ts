import type { Permissions } from '../policy/permissions.ts'
import type { Policy } from '../policy/policy.ts'
import { DecisionCache } from './decision-cache.ts'
import { VerdictCache } from './verdict-cache.ts'

/**
 * A policy and permissions in force, each with what they have decided so far.
 *
 * The snapshot owns its caches: whoever replaces the policy or the permissions replaces the cache of that with it, so no
 * answer outlives what gave it, and nothing has to be invalidated.
 */
export interface Snapshot {
  readonly policy: Policy
  readonly revision: string
  readonly cache: DecisionCache
  /** Null: there is no permission verification. */
  readonly permissions: Permissions | null
  readonly verdicts: VerdictCache
}

/**
 * How a snapshot is made.
 *
 * Shape: `cacheMax` bounds the decisions that each cache remembers; 0 remembers none. `permissions` left out: none.
 * `previous` is the snapshot to take over from what has not changed, null or left out: nothing is.
 */
export interface SnapshotOptions {
  readonly cacheMax: number
  readonly permissions?: Permissions | null
  readonly previous?: Snapshot | null
}

/** Makes the snapshot of a policy and of permissions; the previous one itself where both are those of it. */
export function createSnapshot(policy: Policy, options: SnapshotOptions): Snapshot {
  const { cacheMax, permissions = null, previous = null } = options
  const isSamePolicy = previous?.policy === policy
  const isSamePermissions = previous?.permissions === permissions
  if (previous !== null && isSamePolicy && isSamePermissions) return previous
  return {
    policy,
    revision: policy.revision,
    cache: previous !== null && isSamePolicy ? previous.cache : new DecisionCache(cacheMax),
    permissions,
    verdicts: previous !== null && isSamePermissions ? previous.verdicts : new VerdictCache(cacheMax),
  }
}
