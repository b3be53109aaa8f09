import { RE2JS } from 're2js'
import { ConfigError } from '../errors.ts'
import type { Configuration } from '../hadoop/configuration.ts'
import type { AuthToLocal } from '../hadoop/kerberos-name.ts'

const PATTERN_KEY = 'dfs.webhdfs.user.provider.user.pattern'
const DEFAULT_PATTERN = '^[A-Za-z_][A-Za-z0-9._-]*[$]?$'
const MAX_LENGTH = 256
const MAX_SHOWN = 64

/**
 * What no name of a user or principal may contain: a comma, a blank or `*` would turn it into a list once it is
 * written into an access control list; controls, zero-width and other invisible characters make two names look
 * like one.
 */
const FORBIDDEN = /[\p{C}\p{Z}\p{Default_Ignorable_Code_Point}\s,*]/u

/** `first[/second][@realm]`. Hadoop takes `a/b/c` for a plain name; nobody is called that. */
const PRINCIPAL = /^[^/@]+(?:\/[^/@]+)?(?:@[^/@]+)?$/

/** The operator's rule for user names, compiled. It must match the whole name. */
export interface UserPattern {
  readonly text: string
  matches(name: string): boolean
}

/** How names become users: the pattern for user names, and the rules from principal to user. */
export interface UserNames {
  readonly pattern: UserPattern
  readonly rules: Pick<AuthToLocal, 'shortName'>
}

/**
 * Compiles `dfs.webhdfs.user.provider.user.pattern`, or Hadoop's default where it is not set.
 *
 * Errors: `ERR_CONFIG_SETTINGS` with key, file and line for an expression that is malformed or that a
 * linear-time engine cannot run (user names are chosen by the caller).
 * Source: org.apache.hadoop.hdfs.web.resources.UserParam.
 */
export function compileUserPattern(configuration: Configuration): UserPattern {
  const text = configuration.get(PATTERN_KEY) ?? DEFAULT_PATTERN
  // The default needs no backtracking, so the built-in engine may run it: it is asked for every request.
  if (text === DEFAULT_PATTERN)
    return { text, matches: (name) => /^[A-Za-z_][A-Za-z0-9._-]*[$]?$/.test(name) }
  try {
    const compiled = RE2JS.compile(text)
    return { text, matches: (name) => compiled.matches(name) }
  } catch (cause) {
    const entry = configuration.entry(PATTERN_KEY)
    const message = `\`${PATTERN_KEY}\` is not a regular expression that can be used: \`${text}\``
    throw new ConfigError('ERR_CONFIG_SETTINGS', message, {
      cause,
      problems: [
        {
          file: entry?.file ?? '',
          line: entry?.line ?? null,
          column: entry?.column ?? null,
          key: PATTERN_KEY,
          severity: 'error',
          code: 'user_pattern',
          message,
          hint: `look-around and back-references are not available; Hadoop's default is ${DEFAULT_PATTERN}`,
        },
      ],
    })
  }
}

/** A name for an error message: capped, and with every character shown that would hide or break a line. */
export function shownName(name: string): string {
  const capped = name.length <= MAX_SHOWN ? name : `${name.slice(0, MAX_SHOWN)}…`
  const unsafe = /[\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}`]/gu
  return `\`${capped.replace(unsafe, (found) => `\\u{${found.codePointAt(0)?.toString(16) ?? ''}}`)}\``
}

/** Says what keeps a text from being a user or principal name at all; null where nothing does. */
export function nameFlaw(name: string): string | null {
  if (name === '') return 'a user name is empty'
  if (name.length > MAX_LENGTH) return `a user name is longer than ${MAX_LENGTH} characters`
  if (FORBIDDEN.test(name))
    return `the user name ${shownName(name)} has a blank, a comma, \`*\` or an invisible character`
  return PRINCIPAL.test(name) ? null : `${shownName(name)} is not of the form \`first[/second][@REALM]\``
}

/**
 * A short name that other parts would read as something else: `~svc` in an access control list is a real user
 * (HADOOP-17857), `..` and slashes leave the folder of home directories.
 */
const misleading = (user: string): boolean =>
  user.startsWith('~') || user.includes('/') || user === '.' || user === '..'

/**
 * Maps a full name to a user: whole names only, then `auth_to_local`, then the user pattern on either of them.
 *
 * Shape: either the short name, or a sentence on why there is none.
 * Source: org.apache.hadoop.security.User, org.apache.hadoop.hdfs.web.resources.UserParam. Hadoop matches the
 * pattern against `user.name` alone; here it holds for every way in, because every name ends up in the same
 * lists and is asserted to the same upstream.
 */
export function readUser(principal: string, names: UserNames): { user: string } | { flaw: string } {
  const flaw = nameFlaw(principal)
  if (flaw !== null) return { flaw }
  let user: string
  try {
    user = names.rules.shortName(principal)
  } catch {
    // Which rule it was is for the operator alone, and this text is told to callers.
    return { flaw: `no rule of \`hadoop.security.auth_to_local\` makes a user of ${shownName(principal)}` }
  }
  if (nameFlaw(user) !== null || misleading(user)) return { flaw: `${shownName(user)} cannot be a user name` }
  if (!names.pattern.matches(user) && !names.pattern.matches(principal))
    return { flaw: `the user name ${shownName(user)} does not match \`${PATTERN_KEY}\`` }
  return { user }
}
