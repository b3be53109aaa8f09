import { ConfigError, ERROR_CODES, type Place } from '../errors.ts'
import { located } from '../errors/located.ts'

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
    throw located(error, ({ hint }) => ({ ...place, hint: hint ?? remedy }))
  }
}
