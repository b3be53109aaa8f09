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
    const message = withCause(error)
    const problems = error.problems.map((problem): Problem => {
      return { ...problem, ...place, message, hint: problem.hint ?? remedy }
    })
    throw new ConfigError(error.code, message, { problems, cause: error })
  }
}

/** Whether the port is taken or not to be had makes a difference to what has to be done. */
function withCause({ message, cause }: ConfigError): string {
  if (!(cause instanceof Error) || message.includes(cause.message)) return message
  return `${message}: ${cause.message}`
}
