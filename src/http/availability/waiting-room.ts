/**
 * What a request holds that waits for a server to become active: until it is sent there, or over.
 *
 * Shape: `until` is a `performance.now()`; `signal` is aborted with `leave`, which is called once.
 */
export interface Patience {
  readonly until: number
  readonly signal: AbortSignal
  leave(): void
}

/** A request, as far as waiting goes; null: it does not wait. */
export interface Patient {
  patience: Patience | null
}

/**
 * Those that wait for a server to become active, and then for a place there: a bounded number, each up to its own time.
 * They have no part in the queue of a server, which is meant for one that is slow: at a promotion all of them come at
 * once, and none that was let in here is turned away there.
 */
export class WaitingRoom {
  readonly #max: number
  readonly #waitMs: number
  readonly #gauge: { inc(): void; dec(): void }
  #count = 0

  /** `max` may wait for `waitMs` milliseconds each. */
  constructor(max: number, waitMs: number, gauge: { inc(): void; dec(): void }) {
    this.#max = max
    this.#waitMs = waitMs
    this.#gauge = gauge
  }

  /** Lets one more in; null where there is no room. */
  enter(): Patience | null {
    if (this.#count >= this.#max) return null
    this.#count += 1
    this.#gauge.inc()
    const ending = new AbortController()
    return {
      until: performance.now() + this.#waitMs,
      signal: ending.signal,
      leave: () => {
        this.#count -= 1
        this.#gauge.dec()
        ending.abort()
      },
    }
  }
}
