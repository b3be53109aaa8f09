import { ConfigError, type Problem } from '../errors.ts'

const EVERY = (): boolean => true

/** Tries several things and keeps every problem, so that an operator sees all of them at once. */
export class Collected {
  readonly #errors: ConfigError[] = []

  /** What was kept so far. */
  get errors(): readonly ConfigError[] {
    return this.#errors
  }

  /** Keeps errors that were found elsewhere. */
  add(errors: readonly ConfigError[]): void {
    this.#errors.push(...errors)
  }

  /** The value; undefined where a `ConfigError` was thrown, which is kept with those of its problems that count. */
  try<T>(read: () => T, counts: (problem: Problem) => boolean = EVERY): T | undefined {
    try {
      return read()
    } catch (error) {
      return this.#keep(error, counts)
    }
  }

  /** The same for what takes time. */
  async tryLater<T>(read: () => Promise<T>): Promise<T | undefined> {
    try {
      return await read()
    } catch (error) {
      return this.#keep(error, EVERY)
    }
  }

  /** Throws one error with all problems, under the code of the first; nothing if there are none. */
  throwIfAny(): void {
    const [first, ...others] = this.#errors
    if (first === undefined) return
    const problems = [first, ...others].flatMap((error) => error.problems)
    const more = problems.length - first.problems.length
    const message = more === 0 ? first.message : `${first.message} (and ${more} more elsewhere)`
    throw new ConfigError(first.code, message, { problems, cause: first })
  }

  /** For where a value is missing because of what was kept. */
  fail(): never {
    this.throwIfAny()
    throw new Error('a value is missing, but nothing was wrong')
  }

  #keep(error: unknown, counts: (problem: Problem) => boolean): undefined {
    if (!(error instanceof ConfigError)) throw error
    const problems = error.problems.filter(counts)
    const [first] = problems
    if (first === undefined) return
    if (problems.length === error.problems.length) this.#errors.push(error)
    else this.#errors.push(new ConfigError(error.code, first.message, { problems, cause: error }))
  }
}

/** What a file as a whole is said to be. */
export function fileProblem(
  file: string,
  severity: Problem['severity'],
  code: string,
  message: string,
  hint: string | null,
): Problem {
  return { file, line: null, column: null, key: null, severity, code, message, hint }
}
