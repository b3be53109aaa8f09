import { LRUCache } from 'lru-cache'
import type { GroupMapping } from './groups/settings.ts'
import { Limiter } from './limiter.ts'

type Groups = readonly string[]

const NONE: Groups = []
/** An entry is gone at so many times the age at which it is asked for again. */
const LIFETIMES = 10
/** After a failed reload the old groups are given out for so long before the provider is asked again. */
const RETRY_MS = 1_000
const MAX_USERS = 10_000
const MAX_UNKNOWN = 2_000
const AT_ONCE = 8
const MAX_WAITING = 1_000

/**
 * Answers the groups of a user, from the cache where it can.
 *
 * Shape: the empty list: the user has no groups, or nobody knows the user; null: the look-up failed, which must
 * refuse wherever the outcome depends on a group. Synchronous when the answer is at hand; the promise never rejects.
 * Whoever wants everything forgotten makes another one.
 * Source: org.apache.hadoop.security.Groups.
 */
export interface GroupService {
  groupsOf(user: string): Groups | null | Promise<Groups | null>
  stats(): GroupStats
}

/** Counts since the start; `users` and `unknown` are what the two caches hold now. */
export interface GroupStats {
  readonly hits: number
  readonly negativeHits: number
  readonly misses: number
  readonly failures: number
  readonly slow: number
  readonly users: number
  readonly unknown: number
}

/**
 * Who is told about look-ups; every part may be absent. `groupsLooked` is the counter of the metrics. A slow one is
 * reported with the milliseconds it took.
 */
export interface GroupObserver {
  groupsLooked?(result: 'hit' | 'found' | 'none' | 'failed'): void
  slow?(user: string, tookMs: number): void
  failed?(user: string, error: unknown): void
}

/** Beside the mapping: the observer, a monotonic clock in milliseconds, and the bounds of the caches. */
export interface GroupServiceOptions extends GroupMapping {
  readonly observer?: GroupObserver
  readonly now?: () => number
  readonly maxUsers?: number
  readonly maxUnknown?: number
}

/**
 * Makes the group cache: static overrides first, then "no groups" as long as it is believed, then the cache, then
 * the provider, which is asked once however many requests wait for the same user.
 *
 * An entry past its age is asked for again by the request that meets it, while others get the old groups (with
 * background reload: everybody does); if that fails, the old groups stay until ten times the age. An empty answer
 * replaces what was known. Hadoop keeps the old groups beside it and gives them out once in thirty seconds; here
 * who has lost all groups has lost them. Failures are never cached.
 */
export function createGroupService(options: GroupServiceOptions): GroupService {
  return new CachedGroups(options)
}

interface Entry {
  readonly groups: Groups
  readonly at: number
  retryAt: number
}

class CachedGroups implements GroupService {
  readonly #mapping: GroupMapping
  readonly #observer: GroupObserver
  readonly #now: () => number
  readonly #known: LRUCache<string, Entry>
  /** User to the time until which "no groups" is believed. Apart, so that invented names cannot push out users. */
  readonly #unknown: LRUCache<string, number>
  readonly #limiter = new Limiter(AT_ONCE, MAX_WAITING)
  readonly #counts = { hits: 0, negativeHits: 0, misses: 0, failures: 0, slow: 0 }
  readonly #flights = new Map<string, Promise<Groups | null>>()

  constructor(options: GroupServiceOptions) {
    this.#mapping = options
    this.#observer = options.observer ?? {}
    this.#now = options.now ?? (() => performance.now())
    this.#known = new LRUCache({ max: options.maxUsers ?? MAX_USERS })
    this.#unknown = new LRUCache({ max: options.maxUnknown ?? MAX_UNKNOWN })
  }

  groupsOf(user: string): Groups | null | Promise<Groups | null> {
    const fixed = this.#mapping.overrides.get(user)
    if (fixed !== undefined) return this.#hit(fixed)
    const now = this.#now()
    if (now < (this.#unknown.get(user) ?? Number.NEGATIVE_INFINITY)) {
      this.#counts.negativeHits += 1
      return this.#hit(NONE)
    }
    const entry = this.#known.get(user)
    if (entry === undefined || this.#isGone(entry, now)) return this.#look(user)
    if (now - entry.at < this.#mapping.cache.refreshMs || now < entry.retryAt) return this.#hit(entry.groups)
    const isOthers = this.#flights.has(user)
    const reload = isOthers ? entry.groups : this.#look(user)
    return isOthers || this.#mapping.cache.backgroundReload ? this.#hit(entry.groups) : reload
  }

  stats(): GroupStats {
    return { ...this.#counts, users: this.#known.size, unknown: this.#unknown.size }
  }

  #hit(groups: Groups): Groups {
    this.#counts.hits += 1
    this.#observer.groupsLooked?.('hit')
    return groups
  }

  #isGone(entry: Entry, now: number): boolean {
    return now - entry.at >= LIFETIMES * this.#mapping.cache.refreshMs
  }

  #look(user: string): Promise<Groups | null> {
    const running = this.#flights.get(user)
    if (running !== undefined) return running
    this.#counts.misses += 1
    const flight = this.#fly(user)
    this.#flights.set(user, flight)
    return flight
  }

  async #fly(user: string): Promise<Groups | null> {
    // Let `#look` enter the flight before it can end.
    await Promise.resolve()
    let groups: Groups | null = null
    try {
      groups = await this.#limiter.run(() => this.#ask(user))
    } catch (error) {
      this.#counts.failures += 1
      this.#observer.failed?.(user, error)
    }
    this.#flights.delete(user)
    return groups === null ? this.#afterFailure(user) : this.#keep(user, groups)
  }

  async #ask(user: string): Promise<Groups> {
    const start = this.#now()
    try {
      return [...new Set(await this.#mapping.provider.groupsOf(user))]
    } finally {
      const tookMs = this.#now() - start
      if (tookMs > this.#mapping.cache.warnMs) {
        this.#counts.slow += 1
        this.#observer.slow?.(user, tookMs)
      }
    }
  }

  #keep(user: string, groups: Groups): Groups {
    const now = this.#now()
    this.#observer.groupsLooked?.(groups.length > 0 ? 'found' : 'none')
    if (groups.length > 0) {
      this.#unknown.delete(user)
      this.#known.set(user, { groups, at: now, retryAt: now })
    } else {
      this.#known.delete(user)
      if (this.#mapping.cache.negativeMs > 0) this.#unknown.set(user, now + this.#mapping.cache.negativeMs)
    }
    return groups
  }

  #afterFailure(user: string): Groups | null {
    this.#observer.groupsLooked?.('failed')
    const now = this.#now()
    const entry = this.#known.get(user)
    if (entry === undefined || this.#isGone(entry, now)) return null
    entry.retryAt = now + RETRY_MS
    return entry.groups
  }
}
