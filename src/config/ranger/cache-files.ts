import { randomBytes } from 'node:crypto'
import { type FileHandle, mkdir, open, readFile, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'

/** What is kept of a service. */
export type CachedKind = 'policies' | 'roles'

/** A file that may hold what was in force last. `timeMs` is when it was written, in milliseconds since the epoch. */
export interface CachedFile {
  readonly file: string
  readonly bytes: Buffer
  readonly timeMs: number
}

/**
 * The files that a start falls back to while Ranger Admin does not answer: `<appId>_<serviceName>.json` with the policies
 * as Ranger's own plugins keep them, `…_roles.json` beside it, and of each the one before as `….prev`.
 *
 * A file is written whole or not at all: beside its place, to the disk, then renamed. Its mode is 0600.
 *
 * Source: org.apache.ranger.plugin.util.PolicyRefresher, RangerRolesProvider (2.9), which write in place.
 */
export class CacheFiles {
  readonly #folder: string
  readonly #base: string

  constructor(folder: string, appId: string, serviceName: string) {
    this.#folder = folder
    this.#base = `${appId}_${serviceName}`.replaceAll(/[/:\\]/g, '_')
  }

  /** Where something is kept. */
  fileOf(kind: CachedKind): string {
    return join(this.#folder, `${this.#base}${kind === 'roles' ? '_roles' : ''}.json`)
  }

  /** What may be read, the newest first; empty where nothing can. */
  async read(kind: CachedKind, maxBytes: number): Promise<CachedFile[]> {
    const file = this.fileOf(kind)
    const found = await Promise.all([file, `${file}.prev`].map((path) => readIfThere(path, maxBytes)))
    return found.filter((one) => one !== null)
  }

  /**
   * Replaces what is kept; the one before is kept as `.prev`.
   *
   * Errors: those of the file system; then what was there before is still there, at one of the two names.
   */
  async write(kind: CachedKind, bytes: Uint8Array): Promise<void> {
    const file = this.fileOf(kind)
    const temporary = `${file}.${randomBytes(6).toString('hex')}`
    await mkdir(this.#folder, { recursive: true, mode: 0o700 })
    try {
      await writeThrough(temporary, bytes)
      await renameIfThere(file, `${file}.prev`)
      await rename(temporary, file)
    } catch (error) {
      await rm(temporary, { force: true })
      throw error
    }
    await syncFolder(this.#folder)
  }

  /**
   * Takes what is kept out of use, since the service is gone: the files get another name, with the time at its end.
   *
   * Errors: those of the file system.
   */
  async setAside(now: number): Promise<void> {
    for (const kind of ['policies', 'roles'] as const) {
      const file = this.fileOf(kind)
      await renameIfThere(file, `${file}_${now}`)
      await renameIfThere(`${file}.prev`, `${file}.prev_${now}`)
    }
    await syncFolder(this.#folder)
  }
}

async function readIfThere(file: string, maxBytes: number): Promise<CachedFile | null> {
  try {
    const { size, mtimeMs } = await stat(file)
    return size > maxBytes ? null : { file, bytes: await readFile(file), timeMs: mtimeMs }
  } catch {
    // Not there or not readable: it is no help either way.
    return null
  }
}

async function writeThrough(file: string, bytes: Uint8Array): Promise<void> {
  const handle = await open(file, 'wx', 0o600)
  try {
    await handle.writeFile(bytes)
    await handle.sync()
  } finally {
    await handle.close()
  }
}

async function renameIfThere(from: string, to: string): Promise<void> {
  try {
    await rename(from, to)
  } catch (error) {
    if (!isMissing(error)) throw error
  }
}

async function syncFolder(folder: string): Promise<void> {
  let handle: FileHandle | null = null
  try {
    handle = await open(folder)
    await handle.sync()
  } catch (error) {
    if (!isMissing(error)) throw error
  } finally {
    await handle?.close()
  }
}

const isMissing = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === 'ENOENT'
