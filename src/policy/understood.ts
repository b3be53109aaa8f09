import type { AccessControlList } from '../hadoop/access-control-list.ts'

const SHOWN = 8

/**
 * An access control list as Hadoop understands it: `users alice, bob; group staff`, `everybody`, `nobody`.
 *
 * Shape: names with blanks or other odd characters stand in backticks; after eight of a kind the rest is counted.
 */
export function understoodAcl(list: AccessControlList): string {
  if (list.allAllowed) return 'everybody'
  const users = [...list.users].filter((name) => !name.startsWith('~') || name === '~')
  const through = [...list.users].filter((name) => name.startsWith('~') && name !== '~')
  const parts = [
    kind('user', users),
    kind(
      'whoever is impersonated by',
      through.map((name) => name.slice(1)),
      'whoever is impersonated by',
    ),
    kind('group', [...list.groups]),
  ].filter((part) => part !== '')
  return parts.length === 0 ? 'nobody' : parts.join('; ')
}

/** A host list in words, entry by entry: `addresses 10.0.0.1, 10.0.0.2`, `every address`, `no address`. */
export function understoodHosts(hosts: {
  readonly all: boolean
  readonly addresses: readonly string[]
  readonly ranges: readonly string[]
  readonly names: readonly string[]
}): string {
  if (hosts.all) return 'every address'
  const parts = [
    kind('address', hosts.addresses, 'addresses'),
    kind('range', hosts.ranges),
    kind('host name', hosts.names),
  ].filter((part) => part !== '')
  return parts.length === 0 ? 'no address' : parts.join('; ')
}

function kind(word: string, names: readonly string[], plural = `${word}s`): string {
  if (names.length === 0) return ''
  const more = names.length > SHOWN ? ` and ${names.length - SHOWN} more` : ''
  const shown = names.slice(0, SHOWN).map(shownName).join(', ')
  return `${names.length === 1 ? word : plural} ${shown}${more}`
}

/** A name as it stands in a sentence: bare if it is plain, else in backticks, with what cannot be seen spelled out. */
export function shownName(name: string): string {
  return /^[\w.@/:+$-]+$/.test(name) ? name : `\`${visible(name)}\``
}

const MAX_SHOWN = 200

/** Controls and blanks other than U+0020 as `\u00a0`; long texts are cut. */
export function visible(text: string): string {
  const cut = text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text
  return cut
    .replaceAll('\n', '\\n')
    .replaceAll('\t', '\\t')
    .replaceAll(
      /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]|(?! )\p{Zs}/gu,
      (sign) => `\\u${(sign.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`,
    )
}
