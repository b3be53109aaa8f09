/** Who waits for a place. One of the two is called, once, unless it has left the queue before. */
export interface Waiter {
  /** It has a place now, and gives it back with `leave`. */
  admitted(): void
  /** It has waited for too long. */
  expired(): void
}

/**
 * The places for requests at one upstream, and a short queue in front: first come, first served, and nobody waits for
 * longer than the queue allows. A queue that could grow would only hide that the upstream is too slow, and answer
 * clients that have long given up. Who has waited for a failover stands in the same line, but is counted elsewhere: all
 * of them come at once, which says nothing about the upstream.
 */
export class InFlight {
  readonly #max: number
  readonly #queue: { readonly length: number; readonly wait: number }
  readonly #waiting = new Map<Waiter, { readonly timer: NodeJS.Timeout; readonly isCounted: boolean }>()
  #counted = 0
  #taken = 0
  #isHandingOut = false

  /** `max` places; `queue.length` may wait for `queue.wait` milliseconds. */
  constructor(max: number, queue: { readonly length: number; readonly wait: number }) {
    this.#max = max
    this.#queue = queue
  }

  /** Takes a place, if there is one. */
  enter(): boolean {
    if (this.#taken >= this.#max) return false
    this.#taken += 1
    return true
  }

  /**
   * Waits for a place. False: the queue is full.
   *
   * Shape: `until` null: as one of the queue; else it has a place of its own to wait in, up to that `performance.now()`,
   * and for as long as the queue allows at least.
   */
  wait(waiter: Waiter, until: number | null = null): boolean {
    const { length, wait } = this.#queue
    const isCounted = until === null
    if (isCounted && this.#counted >= length) return false
    const waitMs = isCounted ? wait : Math.max(wait, until - performance.now())
    if (waitMs <= 0) return false
    const expire = (): void => {
      this.cancel(waiter)
      waiter.expired()
    }
    this.#waiting.set(waiter, { timer: setTimeout(expire, waitMs), isCounted })
    if (isCounted) this.#counted += 1
    return true
  }

  /** Leaves the queue; nothing where it does not wait. */
  cancel(waiter: Waiter): void {
    const waiting = this.#waiting.get(waiter)
    if (waiting === undefined) return
    clearTimeout(waiting.timer)
    this.#waiting.delete(waiter)
    if (waiting.isCounted) this.#counted -= 1
  }

  /** Gives a place back, to whoever has waited longest. */
  leave(): void {
    this.#taken -= 1
    // Who is admitted may fail and leave at once: that is one more round, not one more call on the stack.
    if (this.#isHandingOut) return
    this.#isHandingOut = true
    for (const [waiter] of this.#waiting) {
      if (!this.enter()) break
      this.cancel(waiter)
      waiter.admitted()
    }
    this.#isHandingOut = false
  }

  /** How many wait. */
  get waiting(): number {
    return this.#waiting.size
  }
}
