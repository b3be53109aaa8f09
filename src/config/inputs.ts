import { createHash } from 'node:crypto'
import { type BigIntStats, closeSync, constants, fstatSync, openSync, readSync } from 'node:fs'
import { type FileHandle, open, stat } from 'node:fs/promises'
import { ConfigError } from '../errors.ts'

/** Clocks of file systems tick in steps: what was touched this shortly before it was read may change unseen. */
const RACY_MS = 2_000
/** A pipe without a writer must not hold the process. */
const FLAGS = constants.O_RDONLY | constants.O_NONBLOCK

/** A file that was read. `timeMs` is its modification time in milliseconds since the epoch. */
export interface InputFile {
  readonly file: string
  readonly bytes: Buffer
  readonly mode: number
  readonly uid: number
  readonly gid: number
  readonly timeMs: number
}

/** What a file was when it was looked at: a hash of its content, or why it could not be read. */
interface Seen {
  readonly maxBytes: number
  readonly print: string
  /** Null where a later stat that is equal may hide another content. */
  readonly stat: string | null
}

/** Files as they were, by path; plain values. */
export type SeenFiles = ReadonlyMap<string, Seen>

type Attempt =
  | { readonly input: InputFile; readonly seen: Seen }
  | { readonly flaw: Flaw; readonly seen: Seen }

interface Flaw {
  readonly code: string
  readonly message: string
  readonly hint: string
}

/**
 * Reads the files of one load, and remembers what each was, so that somebody can ask later whether any has changed.
 * What could not be read is remembered as well: a file that appears is a change.
 */
export class Inputs {
  readonly #seen = new Map<string, Seen>()

  /** What was read, for whoever goes on from there. */
  get seen(): SeenFiles {
    return this.#seen
  }

  /** Remembers what others have read for the same load. */
  adopt(seen: SeenFiles): void {
    for (const [file, one] of seen) this.#seen.set(file, one)
  }

  /** Every path that was asked for, in order. */
  get paths(): readonly string[] {
    return [...this.#seen.keys()]
  }

  /**
   * Reads a regular file.
   *
   * Errors: `ERR_CONFIG_READ`, naming the file and `key`, the setting it stands under: missing, not a file, no
   * permission, larger than `maxBytes`.
   */
  read(file: string, maxBytes: number, key: string | null = null): InputFile {
    const attempt = this.#attempt(file, maxBytes)
    if ('input' in attempt) return attempt.input
    const { code, message, hint } = attempt.flaw
    const problem = { file, line: null, column: null, key, severity: 'error' as const, code, message, hint }
    throw new ConfigError('ERR_CONFIG_READ', `\`${file}\` ${message}`, { problems: [problem] })
  }

  /** The same; null where there is no such file. */
  readOptional(file: string, maxBytes: number, key: string | null = null): InputFile | null {
    const attempt = this.#attempt(file, maxBytes)
    if ('flaw' in attempt && attempt.flaw.code === 'file_missing') return null
    return 'input' in attempt ? attempt.input : this.read(file, maxBytes, key)
  }

  /** Whether any file is no longer what was read. Costs next to nothing while nothing was touched. */
  async changed(): Promise<boolean> {
    for (const [file, seen] of this.#seen) {
      if (seen.stat !== null && seen.stat === (await statText(file))) continue
      const now = await look(file, seen.maxBytes)
      if (now.print !== seen.print) return true
      this.#seen.set(file, now)
    }
    return false
  }

  #attempt(file: string, maxBytes: number): Attempt {
    const attempt = attemptRead(file, maxBytes)
    this.#seen.set(file, attempt.seen)
    return attempt
  }
}

