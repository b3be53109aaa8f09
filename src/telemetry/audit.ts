import { setTimeout as sleep } from 'node:timers/promises'
import type { DecidedResource } from '../decision/request.ts'
import { ConfigError } from '../errors.ts'
import { type Effect, LineBuffer } from './line-buffer.ts'
import { LineFile, type LineSink } from './line-file.ts'
import { capText, escapeLine } from './text.ts'

/**
 * One decision, for the record.
 *
 * Shape: `time` in milliseconds since the epoch; `service` is the name of the listener; `path` without the query;
 * `key` and `rule` are null where no rule was reached; `enforced` is false for a refusal that an observing service
 * let through; `resource` is null where no resource was asked about. Whatever a caller chose is cut and escaped here, not
 * by who records.
 */
export interface AuditEntry {
  readonly time: number
  readonly requestId: string
  readonly service: string
  readonly kind: string
  readonly user: string | null
  readonly realUser: string | null
  readonly address: string | null
  readonly method: string
  readonly path: string
  readonly op: string | null
  readonly key: string | null
  readonly effect: Effect
  readonly reason: string
  readonly rule: string | null
  readonly file: string | null
  readonly line: number | null
  readonly resource: DecidedResource | null
  readonly revision: string
  readonly enforced: boolean
  readonly clientRequestId: string | null
}

/**
 * Why lines are not in the file. `since` is when the first write failed, in milliseconds since the epoch; `lost` is how
 * many lines had to be dropped from then on.
 */
export interface AuditTrouble {
  readonly since: number
  readonly lost: number
}

/** Where decisions are recorded. `record` never waits; see `createAudit`. */
export interface Audit {
  record(entry: AuditEntry): void
  /** Records an allow that no share may leave out, such as a change made over the admin listener. */
  recordAlways(entry: AuditEntry): void
  /** What is wrong as long as writing fails; null while it works. */
  trouble(): AuditTrouble | null
  /**
   * Takes whole lines of another thread, whose own buffer bounds them: one file has one writer, so that no line gets
   * into the middle of another one. Resolves once they are written.
   */
  relay(lines: string): Promise<void>
  /** Tells of lines that another thread has lost. */
  lostElsewhere(count: number): void
  /** Opens the file anew, after a rotation. */
  reopen(): void
  /** Writes what is left, for at most two seconds. Later entries are dropped and counted. */
  close(): Promise<void>
}

/**
 * Shape: `file` is a path, `-` for stdout, or null for none; `allows` says which allows are recorded, all, none
 * or a share between 0 and 1; `bufferLines` is how many lines may wait; `random` gives numbers in [0, 1); with a `sink`
 * the lines go there, and the file is somebody else's to write.
 */
export interface AuditOptions {
  readonly file: string | null
  readonly allows: 'all' | 'none' | number
  readonly bufferLines: number
  readonly onDropped: (effect: Effect) => void
  readonly onError: (error: unknown) => void
  readonly random?: () => number
  readonly sink?: LineSink
}

const MAX_TEXT = 256
const MAX_PATH = 1_024
const BATCH_LENGTH = 256 * 1_024
const GATHER_MS = 20
const RETRY_MS = 1_000
const CLOSE_MS = 2_000

const text = (value: string | null): string | null => (value === null ? null : capText(value, MAX_TEXT))

/** The words are those of `explain` and of the metric. */
const resourceOf = (decided: DecidedResource | null): object | null =>
  decided === null
    ? null
    : {
        component: decided.component,
        enforcer: decided.enforcer,
        action: text(decided.action),
        resource: capText(decided.resource, MAX_PATH),
        accessTypes: decided.accessTypes,
        policyId: decided.policyId,
        policyName: text(decided.policyName),
        policyVersion: decided.policyVersion,
        reason: text(decided.reason),
      }

function formatEntry(entry: AuditEntry): string {
  const line = {
    time: new Date(entry.time).toISOString(),
    requestId: entry.requestId,
    service: entry.service,
    kind: entry.kind,
    user: text(entry.user),
    realUser: text(entry.realUser),
    address: text(entry.address),
    method: capText(entry.method, MAX_TEXT),
    path: capText(entry.path, MAX_PATH),
    op: text(entry.op),
    key: entry.key,
    effect: entry.effect,
    reason: entry.reason,
    rule: text(entry.rule),
    file: entry.file,
    line: entry.line,
    resource: resourceOf(entry.resource),
    revision: entry.revision,
    enforced: entry.enforced,
    clientRequestId: text(entry.clientRequestId),
  }
  return `${escapeLine(JSON.stringify(line))}\n`
}

/**
 * Records decisions as JSON, one a line: every deny, and the allows that the options ask for.
 *
 * Nothing here makes a request wait. Lines are gathered in a bounded buffer and written by one write at a time;
 * while the disk is slow or full the buffer fills up, then lines are dropped and counted, allows first.
 * Errors: `ERR_CONFIG_WRITE` when the file cannot be opened at the start; later failures go to `onError` and
 * are tried again.
 */
