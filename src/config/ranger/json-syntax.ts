/** What may stand next: a value, a name, what follows either. `…OrEnd`: or the bracket that closes what was just opened. */
type Expected = 'value' | 'valueOrEnd' | 'name' | 'nameOrEnd' | 'colon' | 'commaOrEnd' | 'end'

const BLANKS = /[ \t\n\r]*/y
const SCALAR = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\w.+-])|(?:true|false|null)(?!\w)/y
const ESCAPE = /\\(?:["\\/bfnrt]|u[0-9A-Fa-f]{4})/y

/**
 * Where a text stops being JSON: the offset of the first thing that may not stand there, the length of the text where only
 * something is missing. The parser of Node does not say it of every text.
 */
export function syntaxErrorOffset(text: string): number {
  const open: string[] = []
  let expected: Expected = 'value'
  for (let at = after(BLANKS, text, 0) ?? 0; at < text.length; at = after(BLANKS, text, at) ?? at) {
    const char = text[at] ?? ''
    const next = step(char, expected, open)
    if (next === null) return at
    expected = next
    const end =
      char === '"' ? endOfString(text, at) : /[{}[\],:]/.test(char) ? at + 1 : after(SCALAR, text, at)
    if (end === null) return at
    if (typeof end === 'object') return end.wrong
    at = end
  }
  return text.length
}

/** What may stand behind a token that begins so; null: it may not stand here. */
function step(char: string, expected: Expected, open: string[]): Expected | null {
  if (char === '}' || char === ']') {
    const isDue = expected === 'commaOrEnd' || expected === (char === '}' ? 'nameOrEnd' : 'valueOrEnd')
    if (!isDue || open.pop() !== (char === '}' ? '{' : '[')) return null
    return open.length === 0 ? 'end' : 'commaOrEnd'
  }
  if (char === ',') return expected !== 'commaOrEnd' ? null : open.at(-1) === '{' ? 'name' : 'value'
  if (char === ':') return expected === 'colon' ? 'value' : null
  if (expected === 'name' || expected === 'nameOrEnd') return char === '"' ? 'colon' : null
  if (expected !== 'value' && expected !== 'valueOrEnd') return null
  if (char === '{' || char === '[') {
    open.push(char)
    return char === '{' ? 'nameOrEnd' : 'valueOrEnd'
  }
  return open.length === 0 ? 'end' : 'commaOrEnd'
}

function endOfString(text: string, start: number): number | { readonly wrong: number } {
  for (let at = start + 1; at < text.length;) {
    const char = text[at] ?? ''
    if (char === '"') return at + 1
    const next = char === '\\' ? after(ESCAPE, text, at) : char < ' ' ? null : at + 1
    if (next === null) return { wrong: isCutEscape(text.slice(at)) ? text.length : at }
    at = next
  }
  return { wrong: text.length }
}

function after(pattern: RegExp, text: string, at: number): number | null {
  pattern.lastIndex = at
  return pattern.test(text) ? pattern.lastIndex : null
}

const isCutEscape = (rest: string): boolean => /^\\(?:u[0-9A-Fa-f]{0,3})?$/.test(rest)
