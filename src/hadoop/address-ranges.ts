/**
 * Ranges of addresses, sorted and merged once, asked by binary search: a hundred thousand ranges cost seventeen
 * comparisons. Hadoop walks the list and parses the address again for every range.
 *
 * Shape: IPv4 addresses are numbers, IPv6 addresses texts of eight UTF-16 units, one for each group: texts compare
 * unit by unit, so their order is that of the addresses.
 */
export class Ranges<N extends number | string> {
  readonly #lows: readonly N[]
  readonly #highs: readonly N[]

  /** Takes ranges with both ends included, in any order, overlapping or not. */
  constructor(ranges: readonly (readonly [low: N, high: N])[]) {
    const lows: N[] = []
    const highs: N[] = []
    const sorted = ranges.toSorted(([a], [b]) => (a < b ? -1 : Number(a > b)))
    for (const [low, high] of sorted) {
      const last = highs.at(-1)
      if (last === undefined || low > last) {
        lows.push(low)
        highs.push(high)
      } else if (high > last) {
        highs[highs.length - 1] = high
      }
    }
    this.#lows = lows
    this.#highs = highs
  }

  get isEmpty(): boolean {
    return this.#lows.length === 0
  }

  includes(value: N): boolean {
    const lows = this.#lows
    let from = 0
    let to = lows.length
    while (from < to) {
      const middle = (from + to) >>> 1
      if ((lows[middle] as N) <= value) from = middle + 1
      else to = middle
    }
    return from > 0 && value <= (this.#highs[from - 1] as N)
  }
}
