import type { Answer } from './ask.ts'
import { until } from './wait.ts'

/** One operation of a caller, both steps of it where it has two. Units: milliseconds of `performance.now()`. */
export interface Attempt {
  readonly what: string
  readonly begun: number
  readonly ended: number
  /** `ok`, or what came instead. */
  readonly outcome: string
  readonly retryAfter: string | undefined
  readonly location: string | undefined
}

/** Each such that it may be made again, whatever became of those before; `round` counts from 0. */
export type Operations = Readonly<Record<string, (caller: number, round: number) => Promise<Answer>>>

/** Those that did not come to what they were to. */
export const failed = (attempts: readonly Attempt[]): Attempt[] =>
  attempts.filter(({ outcome }) => outcome !== 'ok')

/** Callers that make one operation after the other and never pause. */
export class Load {
  readonly #operations: Operations
  readonly #attempts: Attempt[] = []
  readonly #callers: readonly Promise<void>[]
  #isOver = false

  constructor(callers: number, operations: Operations) {
    this.#operations = operations
    this.#callers = Array.from({ length: callers }, (_, caller) => this.#call(caller))
  }

  /** Waits until every operation has been made `times` times from now on, well or not. */
  async more(times: number): Promise<void> {
    const from = this.#attempts.length
    await until('the callers to go on', () => {
      const made = this.#attempts.slice(from)
      const isEnough = Object.keys(this.#operations).every(
        (name) => made.filter(({ what }) => what === name).length >= times,
      )
      return isEnough ? true : null
    })
  }

  /** Lets every caller come to its end. */
  async stop(): Promise<readonly Attempt[]> {
    this.#isOver = true
    await Promise.all(this.#callers)
    return this.#attempts
  }

  async #call(caller: number): Promise<void> {
    for (let round = 0; ; round += 1)
      for (const [what, operation] of Object.entries(this.#operations)) {
        if (this.#isOver) return
        this.#attempts.push(await attempt(what, () => operation(caller, round)))
      }
  }
}

const NO_HEADERS: Answer['headers'] = {}

async function attempt(what: string, operation: () => Promise<Answer>): Promise<Attempt> {
  const begun = performance.now()
  const [outcome, headers] = await operation().then(
    ({ status, headers, text }) =>
      [status < 300 ? 'ok' : `${status} ${text.slice(0, 300)}`, headers] as const,
    (error: unknown) => [String(error), NO_HEADERS] as const,
  )
  return {
    what,
    begun,
    ended: performance.now(),
    outcome,
    retryAfter: [headers['retry-after']].flat()[0],
    location: [headers['location']].flat()[0],
  }
}
