/**
 * Bounds the requests that are sent once more to a share of those that come, so that an outage does not double the load
 * on what is left.
 *
 * Shape: it holds `reserve` to begin with and never more, as many as can be on the way when one server takes over from
 * another: each of them may have to be sent once more at the same moment.
 */
export class RetryBudget {
  readonly #share: number
  readonly #reserve: number
  #left: number

  /** `share` is retries per request; 0 allows none at all. */
  constructor(share: number, reserve: number) {
    this.#share = share
    this.#reserve = share === 0 ? 0 : reserve
    this.#left = this.#reserve
  }

  /** Notes a request that is not one that is sent once more. */
  requested(): void {
    this.#left = Math.min(this.#reserve, this.#left + this.#share)
  }

  /** Takes one; false where there is none left. */
  take(): boolean {
    if (this.#left < 1) return false
    this.#left -= 1
    return true
  }
}
