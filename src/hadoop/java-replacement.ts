/** A replacement text that Java refuses once something matches. */
export class JavaReplacementError extends Error {}

/**
 * Fills the groups of a match into a replacement text of Java's.
 *
 * Shape: `$1`, `$12` (as many digits as there are groups for), `${name}`, and a backslash before any other character.
 * `group` gives the text of a group, empty where it took no part.
 * Errors: `JavaReplacementError` for a group that does not exist, and for a `$` or backslash at the end.
 * Source: java.util.regex.Matcher#appendReplacement.
 */
export function replaceGroups(
  replacement: string,
  group: (index: number) => string,
  groupCount: number,
  names: ReadonlyMap<string, number>,
): string {
  let result = ''
  let at = 0
  while (at < replacement.length) {
    const char = replacement[at] ?? ''
    if (char === '\\') {
      const escaped = replacement[at + 1]
      if (escaped === undefined) throw new JavaReplacementError('character to be escaped is missing')
      result += escaped
      at += 2
    } else if (char === '$') {
      const reference = readReference(replacement.slice(at + 1), groupCount, names)
      result += group(reference.index)
      at += 1 + reference.length
    } else {
      result += char
      at += 1
    }
  }
  return result
}

/** The group that a text after `$` names, and how many characters of it do. */
function readReference(
  text: string,
  groupCount: number,
  names: ReadonlyMap<string, number>,
): { index: number; length: number } {
  const named = /^\{([A-Za-z][A-Za-z0-9]*)\}/.exec(text)
  if (named !== null) {
    const index = names.get(named[1] ?? '')
    if (index === undefined) throw new JavaReplacementError(`No group with name ${named[0]}`)
    return { index, length: named[0].length }
  }
  if (!/^\d/.test(text)) throw new JavaReplacementError('Illegal group reference')
  let index = Number(text[0])
  let length = 1
  for (; /^\d$/.test(text[length] ?? '') && index * 10 + Number(text[length]) <= groupCount; length += 1)
    index = index * 10 + Number(text[length])
  if (index > groupCount) throw new JavaReplacementError(`No group ${index}`)
  return { index, length }
}
