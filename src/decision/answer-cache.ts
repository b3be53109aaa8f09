import { LRUCache } from 'lru-cache'

/** The last answers, by what they depend on; the least recently used one goes first. */
export abstract class AnswerCache<Answer extends object> {
  readonly #entries: LRUCache<string, Answer> | null
  #hits = 0
  #misses = 0

  /** `max` answers are kept; 0: none, and nobody need make a key. */
  constructor(max: number) {
    this.#entries = max === 0 ? null : new LRUCache({ max })
  }

  get isOn(): boolean {
    return this.#entries !== null
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

  /** What is kept under a key; with `holds`, only where that says it still counts. */
  protected find(key: string, holds?: (answer: Answer) => boolean): Answer | undefined {
    const found = this.#entries?.get(key)
    if (found === undefined || holds?.(found) === false) {
      this.#misses += 1
      return undefined
    }
    this.#hits += 1
    return found
  }

  protected keep(key: string, answer: Answer): void {
    this.#entries?.set(key, answer)
  }
}
