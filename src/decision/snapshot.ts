import type { Policy } from '../policy/policy.ts'
import { DecisionCache } from './cache.ts'

/**
 * A policy in force, with the decisions it has made so far.
 *
 * The snapshot owns its cache: whoever replaces the policy replaces the cache with it, so no answer outlives the
 * policy that gave it, and nothing has to be invalidated.
 */
export interface Snapshot {
  readonly policy: Policy
  readonly revision: string
  readonly cache: DecisionCache
}

/** Makes the snapshot of a policy. `cacheMax` bounds the decisions that are remembered; 0 remembers none. */
export function createSnapshot(policy: Policy, options: { readonly cacheMax: number }): Snapshot {
  return { policy, revision: policy.revision, cache: new DecisionCache(options.cacheMax) }
}
