import { Audit, type AuditOptions } from './audit.ts'
import { createLog, type LogDestination, type Logger, stderrDestination } from './log.ts'
import type { Effect } from './line-buffer.ts'
import type { LineSink } from './line-file.ts'
import { Metrics } from './metrics.ts'
import { RangerAudit } from './ranger-audit.ts'

/** What a room needs to be seen from outside. */
export interface Telemetry {
  readonly metrics: Metrics
  readonly log: Logger
  readonly audit: Audit
  /** The same in the field names of Ranger, of accesses alone. */
  readonly rangerAudit: RangerAudit
  /** Where the lines of the log go, for those that another thread has finished. */
  readonly logDestination: LogDestination
  /** Opens the audit files anew, after a rotation. The log goes to stderr and needs no such thing. */
  reopen(): void
  /** Writes what is left and stops measuring. */
  close(): Promise<void>
}

/**
 * Shape: `version` is Keddah's own, for `keddah_build_info`; `log.destination` defaults to stderr; `log.fields` are in
 * every line; `audit.sink` and `audit.rangerSink` take the lines in place of the files; `audit.rangerFile` left out: none.
 */
export interface TelemetryOptions {
  readonly version: string
  readonly log: {
    readonly level: string
    readonly destination?: LogDestination
    readonly fields?: Readonly<Record<string, number>>
  }
  readonly audit: Pick<AuditOptions, 'file' | 'allows' | 'bufferLines' | 'sink'> & {
    readonly rangerFile?: string | null
    readonly rangerExcludeUsers?: readonly string[]
    readonly rangerSink?: LineSink
    /** Told of each line that is lost, besides the metric. */
    readonly onLost?: (file: AuditFile) => void
  }
}

/** The audit, or the one in the field names of Ranger. */
export type AuditFile = 'own' | 'ranger'

const ERROR_LOG_INTERVAL_MS = 60_000

/**
 * Makes metrics, log and audit, and connects them: what the audit loses is counted, and logged once a minute.
 *
 * Errors: `ERR_CONFIG_WRITE` when the audit file cannot be opened.
 */
export function createTelemetry(options: TelemetryOptions): Telemetry {
  const metrics = new Metrics({ version: options.version })
  const logDestination = options.log.destination ?? stderrDestination(() => metrics.logDropped())
  const log = createLog({ ...options.log, destination: logDestination })
  const { file, rangerFile = null, rangerExcludeUsers = [], rangerSink, onLost, ...rest } = options.audit
  const reporting = (
    which: AuditFile,
    path: string | null,
  ): Pick<AuditOptions, 'file' | 'bufferLines' | 'onDropped' | 'onError'> => {
    let quietUntil = 0
    return {
      file: path,
      bufferLines: options.audit.bufferLines,
      onDropped: (effect: Effect) => {
        metrics.auditDropped(effect)
        onLost?.(which)
      },
      onError: (err) => {
        metrics.auditFailed()
        if (performance.now() < quietUntil) return
        quietUntil = performance.now() + ERROR_LOG_INTERVAL_MS
        log.error({ err, file: path }, 'cannot write the audit file, will try again')
      },
    }
  }
  const audit = new Audit({ ...rest, ...reporting('own', file) })
  const rangerAudit = new RangerAudit({
    excludeUsers: rangerExcludeUsers,
    ...(rangerSink === undefined ? {} : { sink: rangerSink }),
    ...reporting('ranger', rangerFile),
  })
  return {
    metrics,
    log,
    audit,
    rangerAudit,
    logDestination,
    reopen: () => {
      audit.reopen()
      rangerAudit.reopen()
    },
    close: async () => {
      await Promise.all([audit.close(), rangerAudit.close()])
      metrics.close()
    },
  }
}
