import type { ConfigError } from '../errors.ts'
import type { ComponentGate } from '../config/gates.ts'
import type { RefreshFailure as FailedRefresh, RefreshResult, Scope } from '../config/state.ts'
import type { Snapshot } from '../decision/snapshot.ts'
import type { Component } from '../policy/components.ts'
import type { Permissions } from '../policy/permissions.ts'
import type { ComponentSwitches, SwitchFlaw } from '../policy/switches.ts'
import type { CustomRoute } from '../routes/table.ts'
import type { Telemetry } from '../telemetry/telemetry.ts'
import type { AdminToken } from './tokens.ts'

/** What is told about the last refresh that failed: all but what was asked for. */
export type RefreshFailure = Omit<FailedRefresh, 'scope'>

/** What is to be switched for a component. `ifGeneration` null: whatever was switched since the caller has looked. */
export interface SwitchRequest {
  readonly component: Component
  readonly change: ComponentSwitches
  readonly ifGeneration: number | null
}

/** How that ended. `stale`: something was switched since; `failed`: it could not be put in force, and was taken back. */
export type SwitchResult =
  | { readonly done: 'changed' | 'unchanged' | 'stale' }
  | { readonly done: 'refused'; readonly code: SwitchFlaw['code'] | 'no_ranger'; readonly message: string }
  | { readonly done: 'failed'; readonly error: ConfigError }

/**
 * What the admin listener asks of the app.
 *
 * Shape: `permissions` null: permission verification is off; `groupsOf` gives null where the look-up failed and never rejects; `tokens` is read at each request, so that
 * new settings count at once; `notReady` gives the reasons why no request should be sent here, empty when ready;
 * `workers` is empty where the main thread answers requests itself;
 * `warnings` what does not work as it should all the same;
 * `gates` are those of the services, and `nameNodes` those of Hadoop's files; `loadedAt` and `rangerLoadedAt` are in milliseconds since the epoch; `lastFailure` is null once a later refresh has succeeded.
 */
export interface AdminDependencies extends Pick<Telemetry, 'metrics' | 'log' | 'audit' | 'rangerAudit'> {
  snapshot(): Snapshot
  groupsOf(user: string): readonly string[] | null | Promise<readonly string[] | null>
  refresh(scope: Scope): Promise<RefreshResult>
  permissions(): Permissions | null
  switchPermissions(request: SwitchRequest): Promise<SwitchResult>
  tokens(): readonly AdminToken[]
  notReady(): readonly string[]
  workers(): readonly { readonly id: number; readonly revision: string }[]
  warnings(): readonly string[]
  loadedAt(): number
  rangerLoadedAt(): ReadonlyMap<Component, number | null>
  lastFailure(): RefreshFailure | null
  customRoutes(): readonly CustomRoute[]
  gates(): readonly ComponentGate[]
  nameNodes(): ReadonlySet<string>
}
