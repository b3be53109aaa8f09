import { UnavailableError } from '../errors.ts'

/**
 * Lets at most `atOnce` tasks run together; up to `maxWaiting` more wait in line.
 *
 * Errors: `run` rejects with `ERR_GROUPS_PROVIDER` when the line is full: a caller who invents user names must not
 * be able to start programs, or to pile up work, without bound.
 */
export class Limiter {
  readonly #atOnce: number
  readonly #maxWaiting: number
  readonly #waiting: (() => void)[] = []
  #running = 0

  constructor(atOnce: number, maxWaiting: number) {
    this.#atOnce = atOnce
    this.#maxWaiting = maxWaiting
  }

  /** Runs a task when it is its turn, and answers what it answers. */
  async run<T>(task: () => Promise<T>): Promise<T> {
    if (this.#running < this.#atOnce) this.#running += 1
    else await this.#turn()
    try {
      return await task()
    } finally {
      const next = this.#waiting.shift()
      if (next === undefined) this.#running -= 1
      else next()
    }
  }

  #turn(): Promise<void> {
    if (this.#waiting.length >= this.#maxWaiting)
      throw new UnavailableError('ERR_GROUPS_PROVIDER', 'too many group look-ups are waiting', {
        retryable: true,
      })
    return new Promise((resolve) => this.#waiting.push(resolve))
  }
}