function attemptRead(file: string, maxBytes: number): Attempt {
  let descriptor: number | null = null
  try {
    descriptor = openSync(file, FLAGS)
    const stats = fstatSync(descriptor, { bigint: true })
    if (!stats.isFile()) return failed('not_a_file', 'is not a file', 'name a regular file', maxBytes)
    const bytes = readAtMost(descriptor, Number(stats.size), maxBytes)
    if (bytes === null) {
      const message = `is larger than the limit of ${maxBytes} bytes`
      return failed(
        'file_too_large',
        message,
        'raise `hadoop.maxFileBytes`, or look who made it grow',
        maxBytes,
      )
    }
    const print = createHash('sha256').update(bytes).digest('base64')
    const { mode, uid, gid, mtimeMs } = stats
    return {
      input: { file, bytes, mode: Number(mode), uid: Number(uid), gid: Number(gid), timeMs: Number(mtimeMs) },
      seen: { maxBytes, print, stat: isRacy(stats) ? null : textOf(stats) },
    }
  } catch (error) {
    return failedWith(error, maxBytes)
  } finally {
    if (descriptor !== null) closeSync(descriptor)
  }
}

/** What a file is now, in small steps: a large one would hold up everything else for the time its hash takes. */
async function look(file: string, maxBytes: number): Promise<Seen> {
  let handle: FileHandle | null = null
  try {
    handle = await open(file, FLAGS)
    const stats = await handle.stat({ bigint: true })
    if (!stats.isFile()) return { maxBytes, print: 'not_a_file', stat: null }
    const hash = createHash('sha256')
    let length = 0
    for await (const chunk of handle.createReadStream({ autoClose: false })) {
      length += (chunk as Buffer).length
      if (length > maxBytes) return { maxBytes, print: 'file_too_large', stat: null }
      hash.update(chunk as Buffer)
    }
    return { maxBytes, print: hash.digest('base64'), stat: isRacy(stats) ? null : textOf(stats) }
  } catch (error) {
    return failedWith(error, maxBytes).seen
  } finally {
    await handle?.close()
  }
}

/** Reads to the end, which may be further than the size said: the file may grow meanwhile. Null past the limit. */
function readAtMost(descriptor: number, size: number, maxBytes: number): Buffer | null {
  if (size > maxBytes) return null
  let buffer = Buffer.allocUnsafe(size + 1)
  let length = 0
  for (;;) {
    const read = readSync(descriptor, buffer, length, buffer.length - length, null)
    length += read
    if (length > maxBytes) return null
    if (read === 0) return buffer.subarray(0, length)
    if (length === buffer.length) buffer = Buffer.concat([buffer, Buffer.allocUnsafe(buffer.length)])
  }
}

const failed = (code: string, message: string, hint: string, maxBytes: number): Attempt => ({
  flaw: { code, message, hint },
  seen: { maxBytes, print: code, stat: null },
})

function failedWith(error: unknown, maxBytes: number): Attempt {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  if (code === 'ENOENT') return failed('file_missing', 'does not exist', 'check the path', maxBytes)
  if (code === 'ENOTDIR') {
    const message = 'does not exist: a part of its path is a file, not a folder'
    return failed('file_missing', message, 'name a folder and a file in it', maxBytes)
  }
  if (code === 'EACCES' || code === 'EPERM')
    return failed(
      'file_permission',
      'may not be read',
      'give the user of this process the right to read it',
      maxBytes,
    )
  if (code === 'ENXIO') return failed('not_a_file', 'is not a file', 'name a regular file', maxBytes)
  if (code === '') throw error
  return failed('file_unreadable', `cannot be read (${code})`, 'check the path and the file system', maxBytes)
}

async function statText(file: string): Promise<string | null> {
  try {
    return textOf(await stat(file, { bigint: true }))
  } catch {
    // Whatever it is, reading will say it.
    return null
  }
}

const textOf = ({ dev, ino, size, mtimeNs, ctimeNs }: BigIntStats): string =>
  [dev, ino, size, mtimeNs, ctimeNs].join(':')

const isRacy = ({ mtimeMs, ctimeMs }: BigIntStats): boolean =>
  Math.max(Number(mtimeMs), Number(ctimeMs)) > Date.now() - RACY_MS