export function createAudit(options: AuditOptions): Audit {
  if (options.file === null) {
    const nothing = (): void => {}
    const done = (): Promise<void> => Promise.resolve()
    return {
      record: nothing,
      recordAlways: nothing,
      trouble: () => null,
      relay: done,
      lostElsewhere: nothing,
      reopen: nothing,
      close: done,
    }
  }
  return new FileAudit(options, options.sink ?? openLines(options.file))
}

function openLines(file: string): LineFile {
  try {
    return LineFile.open(file)
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new ConfigError(
      'ERR_CONFIG_WRITE',
      `cannot write the audit file \`${file}\` (audit.file): ${why}`,
      {
        file,
        cause,
      },
    )
  }
}

/** Lines of another thread. */
interface Relayed {
  readonly lines: string
  readonly written: () => void
}

class FileAudit implements Audit {
  readonly #buffer: LineBuffer
  readonly #file: LineSink
  readonly #relayed: Relayed[] = []
  readonly #beingWritten: Relayed[] = []
  readonly #options: AuditOptions
  readonly #share: number
  readonly #random: () => number
  readonly #stop = new AbortController()
  #closed = false
  #timer: NodeJS.Timeout | null = null
  #writing: Promise<void> | null = null
  #failingSince: number | null = null
  #lost = 0

  constructor(options: AuditOptions, file: LineSink) {
    this.#options = options
    this.#file = file
    this.#buffer = new LineBuffer(options.bufferLines, (effect) => {
      if (this.#failingSince !== null) this.#lost += 1
      options.onDropped(effect)
    })
    this.#share = options.allows === 'all' ? 1 : options.allows === 'none' ? 0 : options.allows
    this.#random = options.random ?? Math.random
  }

  record(entry: AuditEntry): void {
    if (entry.effect === 'allow' && this.#share < 1 && this.#random() >= this.#share) return
    this.recordAlways(entry)
  }

  recordAlways(entry: AuditEntry): void {
    if (this.#closed) {
      this.#options.onDropped(entry.effect)
      return
    }
    this.#buffer.push(entry.effect, () => formatEntry(entry))
    this.#schedule(GATHER_MS)
  }

  relay(lines: string): Promise<void> {
    return new Promise((written) => {
      this.#relayed.push({ lines, written })
      this.#schedule(GATHER_MS)
    })
  }

  lostElsewhere(count: number): void {
    if (this.#failingSince !== null) this.#lost += count
  }

  trouble(): AuditTrouble | null {
    return this.#failingSince === null ? null : { since: this.#failingSince, lost: this.#lost }
  }

  reopen(): void {
    this.#file.reopen()
    this.#schedule(0)
  }

  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    if (this.#timer !== null) clearTimeout(this.#timer)
    // A write that hangs in the kernel cannot be called back, hence the race besides the signal.
    const deadline = sleep(CLOSE_MS, undefined, { ref: false }).then(() => this.#stop.abort())
    await Promise.race([deadline, this.#finish()])
    this.#buffer.clear()
  }

  async #finish(): Promise<void> {
    await this.#writing
    await this.#write()
    await this.#file.close()
  }

  #schedule(delayMs: number): void {
    if (this.#timer !== null || this.#writing !== null || this.#closed) return
    this.#timer = setTimeout(() => {
      this.#timer = null
      this.#writing = this.#write().then((done) => {
        this.#writing = null
        if (!done) this.#schedule(RETRY_MS)
        else if (this.#file.reopens) this.#schedule(0)
        else if (this.#buffer.size + this.#relayed.length > 0) this.#schedule(GATHER_MS)
      })
    }, delayMs)
    this.#timer.unref()
  }

  /** Writes until nothing is left; false when it failed and should be tried again later. Never rejects. */
  async #write(): Promise<boolean> {
    try {
      do {
        if (!this.#file.pending) this.#file.give(this.#next())
        await this.#file.flush(this.#stop.signal)
        if (!this.#file.pending) this.#written()
      } while (this.#buffer.size + this.#relayed.length > 0 && !this.#stop.signal.aborted)
      this.#failingSince = null
      this.#lost = 0
      return true
    } catch (error) {
      this.#failingSince ??= Date.now()
      this.#options.onError(error)
      return false
    }
  }

  /** Lines of other threads go first, and all that have come go together: a write costs more than what it writes. */
  #next(): string {
    if (this.#relayed.length === 0) return this.#buffer.take(BATCH_LENGTH)
    let lines = ''
    while (lines.length < BATCH_LENGTH) {
      const relayed = this.#relayed.shift()
      if (relayed === undefined) break
      this.#beingWritten.push(relayed)
      lines += relayed.lines
    }
    return lines
  }

  #written(): void {
    for (const { written } of this.#beingWritten.splice(0)) written()
  }
}
