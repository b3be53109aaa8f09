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
    const remedy = remedyFor(error.cause)
    throw located(error, ({ hint }) => ({ ...place, hint: hint ?? remedy }))
  }
}

const REMEDIES: ReadonlyMap<unknown, string> = new Map([
  ['EADDRINUSE', 'choose another port, or end the program that holds it'],
  ['EADDRNOTAVAIL', 'name an address that this machine has, or `0.0.0.0` or `[::]` for all of them'],
  ['ENOTFOUND', 'name an address, or a name that resolves to one of this machine'],
  ['EACCES', 'choose a port from 1024 on, or give the process the capability CAP_NET_BIND_SERVICE'],
])

/** By what the system says; everything there is where it says something else. */
function remedyFor(cause: unknown): string {
  const code = cause instanceof Error && 'code' in cause ? cause.code : null
  return REMEDIES.get(code) ?? ERROR_CODES.ERR_CONFIG_LISTEN.remedy
}
