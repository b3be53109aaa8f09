import { AccessControlList } from '../hadoop/access-control-list.ts'
import { javaTrim } from '../hadoop/java-text.ts'
import { error, type Found, warning } from './lint-finding.ts'
import { lintCharacters, lintEntries, writtenEntries } from './lint-names.ts'
import { shownName, understoodAcl, visible } from './understood.ts'

/**
 * What lint knows about the lists around one.
 *
 * Shape: `blocks` for a list that blocks; `groups` are names that are groups elsewhere; with `longNames` the rules of
 * MIT Kerberos are in force, where a principal may be a user.
 */
export interface AclContext {
  readonly blocks: boolean
  readonly groups: ReadonlySet<string>
  readonly longNames: boolean
}

/**
 * Finds the traps of `users groups`, the list that is cut at its first blank.
 *
 * Shape: every finding says in the same words what Hadoop understands of the whole list.
 * Source: org.apache.hadoop.security.authorize.AccessControlList (3.4).
 */
export function lintAcl(text: string, context: AclContext): Found[] {
  const list = AccessControlList.parse(text)
  const blank = text.indexOf(' ')
  const users = blank < 0 ? text : text.slice(0, blank)
  const groups = blank < 0 ? '' : text.slice(blank + 1)
  const found = [
    ...lintCharacters(text),
    ...(list.allAllowed
      ? lintStar(text, context)
      : [
          ...lintLayout(text, users, groups),
          ...lintUsers(writtenEntries(users), context),
          ...lintGroups(writtenEntries(groups)),
          ...lintGroupAsUser(list, context),
        ]),
  ]
  return withUnderstanding(found, list)
}

/** The same for the two lists of a proxy user, which are not cut at a blank. `groups` and `users` null: not set. */
export function lintTwoLists(
  users: string | null,
  groups: string | null,
  context: AclContext,
): { users: Found[]; groups: Found[]; list: AccessControlList } {
  const list = AccessControlList.ofLists(users, groups)
  const names = (text: string): readonly string[] => (javaTrim(text) === '*' ? [] : writtenEntries(text))
  const blanks = (text: string): Found[] =>
    names(text)
      .filter((name) => name.includes(' '))
      .map((name) =>
        error(
          'blank_in_user',
          `\`${visible(name)}\` is one name: blanks do not separate here`,
          null,
          `write \`${visible(name.replaceAll(/ +/g, ','))}\``,
        ),
      )
  const of = (text: string | null, lint: (entries: readonly string[]) => Found[]): Found[] =>
    text === null
      ? []
      : withUnderstanding([...lintCharacters(text), ...blanks(text), ...lint(names(text))], list)
  return {
    users: of(users, (entries) => lintUsers(entries, context)),
    groups: of(groups, lintGroups),
    list,
  }
}

function withUnderstanding(found: readonly Found[], list: AccessControlList): Found[] {
  if (found.length === 0) return []
  const understood = understoodAcl(list)
  return found.map((one) => ({ ...one, understood }))
}

function lintStar(text: string, { blocks }: AclContext): Found[] {
  if (javaTrim(text) === '*') return []
  const message = `\`${visible(text)}\` ${blocks ? 'blocks everybody' : 'is open to everybody'}, because of its \`*\``
  const rest = text
    .split(' ')
    .filter((part) => javaTrim(part) !== '*')
    .join(' ')
  const without = text.startsWith('* ') ? ` ${rest.trimStart()}` : rest.trimEnd()
  return [
    error(
      'open_by_star',
      message,
      null,
      javaTrim(rest) === '' ? 'write `*` alone' : `write \`${visible(without)}\`, or \`*\` alone`,
    ),
  ]
}

