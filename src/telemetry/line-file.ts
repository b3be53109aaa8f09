import { close, constants, fstat, open, openSync, stat, write } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'

const closeFile = promisify(close)
const openFile = promisify(open)
const statFile = promisify(stat)
const statOpenFile = promisify(fstat)
const writeFile = promisify(write)

// Without O_NONBLOCK the open of a named pipe would wait for its reader.
const FLAGS = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_NONBLOCK
const MODE = 0o640
const BUSY_RETRY_MS = 20
const NEWLINE = 0x0a

const codeOf = (error: unknown): unknown =>
  error instanceof Error && 'code' in error ? error.code : undefined

/** Writes a part of `data` from `offset` on and gives its length. */
type Write = (data: Buffer, offset: number) => Promise<number>

/**
 * Through the stream and not the descriptor: a write from a thread to a pipe whose reader has stopped reading would
 * keep the process from ending.
 */
function writeToStdout(): Write {
  // Failures come to the callback; without a listener they would end the process besides.
  process.stdout.on('error', () => {})
  return (data, offset) =>
    new Promise((resolve, reject) => {
      const done = (error?: Error | null): void => (error ? reject(error) : resolve(data.length - offset))
      process.stdout.write(data.subarray(offset), done)
    })
}

/** Where finished lines go, one batch at a time. */
export interface LineSink {
  /** Whether something given is not written yet. */
  readonly pending: boolean
  /** Whether `reopen` was asked for and has not happened yet. */
  readonly reopens: boolean
  /** Gives whole lines to be written by `flush`; only while nothing is pending. */
  give(lines: string): void
  /** Writes what is pending. Errors: what was not written stays pending. */
  flush(signal: AbortSignal): Promise<void>
  /** Lets the next `flush` open the file anew. */
  reopen(): void
  close(): Promise<void>
}

/**
 * A file, or stdout, to which lines are appended. A write that failed half-way is taken up where it ended, and a file
 * that was moved away or removed is opened anew before the next write, so that a rotation needs no signal.
 */
export class LineFile implements LineSink {
  readonly #path: string | null
  readonly #write: Write
  #fd: number
  #rest: Buffer = Buffer.alloc(0)
  #offset = 0
  #reopen = false

  private constructor(file: string) {
    const stdout = file === '-'
    this.#path = stdout ? null : file
    this.#fd = stdout ? 1 : openSync(file, FLAGS, MODE)
    this.#write = stdout
      ? writeToStdout()
      : async (data, offset) => (await writeFile(this.#fd, data, offset)).bytesWritten
  }

  /**
   * Opens the file, made with mode 0640 if it does not exist; `-` is stdout.
   *
   * Errors: those of open(2), for the caller to name the setting.
   */
  static open(file: string): LineFile {
    return new LineFile(file)
  }

  get reopens(): boolean {
    return this.#reopen && this.#path !== null
  }

  /** Whether something given is not written yet. */
  get pending(): boolean {
    return this.#offset < this.#rest.length
  }

  /** Gives whole lines to be written by `flush`; only while nothing is pending. */
  give(lines: string): void {
    this.#rest = Buffer.from(lines)
    this.#offset = 0
  }

  /** Lets the next `flush` open the file anew. */
  reopen(): void {
    this.#reopen = true
  }

  /**
   * Writes what is pending. A slow reader is waited for.
   *
   * Errors: those of open(2) and write(2); what was not written stays pending.
   */
  async flush(signal: AbortSignal): Promise<void> {
    if (this.#path !== null && (this.#reopen || (await this.#moved(this.#path))))
      await this.#openAnew(this.#path)
    while (this.pending && !signal.aborted) {
      try {
        this.#offset += await this.#write(this.#rest, this.#offset)
      } catch (error) {
        if (codeOf(error) !== 'EAGAIN') throw error
        await sleep(BUSY_RETRY_MS)
      }
    }
  }

  /** Closes the file; what is pending is given up. */
  async close(): Promise<void> {
    if (this.#path !== null) await closeFile(this.#fd)
  }

  async #moved(path: string): Promise<boolean> {
    const mine = await statOpenFile(this.#fd)
    try {
      const there = await statFile(path)
      return there.ino !== mine.ino || there.dev !== mine.dev
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return true
      throw error
    }
  }

  /** A line that is half in the old file is written to the new one as a whole. */
  async #openAnew(path: string): Promise<void> {
    const fd = await openFile(path, FLAGS, MODE)
    const old = this.#fd
    this.#fd = fd
    this.#reopen = false
    this.#offset = this.#offset === 0 ? 0 : this.#rest.lastIndexOf(NEWLINE, this.#offset - 1) + 1
    await closeFile(old)
  }
}
