import { ConfigError, type Problem } from '../errors.ts'

/**
 * The error of a reader that knew what was wrong and not where: each problem gets what `place` says of it.
 *
 * Shape: a problem that names its file already stays as it is; the code and the message of the error do too.
 * Errors: whatever is no `ConfigError` is thrown on.
 * Example: `catch (error) { throw located(error, () => configuration.placeOf(key)) }`.
 */
export function located(error: unknown, place: (problem: Problem) => Partial<Problem>): ConfigError {
  if (!(error instanceof ConfigError)) throw error
  const problems = error.problems.map((problem) =>
    problem.file === '' ? { ...problem, ...place(problem) } : problem,
  )
  return new ConfigError(error.code, error.message, { problems, cause: error })
}
