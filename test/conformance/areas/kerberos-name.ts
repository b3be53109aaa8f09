import { AuthenticationError } from '../../../src/errors.ts'
import { AuthToLocal, parsePrincipal } from '../../../src/hadoop/kerberos-name.ts'
import { type Area, compare, expectLoadError, mayRefuse, optionalText, raises, textOf } from './area.ts'

/** Hadoop's own texts, which ours repeat; those of Java's exceptions are its own business. */
const OWN_KINDS: readonly unknown[] = ['NoMatchingRule', 'BadFormatString']

/** A principal, taken apart and mapped to a short name. */
export const kerberosName: Area = (test) => {
  const { given, expect } = test
  const { principal: name = null } = given
  if (name === null && raises(test)) return null // There is nothing to ask about, so nothing is let through.
  const principal = textOf(name)
  const load = (): AuthToLocal =>
    AuthToLocal.parse(
      optionalText(given['rules']) ?? 'DEFAULT',
      optionalText(given['mechanism']) ?? 'hadoop',
      optionalText(given['defaultRealm']) ?? '',
    )
  if ('rulesError' in expect) return expectLoadError(expect['rulesError'] ?? null, load)
  if ('parseError' in expect) {
    const refusal = refusalOf(() => parsePrincipal(principal))
    return compare(expect, { parseError: refusal === null ? 'none' : expect['parseError'], message: refusal })
  }
  const { service, host, realm } = parsePrincipal(principal)
  const parts = { serviceName: service, hostName: host, realm }
  const rules = load()
  if (!('error' in expect) && !raises(test))
    return compare(expect, { ...parts, shortName: rules.shortName(principal) })
  const message = refusalOf(() => rules.shortName(principal))
  if (message !== null && (mayRefuse(test) || raises(test))) return null
  return compare(expect, {
    ...parts,
    error: message === null ? 'none' : expect['error'],
    ...(OWN_KINDS.includes(expect['error']) ? { message } : {}),
  })
}

/** The text of the refusal that a call ends in, null where it answers. */
function refusalOf(call: () => unknown): string | null {
  try {
    call()
    return null
  } catch (error) {
    if (error instanceof AuthenticationError) return error.message
    throw error
  }
}
