import { ConfigError, ERROR_CODES, type Problem } from '../errors.ts'

/** Where a setting stands. */
export type Place = Pick<Problem, 'file' | 'line' | 'column' | 'key'>

/**
 * Adds to an address that cannot be listened on where it stands, and what to do about it.
 *
 * Errors: those of `open`; `ERR_CONFIG_LISTEN` with its place.
 */
export async function placed<T>(place: Place, open: () => Promise<T>): Promise<T> {
  try {
    return await open()
  } catch (error) {
    if (!(error instanceof ConfigError) || error.code !== 'ERR_CONFIG_LISTEN') throw error
    const { remedy } = ERROR_CODES[error.code]
    const problems = error.problems.map((problem) => ({
      ...problem,
      ...place,
      hint: problem.hint ?? remedy,
    }))
    throw new ConfigError(error.code, error.message, { problems, cause: error })
  }
}
