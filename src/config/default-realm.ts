import { resolve } from 'node:path'
import { defaultRealmOf } from '../hadoop/krb5-conf.ts'
import type { Inputs } from './inputs.ts'

const SYSTEM_FILE = '/etc/krb5.conf'
const MAX_BYTES = 1_048_576

/**
 * The realm that DEFAULT of `auth_to_local` takes off, where the settings name none: the `default_realm` of the files
 * that `KRB5_CONFIG` of the environment lists, the first that has one; without it, of `/etc/krb5.conf`.
 *
 * Shape: null for none; a file that is not there names none, and is looked for again.
 * Errors: `ERR_CONFIG_READ` for a file that is there and cannot be read.
 */
export function readDefaultRealm(environment: ReadonlyMap<string, string>, inputs: Inputs): string | null {
  const files = (environment.get('KRB5_CONFIG') || SYSTEM_FILE).split(':').filter((file) => file !== '')
  for (const file of files) {
    const input = inputs.readOptional(resolve(file), MAX_BYTES, 'identity.defaultRealm')
    // Realms are ASCII in practice; what is not UTF-8 elsewhere in the file does not matter here.
    const realm = input === null ? null : defaultRealmOf(input.bytes.toString('utf8'))
    if (realm !== null) return realm
  }
  return null
}
