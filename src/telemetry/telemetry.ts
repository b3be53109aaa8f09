import { type Audit, type AuditOptions, createAudit } from './audit.ts'
import { createLog, type LogDestination, type Logger, stderrDestination } from './log.ts'
import { Metrics } from './metrics.ts'

/** What a room needs to be seen from outside. */
export interface Telemetry {
  readonly metrics: Metrics
  readonly log: Logger
  readonly audit: Audit
  /** Where the lines of the log go, for those that another thread has finished. */
  readonly logDestination: LogDestination
  /** Opens the audit file anew, after a rotation. The log goes to stderr and needs no such thing. */
  reopen(): void
  /** Writes what is left and stops measuring. */
  close(): Promise<void>
}

/**
 * Shape: `version` is Keddah's own, for `keddah_build_info`; `log.destination` defaults to stderr; `log.fields` are in
 * every line; `audit.sink` takes the lines in place of the file.
 */
export interface TelemetryOptions {
  readonly version: string
  readonly log: {
    readonly level: string
    readonly destination?: LogDestination
    readonly fields?: Readonly<Record<string, number>>
  }
  readonly audit: Pick<AuditOptions, 'file' | 'allows' | 'bufferLines' | 'sink'> & {
    /** Told of each line that is lost, besides the metric. */
    readonly onLost?: () => void
  }
}

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
  let quietUntil = 0
  const audit = createAudit({
    ...options.audit,
    onDropped: (effect) => {
      metrics.auditDropped(effect)
      options.audit.onLost?.()
    },
    onError: (err) => {
      metrics.auditFailed()
      if (performance.now() < quietUntil) return
      quietUntil = performance.now() + ERROR_LOG_INTERVAL_MS
      log.error({ err, file: options.audit.file }, 'cannot write the audit file, will try again')
    },
  })
  return {
    metrics,
    log,
    audit,
    logDestination,
    reopen: () => audit.reopen(),
    close: async () => {
      await audit.close()
      metrics.close()
    },
  }
}
