import { LRUCache } from 'lru-cache'
import type { Verdict } from './verdict.ts'

/** Paths are as long as whoever asks likes; what needs a longer key is decided each time. */
const MAX_KEY = 1_024

interface Remembered {
  readonly verdict: Verdict
  readonly from: number
}

/** The last verdicts of some permissions, by what they depend on, each for the time it holds. */
export class VerdictCache {
  readonly #entries: LRUCache<string, Remembered> | null
  #hits = 0
  #misses = 0

  /** `max` verdicts are kept; 0: none, and nobody need make a key. */
  constructor(max: number) {
    this.#entries = max === 0 ? null : new LRUCache({ max })
  }

  get isOn(): boolean {
    return this.#entries !== null
  }

  /** `at` in milliseconds since the epoch. A clock that was put back finds nothing that was decided later. */
  get(key: string, at: number): Verdict | undefined {
    const found = this.#entries?.get(key)
    if (found === undefined || at < found.from || at > found.verdict.until) {
      this.#misses += 1
      return undefined
    }
    this.#hits += 1
    return found.verdict
  }

  set(key: string, at: number, verdict: Verdict): void {
    if (key.length <= MAX_KEY) this.#entries?.set(key, { verdict, from: at })
  }

  get hits(): number {
    return this.#hits
  }

  get misses(): number {
    return this.#misses
  }

  get size(): number {
    return this.#entries?.size ?? 0
  }
}
