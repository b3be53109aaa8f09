const INTERVAL_MS = 1_000

/** Lets something be logged at most once a second, so that whoever causes it cannot fill the disk with it. */
export class OnceASecond {
  #quietUntil = 0
  #left = 0

  /** Calls `say` with the number of times it was not called since the last time, or does not call it. */
  tell(say: (notLogged: number) => void): void {
    if (performance.now() < this.#quietUntil) {
      this.#left += 1
      return
    }
    say(this.#left)
    this.#quietUntil = performance.now() + INTERVAL_MS
    this.#left = 0
  }
}
