import { LRUCache } from 'lru-cache'
import type { Decision } from './request.ts'

/** The last decisions of one policy, by what they depend on; the least recently used one goes first. */
export class DecisionCache {
  readonly #entries: LRUCache<string, Decision> | null
  #hits = 0
  #misses = 0

  /** `max` decisions are kept; 0: none, and nobody need make a key. */
  constructor(max: number) {
    this.#entries = max === 0 ? null : new LRUCache({ max })
  }

  get isOn(): boolean {
    return this.#entries !== null
  }

  get(key: string): Decision | undefined {
    const found = this.#entries?.get(key)
    if (found === undefined) this.#misses += 1
    else this.#hits += 1
    return found
  }

  set(key: string, decision: Decision): void {
    this.#entries?.set(key, decision)
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
