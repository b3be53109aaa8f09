import type { LoadedState } from '../config/refresher.ts'
import type { Settings } from '../config/settings.ts'
import { createSnapshot, type Snapshot } from '../decision/snapshot.ts'
import type { Permissions } from '../policy/permissions.ts'
import type { Policy } from '../policy/policy.ts'
import type { Prepared } from './prepare.ts'

/** Everything in force at a time. */
export type State = LoadedState<Snapshot, Prepared>

/** The part of it that requests are decided by and sent on by. */
export type ServingState = Pick<State, 'settings' | 'services' | 'prepared' | 'snapshot' | 'revision'>

/** The decider of a policy and of permissions, under these settings, with what the previous one still knows. */
export const makeSnapshot = (
  { cache }: Pick<Settings, 'cache'>,
  policy: Policy,
  permissions: Permissions | null,
  previous: Snapshot | null,
): Snapshot => createSnapshot(policy, { cacheMax: cache.max, permissions, previous })
