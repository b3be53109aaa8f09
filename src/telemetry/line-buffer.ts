/** What an audit line is about; denies are worth more than allows. */
export type Effect = 'allow' | 'deny'

/** So many taken lines may stand before the first waiting one until they are cut off. */
const MIN_CUT = 1_024

/** A first-in-first-out queue, as large as what is in it; each line has the number under which it came. */
class Queue {
  readonly #lines: string[] = []
  readonly #numbers: number[] = []
  #head = 0

  get size(): number {
    return this.#lines.length - this.#head
  }

  /** The number of the oldest line; infinite when there is none. */
  get oldest(): number {
    return this.#numbers[this.#head] ?? Infinity
  }

  push(line: string, number: number): void {
    this.#lines.push(line)
    this.#numbers.push(number)
  }

  /** Takes the oldest line; only while `size` is not 0. */
  shift(): string {
    const line = this.#lines[this.#head] ?? ''
    this.#lines[this.#head] = ''
    this.#head += 1
    if (this.#head >= MIN_CUT && this.#head * 2 >= this.#lines.length) {
      this.#lines.splice(0, this.#head)
      this.#numbers.splice(0, this.#head)
      this.#head = 0
    }
    return line
  }
}

/**
 * Lines waiting to be written: at most `capacity` of them. When it is full, the oldest allow makes room; with none
 * left, the new line is dropped. So no deny is lost while an allow is kept, and nobody ever waits.
 */
export class LineBuffer {
  readonly #capacity: number
  readonly #denies = new Queue()
  readonly #allows = new Queue()
  readonly #dropped: (effect: Effect) => void
  #count = 0

  constructor(capacity: number, dropped: (effect: Effect) => void) {
    this.#capacity = capacity
    this.#dropped = dropped
  }

  get size(): number {
    return this.#denies.size + this.#allows.size
  }

  /** Adds the line that `format` makes; it is not asked for one that would be dropped. */
  push(effect: Effect, format: () => string): void {
    if (this.size >= this.#capacity) {
      if (this.#allows.size === 0) {
        this.#dropped(effect)
        return
      }
      this.#allows.shift()
      this.#dropped('allow')
    }
    this.#count += 1
    const queue = effect === 'deny' ? this.#denies : this.#allows
    queue.push(format(), this.#count)
  }

  /** Takes lines in the order in which they came, until together they are `maxLength` long; empty when there are none. */
  take(maxLength: number): string {
    let taken = ''
    while (this.size > 0 && taken.length < maxLength) {
      taken += (this.#denies.oldest < this.#allows.oldest ? this.#denies : this.#allows).shift()
    }
    return taken
  }

  /** Drops what is left, counting it. */
  clear(): void {
    for (; this.#denies.size > 0; this.#denies.shift()) this.#dropped('deny')
    for (; this.#allows.size > 0; this.#allows.shift()) this.#dropped('allow')
  }
}
