import { ConfigError } from '../errors.ts'
import type { Configuration } from '../hadoop/configuration.ts'
import { javaTrim } from '../hadoop/java-text.ts'
import { parseStaticGroups } from '../hadoop/static-group-mapping.ts'
import { error, type Findings } from './lint-finding.ts'
import { shownName, visible } from './understood.ts'

const KEY = 'hadoop.user.group.static.mapping.overrides'

/**
 * Finds blanks around the names of the static group mapping: nothing is trimmed there, so that they belong to the name.
 *
 * Errors: `ERR_POLICY_EXPANSION`.
 */
export function lintStaticGroups(configuration: Configuration, found: Findings): void {
  const text = configuration.get(KEY) ?? ''
  const add = (what: 'user' | 'group', name: string, understood: string): void => {
    if (javaTrim(name) === name) return
    const hint = `write \`${visible(javaTrim(name))}\`, without blanks`
    found.add(
      configuration.placeOf(KEY),
      error(
        'static_blank',
        `${shownName(name)} is one ${what}: blanks belong to the name here`,
        understood,
        hint,
      ),
    )
  }
  for (const [user, groups] of staticGroupsOf(text)) {
    const understood = `user ${shownName(user)}, groups: ${groups.map(shownName).join(', ') || 'none'}`
    add('user', user, understood)
    for (const group of groups) add('group', group, understood)
  }
}

/** The static groups of a text; none where it cannot be read, which whoever reads the groups tells. */
export function staticGroupsOf(text: string): ReadonlyMap<string, readonly string[]> {
  try {
    return parseStaticGroups(text)
  } catch (cause) {
    if (!(cause instanceof ConfigError)) throw cause
    return new Map()
  }
}
