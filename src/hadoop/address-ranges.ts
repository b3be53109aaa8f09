/** An address as unsigned 32-bit words, the first one highest: one for IPv4, four for IPv6. */
export type AddressWords = readonly number[]

const WORD_BYTES = 4

/**
 * Ranges of addresses, sorted and merged once, asked by binary search: a hundred thousand ranges cost seventeen
 * comparisons. Hadoop walks the list and parses the address again for every range.
 *
 * Shape: all in one block of shared memory, the low ends first, then the high ends; `width` is the number of words of
 * an address.
 */
export class Ranges {
  /** Everything: `new Ranges(width, ranges.buffer)` is the same, in whatever thread. */
  readonly buffer: SharedArrayBuffer
  readonly #width: number
  readonly #lows: Uint32Array
  readonly #highs: Uint32Array

  /** Takes the block of other ranges of the same width. */
  constructor(width: number, buffer: SharedArrayBuffer) {
    const words = buffer.byteLength / WORD_BYTES / 2
    this.buffer = buffer
    this.#width = width
    this.#lows = new Uint32Array(buffer, 0, words)
    this.#highs = new Uint32Array(buffer, words * WORD_BYTES, words)
  }

  /** Takes ranges with both ends included, in any order, overlapping or not. */
  static of(width: number, ranges: readonly (readonly [low: AddressWords, high: AddressWords])[]): Ranges {
    const merged: [low: AddressWords, high: AddressWords][] = []
    for (const [low, high] of ranges.toSorted(([a], [b]) => compare(a, b))) {
      const last = merged.at(-1)
      if (last === undefined || compare(low, last[1]) > 0) merged.push([low, high])
      else if (compare(high, last[1]) > 0) last[1] = high
    }
    const made = new Ranges(width, new SharedArrayBuffer(merged.length * width * WORD_BYTES * 2))
    for (const [index, [low, high]] of merged.entries()) {
      made.#lows.set(low, index * width)
      made.#highs.set(high, index * width)
    }
    return made
  }

  get isEmpty(): boolean {
    return this.#lows.length === 0
  }

  includes(address: AddressWords): boolean {
    let from = 0
    let to = this.#lows.length / this.#width
    while (from < to) {
      const middle = (from + to) >>> 1
      if (this.#compareAt(this.#lows, middle, address) <= 0) from = middle + 1
      else to = middle
    }
    return from > 0 && this.#compareAt(this.#highs, from - 1, address) >= 0
  }

  #compareAt(ends: Uint32Array, index: number, address: AddressWords): number {
    const start = index * this.#width
    for (let at = 0; at < this.#width; at += 1) {
      const difference = (ends[start + at] ?? 0) - (address[at] ?? 0)
      if (difference !== 0) return difference
    }
    return 0
  }
}

function compare(one: AddressWords, other: AddressWords): number {
  for (let at = 0; at < one.length; at += 1) {
    const difference = (one[at] ?? 0) - (other[at] ?? 0)
    if (difference !== 0) return difference
  }
  return 0
}
