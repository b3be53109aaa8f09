import type { ConfigError } from '../errors.ts'
import type { Configuration } from '../hadoop/configuration.ts'
import type { Permissions } from '../policy/permissions.ts'
import type { Policy } from '../policy/policy.ts'
import type { HostNames } from './host-names.ts'
import type { Inputs } from './inputs.ts'
import type { LoadedHadoop } from './load-hadoop.ts'
import type { Settings } from './settings.ts'
import type { ReadyService } from './upstreams.ts'

/** What is loaded anew: everything, one of the three families of Hadoop's refresh commands, or Ranger's policies. */
export type Scope = 'all' | 'service-acl' | 'user-mappings' | 'proxy-users' | 'ranger-policies'

/** What asked for a load; `download`: policies that have come from Ranger Admin. */
export type Trigger = 'start' | 'signal' | 'watch' | 'admin' | 'download'

/**
 * How a refresh ended.
 *
 * Shape: `revision` is the policy in force afterwards, `previous` the one before; `changed` says whether anything in
 * force differs from before. After a failure `revision` is still the old one, and `error` has every problem.
 */
export type RefreshResult =
  | { readonly ok: true; readonly revision: string; readonly previous: string; readonly changed: boolean }
  | { readonly ok: false; readonly revision: string; readonly error: ConfigError }

/**
 * Everything that is in force at a time, in one object that is replaced as a whole.
 *
 * Shape: `permissions` null: permission verification is off. `snapshot` and `prepared` are what the functions of the options made; `loadedAt` in milliseconds since
 * the epoch; `print` is equal for states that nothing tells apart.
 */
export interface LoadedState<S, P> {
  readonly settings: Settings
  readonly services: readonly ReadyService[]
  readonly hadoop: LoadedHadoop
  readonly permissions: Permissions | null
  readonly snapshot: S
  readonly prepared: P
  readonly revision: string
  readonly loadedAt: number
  readonly print: string
}

/** The last refresh that failed. `time` in milliseconds since the epoch. */
export interface RefreshFailure {
  readonly time: number
  readonly trigger: Trigger
  readonly scope: Scope
  readonly error: ConfigError
}

/** One load that has ended. */
export interface RefreshEvent {
  readonly trigger: Trigger
  readonly scope: Scope
  readonly result: RefreshResult
}

/**
 * What the composition root adds.
 *
 * Shape: `prepare` makes what depends on the settings and on Hadoop's files beside the policy (who is calling, groups,
 * routes), and throws `ConfigError` where it cannot; it must change nothing, since the load may still fail.
 * `loadPermissions` loads permission verification, those of `previous` where nothing about them differs; it throws
 * `ConfigError` like `prepare`. `makeSnapshot` makes the decider of a policy and of permissions, with what that of
 * `previous` remembers of either that has not changed. `beforeSwap` takes what the new state needs from the system, such as
 * ports, at each load but the first, and throws `ConfigError` where it cannot: then the load has failed, and everything
 * is as it was. `onSwap` is called right after the new state is in force, and is waited for before anybody is told;
 * `onResult` is called after each load but the first. Neither may fail.
 */
export interface RefresherOptions<S, P> {
  readonly settingsFile: string
  readonly environment: ReadonlyMap<string, string>
  readonly names: HostNames
  prepare(settings: Settings, configuration: Configuration): P
  loadPermissions(
    settings: Settings,
    inputs: Inputs,
    previous: Permissions | null,
  ): Permissions | null | Promise<Permissions | null>
  makeSnapshot(settings: Settings, policy: Policy, permissions: Permissions | null, previous: S | null): S
  beforeSwap?(state: LoadedState<S, P>): Promise<void>
  onSwap?(state: LoadedState<S, P>, previous: LoadedState<S, P>, scope: Scope): void | Promise<void>
  onResult?(event: RefreshEvent): void
}
