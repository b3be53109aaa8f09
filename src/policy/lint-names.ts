import { javaTrim } from '../hadoop/java-text.ts'
import { error, type Found, warning } from './lint-finding.ts'
import { shownName, visible } from './understood.ts'

const INVISIBLE = /[\p{Cf}\p{Zl}\p{Zp}\u180e\u2800\u3164\uffa0]|(?! )\p{Zs}/gu
const ASCII = /^\p{ASCII}*$/u
const CONTROL = /\p{Cc}/u
const SEPARATOR = /[;|"'`<>]/
/** Anything that is worth a closer look. */
const ODD = /[\p{Cc};|"'`<>]/u

/** Cyrillic and Greek letters that nobody can tell from ASCII ones; wide forms are found by normalizing. */
const TWINS: ReadonlyMap<string, string> = new Map(
  Object.entries({
    аеорсухіјѕԁһԛԝвкмнт: 'aeopcyxijsdhqwbkmht',
    АВЕКМНОРСТХУІЈЅ: 'ABEKMHOPCTXYIJS',
    οαινρυχΑΒΕΖΗΙΚΜΝΟΡΤΥΧ: 'oaivpuxABEZHIKMNOPTYX',
    '‚،‐‑‒–—−∗': ',,------*',
  }).flatMap(([signs, plain]) => Array.from(signs).map((sign, index) => [sign, plain[index] ?? ''] as const)),
)

/** What is odd about the characters of a text, whatever the list: signs that cannot be seen, or look like others. */
export function lintCharacters(text: string): Found[] {
  const found: Found[] = []
  const invisible = [...new Set(text.match(INVISIBLE))]
  if (invisible.length > 0) {
    const signs = invisible
      .map((sign) => `U+${(sign.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`)
      .join(', ')
    found.push(
      error(
        'invisible_character',
        `there is a character that cannot be seen in \`${visible(text)}\`: ${signs}`,
        null,
        'type the value anew with plain blanks',
      ),
    )
  }
  for (const word of ASCII.test(text) ? [] : new Set(text.split(/[\0-\x20,]+/))) {
    const plain = asciiTwin(word)
    if (plain === null) continue
    found.push(
      error(
        'lookalike',
        `\`${visible(word)}\` has characters that only look like ASCII ones`,
        null,
        `type it anew: \`${visible(plain)}\``,
      ),
    )
  }
  if (text.includes('${'))
    found.push(
      warning(
        'unexpanded',
        `\`${visible(text)}\` refers to a key or variable that is not set`,
        null,
        'set the key, or write the value out',
      ),
    )
  return found
}

/** The same text in ASCII, where it looks the same; null where it is ASCII or looks different. */
function asciiTwin(text: string): string | null {
  const visibleText = text.replaceAll(INVISIBLE, '')
  const plain = Array.from(visibleText.normalize('NFKC'), (sign) => TWINS.get(sign) ?? sign).join('')
  return plain !== visibleText && ASCII.test(plain) ? plain : null
}

/** What is odd about the names of one part of a list: users, groups, or hosts. */
export function lintEntries(names: readonly string[], what: 'user' | 'group' | 'host'): Found[] {
  const found: Found[] = []
  const seen = new Set<string>()
  const repeated = new Set<string>()
  for (const name of names) {
    if (seen.has(name)) repeated.add(name)
    seen.add(name)
  }
  if (repeated.size > 0) {
    const shown = [...repeated].slice(0, 8).map(shownName).join(', ')
    found.push(
      warning(
        'duplicate_entry',
        `twice in the same list: ${shown}`,
        null,
        'remove one; perhaps another name was meant',
      ),
    )
  }
  for (const name of seen) {
    if (!ODD.test(name)) continue
    const shown = `\`${visible(name)}\``
    if (CONTROL.test(name))
      found.push(
        error(
          'tab_in_name',
          `${shown} is one ${what}: a tab does not separate`,
          null,
          `write \`${visible(name.replaceAll(/[\t\v\f\r]+/g, what === 'user' ? ' ' : ','))}\``,
        ),
      )
    if (SEPARATOR.test(name))
      found.push(
        error(
          'other_separator',
          `${shown} is one ${what}: only commas and line breaks separate, and quotes belong to the name`,
          null,
          `write \`${visible(name.replaceAll(/[;|]/g, ',').replaceAll(/["'`<>]/g, ''))}\``,
        ),
      )
  }
  return found
}

/** The entries of a part as written, repeated ones too. */
export function writtenEntries(part: string): string[] {
  return part.split(/[,\n]/).flatMap((piece) => javaTrim(piece) || [])
}
