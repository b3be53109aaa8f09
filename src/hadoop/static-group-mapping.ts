import { ConfigError } from '../errors.ts'

const KEY = 'hadoop.user.group.static.mapping.overrides'

/**
 * Reads `user=group,group;user=…`: who is in which groups whatever the provider says.
 *
 * Shape: groups in order, once each; an empty list means the user has none and nobody is asked. Nothing is trimmed:
 * blanks and newlines belong to the names. A later entry for the same user replaces the earlier.
 * Errors: `ERR_POLICY_STATIC_GROUPS` for an entry with no name or with more than one `=` between texts.
 * Source: org.apache.hadoop.security.Groups#parseStaticMapping.
 */
export function parseStaticGroups(text: string): ReadonlyMap<string, readonly string[]> {
  const groups = new Map<string, readonly string[]>()
  for (const entry of tokens(text, ';')) {
    const [user, list, ...more] = tokens(entry, '=')
    if (user === undefined || more.length > 0) throw faulty(entry)
    groups.set(user, [...new Set(tokens(list ?? '', ','))])
  }
  return groups
}

/** Runs of separators count as one, as in java.util.StringTokenizer. */
const tokens = (text: string, separator: string): string[] =>
  text.split(separator).filter((token) => token !== '')

function faulty(entry: string): ConfigError {
  const message = `\`${KEY}\` cannot be read at \`${entry}\``
  const hint = 'write `user=group,group`, entries separated by `;`'
  const place = { file: '', line: null, column: null, key: KEY }
  return new ConfigError('ERR_POLICY_STATIC_GROUPS', message, {
    problems: [{ ...place, severity: 'error', code: 'static_groups', message, hint }],
  })
}
