import type { Scope } from '../../config/refresher.ts'
import type { PackedError } from '../../config/packed-error.ts'
import type { DrainTimes } from '../../http/service.ts'
import type { ExportedMetrics } from '../../telemetry/merge.ts'
import type { AuditFile, TelemetryOptions } from '../../telemetry/telemetry.ts'
import type { PlaneOptions } from '../data-plane.ts'
import type { PackedState } from './packed-state.ts'

/** What a worker is started with. */
export interface WorkerStart {
  readonly id: number
  readonly version: string
  readonly plane: PlaneOptions
  readonly logLevel: string
  readonly audit: Omit<TelemetryOptions['audit'], 'sink' | 'rangerSink' | 'onLost'>
}

/** What a worker is asked to do. Each is answered once, in the order in which they were asked. */
export type Task =
  | { readonly kind: 'stage'; readonly state: PackedState }
  | { readonly kind: 'commit'; readonly scope: Scope }
  | { readonly kind: 'drop' }
  | { readonly kind: 'renewGroups' }
  | { readonly kind: 'report' }
  | { readonly kind: 'close'; readonly times: DrainTimes }

/** What a worker says of itself: at once where it is asked, and once a second. */
export interface Report {
  /** Everything where it was asked for, else null. */
  readonly metrics: ExportedMetrics | null
  /** What was counted, which is kept when the worker is gone. */
  readonly counts: ExportedMetrics
  readonly urls: ReadonlyMap<string, string>
  readonly failures: readonly string[]
  readonly warnings: readonly string[]
  /** Audit lines lost since the last report. */
  readonly auditLost: Readonly<Record<AuditFile, number>>
}

/** How a task ended. `errors` is empty but for a `stage` that was refused. */
export interface Done {
  readonly errors: readonly PackedError[]
  readonly report: Report | null
}

/** It was done, and there is nothing to say about it. */
export const DONE: Done = { errors: [], report: null }

/** From the main thread to a worker. */
export type ToWorker =
  | { readonly kind: 'task'; readonly number: number; readonly task: Task }
  | { readonly kind: 'written'; readonly file: AuditFile; readonly number: number }

/** From a worker to the main thread. */
export type FromWorker =
  | { readonly kind: 'online' }
  | { readonly kind: 'done'; readonly number: number; readonly done: Done }
  | { readonly kind: 'report'; readonly report: Report }
  | { readonly kind: 'log'; readonly line: string }
  | { readonly kind: 'audit'; readonly file: AuditFile; readonly number: number; readonly lines: string }
