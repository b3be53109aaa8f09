import type { RefreshFailure as FailedRefresh, RefreshResult, Scope } from '../config/state.ts'
import type { Snapshot } from '../decision/snapshot.ts'
import type { ServiceGate } from '../routes/early-refusal.ts'
import type { CustomRoute } from '../routes/table.ts'
import type { Telemetry } from '../telemetry/telemetry.ts'
import type { AdminToken } from './tokens.ts'

/** What is told about the last refresh that failed: all but what was asked for. */
export type RefreshFailure = Omit<FailedRefresh, 'scope'>

/**
 * What the admin listener asks of the app.
 *
 * Shape: `groupsOf` gives null where the look-up failed and never rejects; `tokens` is read at each request, so that
 * new settings count at once; `notReady` gives the reasons why no request should be sent here, empty when ready;
 * `workers` is empty where the main thread answers requests itself;
 * `warnings` what does not work as it should all the same;
 * `gates` are those of the services, and `nameNodes` those of Hadoop's files; `loadedAt` is in milliseconds since the epoch; `lastFailure` is null once a later refresh has succeeded.
 */
export interface AdminDependencies extends Pick<Telemetry, 'metrics' | 'log' | 'audit'> {
  snapshot(): Snapshot
  groupsOf(user: string): readonly string[] | null | Promise<readonly string[] | null>
  refresh(scope: Scope): Promise<RefreshResult>
  tokens(): readonly AdminToken[]
  notReady(): readonly string[]
  workers(): readonly { readonly id: number; readonly revision: string }[]
  warnings(): readonly string[]
  loadedAt(): number
  lastFailure(): RefreshFailure | null
  customRoutes(): readonly CustomRoute[]
  gates(): readonly ServiceGate[]
  nameNodes(): ReadonlySet<string>
}