/** Where the first blank stands, which ends the users. */
function lintLayout(text: string, users: string, groups: string): Found[] {
  const whole = javaTrim(text)
  const lastOfUsers = /[^\0-\x20](?=[\0-\x20]*$)/.exec(users.slice(-64))?.[0] ?? ''
  const isIndented = /[\n\r]\s*$/.test(users.slice(-64)) && javaTrim(groups) !== ''
  if (isIndented)
    return [
      error(
        'indented_value',
        'the first blank is the indentation of a line, so what follows are groups',
        null,
        `write it on one line: \`${visible(oneLine(whole))}\``,
      ),
    ]
  if (javaTrim(groups) !== '' && (lastOfUsers === ',' || groups.trimStart().startsWith(',')))
    return [
      error(
        'blank_beside_comma',
        `the blank beside a comma in \`${visible(whole)}\` ends the users`,
        null,
        `write \`${visible(oneLine(whole))}\`, if those are users`,
      ),
    ]
  const found: Found[] = []
  const withBlanks = new Set(writtenEntries(groups).filter((name) => name.includes(' ')))
  const list = withBlanks.size === 0 ? '' : `${users} ${groups.replaceAll(/ *[ ,] */g, ',')}`
  const hint =
    javaTrim(users) === ''
      ? `begin without a blank, if those are users and groups: \`${visible(whole)}\``
      : `write \`${visible(list)}\`, if those are several groups`
  for (const name of withBlanks)
    found.push(
      warning('blank_in_group', `\`${visible(name)}\` is one group, with a blank in its name`, null, hint),
    )
  if (/[\n\r]/.test(text))
    found.push(warning('line_break', 'the list has a line break in it', null, 'write it on one line'))
  return found
}

/** The list as its author most likely meant it: no blanks beside commas, lines joined, one blank before groups. */
const oneLine = (text: string): string =>
  text
    .split(/[,\n\r]/)
    .flatMap((piece) => javaTrim(piece) || [])
    .join(',')

function lintUsers(names: readonly string[], { longNames }: AclContext): Found[] {
  const found = lintEntries(names, 'user')
  for (const name of new Set(names)) {
    if (!/[*@/~]/.test(name)) continue
    const shown = shownName(name)
    if (name.includes('*')) found.push(literalStar(name, 'one user among others, and nobody has this name'))
    else if (name.startsWith('@'))
      found.push(
        error('netgroup_user', `${shown} is a user here`, null, `write it behind a blank: \` ${name}\``),
      )
    else if (!longNames && name.startsWith('/'))
      found.push(
        error(
          'principal',
          `${shown} is a user here, and no short name has a slash`,
          null,
          'write the short name of the user; if a `${…}` stands there, look what it has become',
        ),
      )
    else if (!longNames && /[@/]/.test(name))
      found.push(
        error(
          'principal',
          `${shown} is a principal, and lists are compared with short names`,
          null,
          `write the short name that \`auth_to_local\` makes of it, such as \`${visible(shortOf(name))}\``,
        ),
      )
    if (name.startsWith('~') && name !== '~*')
      found.push(
        warning(
          'impersonation_entry',
          `${shown} means everybody for whom \`${visible(name.slice(1))}\` acts, not \`${visible(name.slice(1))}\` itself`,
          null,
          'write the name without `~`, if the user itself is meant',
        ),
      )
  }
  return found
}

/** A `*` counts alone only: it is no pattern. */
const literalStar = (name: string, what: string): Found =>
  error(
    'literal_star',
    `\`${visible(name)}\` is ${what}`,
    null,
    'write `*` alone for everybody, or remove it; there are no patterns',
  )

const shortOf = (principal: string): string => /^[^/@]*/.exec(principal)?.[0] ?? ''

function lintGroups(names: readonly string[]): Found[] {
  const found = lintEntries(names, 'group')
  for (const name of new Set(names)) {
    if (!/\*|^[@~]/.test(name)) continue
    const shown = shownName(name)
    if (name.includes('*')) found.push(literalStar(name, 'one group among others, and nobody is in it'))
    if (name.startsWith('@'))
      found.push(
        warning(
          'netgroup',
          `${shown} is a netgroup, and matches only if the group mapping reports it so`,
          null,
          'name a group, unless the group mapping knows netgroups',
        ),
      )
    if (name.startsWith('~'))
      found.push(warning('tilde_group', `${shown} is a group here`, null, 'write it before the blank'))
  }
  return found
}

/** Names that are groups in every cluster that has them. */
const PLURAL =
  /(?:nodes|managers|admins|administrators|users|operators|developers|analysts|engineers|scientists|servers|daemons|members)$|^(?:supergroup|staff|wheel|everyone)$/i

function lintGroupAsUser(list: AccessControlList, { groups }: AclContext): Found[] {
  if (list.groups.size > 0) return []
  const found: Found[] = []
  for (const name of list.users) {
    if (!groups.has(name) && !PLURAL.test(name)) continue
    const why = groups.has(name) ? 'elsewhere a group has this name' : 'it is named like a group'
    const hint = list.users.size === 1 ? `\` ${name}\`` : `groups behind a blank: \` ${name}\``
    found.push(
      warning(
        'group_as_user',
        `${shownName(name)} is a user here, and ${why}`,
        null,
        `write ${hint}, if it is a group`,
      ),
    )
  }
  return found
}
