/**
 * Parameters whose meaning must not depend on who reads them. WebHDFS lower-cases names, the filters in front of it
 * compare with `equalsIgnoreCase`, the pseudo handler takes `user.name` letter by letter: a name that one of them
 * reads and another one does not is a way around the decision. The last one is ours: it says where a second step goes.
 */
export const RESERVED_NAMES = [
  'user.name',
  'doas',
  'delegation',
  'ugi',
  'nnaddr',
  'namenoderpcaddress',
  'op',
  'token',
  'keddah-locator',
] as const

/** A name that may appear once, and is written in its one spelling. */
export type ReservedName = (typeof RESERVED_NAMES)[number]

const BY_NAME: ReadonlyMap<string, ReservedName> = new Map(RESERVED_NAMES.map((name) => [name, name]))

/** Letters and digits alone; what is left of ` user name`, `[op]` or `doas\t`. */
const collapse = (folded: string): string => folded.replace(/[^a-z0-9]/g, '')

const COLLAPSED: ReadonlySet<string> = new Set(RESERVED_NAMES.map(collapse))

const LOWER = /^[a-z0-9._-]*$/
const PLAIN = /^[A-Za-z0-9._-]*$/
const SEPARATORS = /[;&?#=\s\p{C}]+/u

/**
 * Tells what a decoded name means: a reserved name in any case, nothing special (null), or `doubtful`, where it is
 * written so that some reader might take it for a reserved one.
 */
export function reservedName(name: string): ReservedName | 'doubtful' | null {
  const exact = BY_NAME.get(name)
  if (exact !== undefined) return exact
  if (LOWER.test(name)) return null
  if (PLAIN.test(name)) return BY_NAME.get(name.toLowerCase()) ?? null
  // Upper case first: Java's equalsIgnoreCase makes U+017F an s and U+0131 an i that way; toLowerCase makes U+212A a k.
  const folded = name.normalize('NFKC').toUpperCase().toLowerCase()
  const isNear = COLLAPSED.has(collapse(folded)) || folded.split(SEPARATORS).some((part) => BY_NAME.has(part))
  return isNear ? 'doubtful' : null
}

/** Names that say who is calling, or to whom a daemon shall speak on the caller's behalf. */
const IDENTITY: ReadonlySet<string> = new Set(
  RESERVED_NAMES.filter((name) => name !== 'op' && name !== 'token'),
)

/**
 * Reports whether a decoded name, of a form field for instance, carries identity or might be taken to.
 *
 * Shape: any case, any spelling; in doubt true.
 */
export function isIdentityParameter(name: string): boolean {
  const reserved = reservedName(name)
  return reserved === 'doubtful' || (reserved !== null && IDENTITY.has(reserved))
}

/**
 * Whether a decoded name is that of a parameter: `same` in any case of ASCII, `doubtful` where it is written so that some
 * reader might take it for that, null for any other name.
 */
export function meansParameter(name: string, wanted: string): 'same' | 'doubtful' | null {
  if (name === wanted) return 'same'
  const lower = wanted.toLowerCase()
  if (PLAIN.test(name)) return name.toLowerCase() === lower ? 'same' : null
  const folded = name.normalize('NFKC').toUpperCase().toLowerCase()
  const isNear = collapse(folded) === collapse(lower) || folded.split(SEPARATORS).includes(lower)
  return isNear ? 'doubtful' : null
}
