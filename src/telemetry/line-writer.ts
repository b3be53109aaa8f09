import { setTimeout as sleep } from 'node:timers/promises'
import { ConfigError } from '../errors.ts'
import { type Effect, LineBuffer } from './line-buffer.ts'
import { LineFile, type LineSink } from './line-file.ts'

/**
 * Why lines are not in the file. `since` is when the first write failed, in milliseconds since the epoch; `lost` is how
 * many lines had to be dropped from then on.
 */
export interface AuditTrouble {
  readonly since: number
  readonly lost: number
}

/**
 * Shape: `file` is a path, `-` for stdout, or null for none; `setting` is the one that names it; `bufferLines` is how many
 * lines may wait; with a `sink` the lines go there, and the file is somebody else's to write.
 */
export interface LineOptions {
  readonly file: string | null
  readonly setting: 'audit.file' | 'audit.rangerFile'
  readonly bufferLines: number
  readonly onDropped: (effect: Effect) => void
  readonly onError: (error: unknown) => void
  readonly sink?: LineSink
}

const BATCH_LENGTH = 256 * 1_024
const GATHER_MS = 20
const RETRY_MS = 1_000
const CLOSE_MS = 2_000

function openLines(file: string, setting: LineOptions['setting']): LineFile {
  try {
    return LineFile.open(file)
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new ConfigError(
      'ERR_CONFIG_WRITE',
      `cannot write the audit file \`${file}\` (${setting}): ${why}`,
      { file, cause },
    )
  }
}

/** Lines of another thread. */
interface Relayed {
  readonly lines: string
  readonly written: () => void
}

/**
 * Lines on their way to a file. Nothing here makes a request wait: they are gathered in a bounded buffer and written by
 * one write at a time; while the disk is slow or full the buffer fills up, then lines are dropped and counted, allows first.
 *
 * Errors: `ERR_CONFIG_WRITE` when the file cannot be opened at the start; later failures go to `onError` and are tried
 * again.
 */
export class LineWriter {
  readonly #buffer: LineBuffer
  readonly #file: LineSink | null
  readonly #relayed: Relayed[] = []
  readonly #beingWritten: Relayed[] = []
  readonly #onError: (error: unknown) => void
  readonly #onDropped: (effect: Effect) => void
  readonly #stop = new AbortController()
  #closed = false
  #timer: NodeJS.Timeout | null = null
  #writing: Promise<void> | null = null
  #failingSince: number | null = null
  #lost = 0

  constructor({ file, setting, bufferLines, onDropped, onError, sink }: LineOptions) {
    this.#file = file === null ? null : (sink ?? openLines(file, setting))
    this.#onError = onError
    this.#onDropped = onDropped
    this.#buffer = new LineBuffer(bufferLines, (effect) => {
      if (this.#failingSince !== null) this.#lost += 1
      onDropped(effect)
    })
  }

  /** Whether lines go anywhere. */
  get isOn(): boolean {
    return this.#file !== null
  }

  /** Has the line written that `format` makes; it is not asked for one that would be dropped. Never waits. */
  protected push(effect: Effect, format: () => string): void {
    if (this.#file === null) return
    if (this.#closed) {
      this.#onDropped(effect)
      return
    }
    this.#buffer.push(effect, format)
    this.#schedule(GATHER_MS)
  }

  /**
   * Takes whole lines of another thread, whose own buffer bounds them: one file has one writer, so that no line gets
   * into the middle of another one. Resolves once they are written.
   */
  relay(lines: string): Promise<void> {
    if (this.#file === null) return Promise.resolve()
    return new Promise((written) => {
      this.#relayed.push({ lines, written })
      this.#schedule(GATHER_MS)
    })
  }

  /** Tells of lines that another thread has lost. */
  lostElsewhere(count: number): void {
    if (this.#failingSince !== null) this.#lost += count
  }

  /** What is wrong as long as writing fails; null while it works. */
  trouble(): AuditTrouble | null {
    return this.#failingSince === null ? null : { since: this.#failingSince, lost: this.#lost }
  }

  /** Opens the file anew, after a rotation. */
  reopen(): void {
    if (this.#file === null) return
    this.#file.reopen()
    this.#schedule(0)
  }

  /** Writes what is left, for at most two seconds. Later lines are dropped and counted. */
  async close(): Promise<void> {
    if (this.#closed || this.#file === null) return
    this.#closed = true
    if (this.#timer !== null) clearTimeout(this.#timer)
    // A write that hangs in the kernel cannot be called back, hence the race besides the signal.
    const deadline = sleep(CLOSE_MS, undefined, { ref: false }).then(() => this.#stop.abort())
    await Promise.race([deadline, this.#finish(this.#file)])
    this.#buffer.clear()
  }

  async #finish(file: LineSink): Promise<void> {
    await this.#writing
    await this.#write(file)
    await file.close()
  }

  #schedule(delayMs: number): void {
    const file = this.#file
    if (file === null || this.#timer !== null || this.#writing !== null || this.#closed) return
    this.#timer = setTimeout(() => {
      this.#timer = null
      this.#writing = this.#write(file).then((done) => {
        this.#writing = null
        if (!done) this.#schedule(RETRY_MS)
        else if (file.reopens) this.#schedule(0)
        else if (this.#buffer.size + this.#relayed.length > 0) this.#schedule(GATHER_MS)
      })
    }, delayMs)
    this.#timer.unref()
  }

  /** Writes until nothing is left; false when it failed and should be tried again later. Never rejects. */
  async #write(file: LineSink): Promise<boolean> {
    try {
      do {
        if (!file.pending) file.give(this.#next())
        await file.flush(this.#stop.signal)
        if (!file.pending) this.#written()
      } while (this.#buffer.size + this.#relayed.length > 0 && !this.#stop.signal.aborted)
      this.#failingSince = null
      this.#lost = 0
      return true
    } catch (error) {
      this.#failingSince ??= Date.now()
      this.#onError(error)
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
