import { ConfigError } from '../../src/errors.ts'

/** The error of the operator's files that a call ends in, null where it answers; any other error is passed on. */
export function configError(call: () => unknown): ConfigError | null {
  try {
    call()
    return null
  } catch (error) {
    if (error instanceof ConfigError) return error
    throw error
  }
}
