import { type FSWatcher, watch } from 'node:fs'
import { join } from 'node:path'
import { foldersToWatch } from './watched-folders.ts'

/**
 * What is watched, and who is told.
 *
 * Shape: `paths` and `timing` are asked again and again, so that new settings count. `onChange` is called after a quiet
 * time (`debounceMs`) and at each poll (`pollMs`), never twice at once; it finds out itself whether anything differs.
 * `onError` gets what it throws. Units: milliseconds.
 */
export interface WatchOptions {
  paths(): readonly string[]
  timing(): { readonly enabled: boolean; readonly debounceMs: number; readonly pollMs: number }
  onChange(): Promise<unknown>
  onError(error: unknown): void
}

/** A watch that goes on until it is closed. */
export interface FileWatch {
  close(): void
}

/** While something changes all the time, files are read all the same after so many quiet times. */
const PATIENCE = 10

/**
 * Watches files, whatever way they are replaced: written in place, renamed over, deleted and made again, swapped by
 * a symbolic link at any height. Where the file system does not tell of changes, polling finds them.
 */
export function watchFiles(options: WatchOptions): FileWatch {
  return new Watch(options)
}

class Watch implements FileWatch {
  readonly #options: WatchOptions
  readonly #watchers = new Map<string, FSWatcher>()
  #names: Map<string, Set<string>> = new Map()
  #debounce: NodeJS.Timeout | null = null
  #firstEvent = 0
  #poll: NodeJS.Timeout | null = null
  #isChecking = false
  #isStale = false
  #isClosed = false

  constructor(options: WatchOptions) {
    this.#options = options
    this.#rewatch()
    this.#schedulePoll()
    // Something may have changed between the load and the first watch.
    this.#onEvent()
  }

  close(): void {
    this.#isClosed = true
    for (const watcher of this.#watchers.values()) watcher.close()
    this.#watchers.clear()
    if (this.#debounce !== null) clearTimeout(this.#debounce)
    if (this.#poll !== null) clearTimeout(this.#poll)
  }

  /** Watches what is on the way to the files now. A folder that may have been replaced is opened anew. */
  #rewatch(): void {
    this.#names = foldersToWatch(this.#options.paths())
    for (const [folder, watcher] of this.#watchers) {
      if (this.#names.has(folder)) continue
      watcher.close()
      this.#watchers.delete(folder)
    }
    for (const folder of this.#names.keys()) if (!this.#watchers.has(folder)) this.#open(folder)
  }

  #open(folder: string): void {
    try {
      const watcher = watch(folder, { persistent: false }, (_, name) => this.#onName(folder, name))
      watcher.on('error', () => this.#drop(folder))
      this.#watchers.set(folder, watcher)
    } catch {
      // No right to read it, no watches left, or just gone: polling covers it, and the next round tries again.
    }
  }

  #drop(folder: string): void {
    this.#watchers.get(folder)?.close()
    this.#watchers.delete(folder)
  }

  #onName(folder: string, name: string | null): void {
    const wanted = this.#names.get(folder)
    const own = folder.slice(folder.lastIndexOf('/') + 1)
    // A folder that is moved or deleted reports its own name; its watch is of no use any more.
    if (name === null || name === own) this.#drop(folder)
    else if (wanted?.has(name) !== true) return
    else this.#dropBelow(join(folder, name))
    this.#onEvent()
  }

  /** What stands under a replaced entry is another folder now, even under the same inode number. */
  #dropBelow(place: string): void {
    for (const folder of this.#watchers.keys())
      if (folder === place || folder.startsWith(`${place}/`)) this.#drop(folder)
  }

  #onEvent(): void {
    if (this.#isClosed) return
    const now = performance.now()
    const { debounceMs } = this.#options.timing()
    if (this.#debounce === null) this.#firstEvent = now
    else if (now - this.#firstEvent > PATIENCE * debounceMs) return
    else clearTimeout(this.#debounce)
    this.#debounce = setTimeout(() => {
      this.#debounce = null
      void this.#check()
    }, debounceMs)
    this.#debounce.unref()
  }

  #schedulePoll(): void {
    this.#poll = setTimeout(() => {
      void this.#check().then(() => {
        if (!this.#isClosed) this.#schedulePoll()
      })
    }, this.#options.timing().pollMs)
    this.#poll.unref()
  }

  /** An event during a check makes another one follow: it may be about what had been read already. */
  async #check(): Promise<void> {
    if (this.#isChecking) {
      this.#isStale = true
      return
    }
    this.#isChecking = true
    try {
      do {
        this.#isStale = false
        // First the watches, then the files: a change after this is an event, one before it is seen.
        this.#rewatch()
        if (this.#options.timing().enabled) await this.#options.onChange()
      } while (this.#isStale && !this.#isClosed)
      // A load may have asked for files that nobody had asked for before.
      if (!this.#isClosed) this.#rewatch()
    } catch (error) {
      this.#options.onError(error)
    } finally {
      this.#isChecking = false
    }
  }
}
