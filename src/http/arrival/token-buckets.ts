/** Keys that are remembered in each of the two halves. */
const MAX_KEYS = 65_536

/**
 * A token bucket for each key: so many requests a second, and so many at once before that counts.
 *
 * One number a key: the time at which its bucket is full again (GCRA, the generic cell rate algorithm of ITU-T I.371).
 * A bucket that is full is the same as none, so what was not touched for as long as a bucket takes to fill is forgotten:
 * keys move from a young half to an old one, and that is dropped as a whole. Memory is bounded by two halves; only who
 * has more keys than that at hand makes buckets be forgotten too early.
 */
export class TokenBuckets {
  readonly #intervalMs: number
  readonly #fillMs: number
  readonly #maxKeys: number
  #young = new Map<string, number>()
  #old = new Map<string, number>()
  #turnedAt = 0

  /** `perSecond` and `burst` are whole requests, one at least. */
  constructor(perSecond: number, burst: number, maxKeys: number = MAX_KEYS) {
    this.#intervalMs = 1_000 / perSecond
    this.#fillMs = this.#intervalMs * burst
    this.#maxKeys = maxKeys
  }

  /** Takes a token: 0, or the milliseconds until there will be one; nothing is taken then. `now` is in milliseconds. */
  take(key: string, now: number = performance.now()): number {
    if (now - this.#turnedAt >= this.#fillMs || this.#young.size >= this.#maxKeys) this.#turn(now)
    const fullAt = Math.max(this.#young.get(key) ?? this.#old.get(key) ?? 0, now)
    const wait = fullAt + this.#intervalMs - now - this.#fillMs
    const isRefused = wait > 1e-6
    this.#young.set(key, isRefused ? fullAt : fullAt + this.#intervalMs)
    return isRefused ? wait : 0
  }

  /** How many keys are remembered. */
  get size(): number {
    return this.#young.size + this.#old.size
  }

  #turn(now: number): void {
    this.#old = this.#young
    this.#young = new Map()
    this.#turnedAt = now
  }
}
