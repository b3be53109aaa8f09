import { ConfigError } from '../errors.ts'
import type { Configuration } from './configuration.ts'

const KEY = 'hadoop.security.authentication'
const METHODS = ['SIMPLE', 'KERBEROS', 'TOKEN', 'CERTIFICATE', 'KERBEROS_SSL', 'PROXY'] as const

/** How a cluster knows its callers. */
export type AuthenticationMethod = (typeof METHODS)[number]

/**
 * Reads `hadoop.security.authentication`, in any case; `SIMPLE` where it is not set.
 *
 * Errors: `ERR_CONFIG_SETTINGS` with file, line and key for every other word, and for blanks around it: no daemon of
 * Hadoop starts with those.
 * Source: org.apache.hadoop.security.SecurityUtil#getAuthenticationMethod (3.4).
 */
export function authenticationMethodOf(configuration: Configuration): AuthenticationMethod {
  const written = configuration.get(KEY, 'simple')
  const method = METHODS.find((name) => name === written.toUpperCase())
  if (method !== undefined) return method
  const message = `\`${KEY}\` is \`${written}\`, which is no method of Hadoop's`
  const hint = 'write `simple` or `kerberos`, without blanks'
  throw new ConfigError('ERR_CONFIG_SETTINGS', message, {
    problems: [
      { ...configuration.placeOf(KEY), severity: 'error', code: 'authentication_method', message, hint },
    ],
  })
}
