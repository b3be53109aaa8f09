/**
 * Finds what is filed under a beginning of a text, without looking at the rest.
 *
 * The beginnings are sorted, and each knows the longest other one that it starts with. The last one that is not behind a
 * text starts with every beginning of that text, so they are all among its ancestors.
 */
export class PrefixIndex<Filed> {
  readonly #prefixes: readonly string[]
  readonly #parents: Int32Array
  readonly #filed: readonly Filed[]

  constructor(filed: ReadonlyMap<string, Filed>) {
    const sorted = [...filed].toSorted(([one], [other]) => (one < other ? -1 : 1))
    this.#prefixes = sorted.map(([prefix]) => prefix)
    this.#filed = sorted.map(([, value]) => value)
    this.#parents = new Int32Array(sorted.length)
    for (const [at, prefix] of this.#prefixes.entries()) {
      let parent = at - 1
      while (parent >= 0 && !prefix.startsWith(this.#prefixes[parent] ?? ''))
        parent = this.#parents[parent] ?? -1
      this.#parents[at] = parent
    }
  }

  /** Adds what is filed under the beginnings of a text, the longest first. */
  find(text: string, found: Filed[]): void {
    let at = this.#lastUpTo(text)
    while (at >= 0 && !text.startsWith(this.#prefixes[at] ?? '')) at = this.#parents[at] ?? -1
    // What the text starts with starts with all of its own ancestors.
    for (; at >= 0; at = this.#parents[at] ?? -1) {
      const filed = this.#filed[at]
      if (filed !== undefined) found.push(filed)
    }
  }

  /** The last beginning that does not sort behind the text; -1: there is none. */
  #lastUpTo(text: string): number {
    let low = 0
    let high = this.#prefixes.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.#prefixes[middle] ?? '') <= text) low = middle + 1
      else high = middle
    }
    return low - 1
  }
}
