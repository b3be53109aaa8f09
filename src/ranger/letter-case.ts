/**
 * Java's idea of the same letter in another case. JavaScript's `toLowerCase` works on whole texts (`ß` becomes `SS`, a
 * last sigma differs from one inside); Java compares one UTF-16 unit after the other.
 */

const DOTTED_CAPITAL_I = 0x130
const SMALL_I = 0x69
/** What may have another form; plain small letters have none. */
const FOLDS = /[A-Z\u0080-\uffff]/

/**
 * Brings a UTF-16 unit into the one form that all its cases share.
 *
 * Source: java.lang.String#equalsIgnoreCase, #regionMatches: upper case, then lower case, of one unit.
 */
export function foldCode(code: number): number {
  if (code < 0x80) return code >= 0x41 && code <= 0x5a ? code + 0x20 : code
  if (code === DOTTED_CAPITAL_I) return SMALL_I
  const upper = single(String.fromCharCode(code).toUpperCase(), code)
  return single(String.fromCharCode(upper).toLowerCase(), upper)
}

/** Brings a text into the form that all its cases share; its length stays. */
export function foldCase(text: string): string {
  if (!FOLDS.test(text)) return text
  let folded = ''
  for (let at = 0; at < text.length; at += 1) folded += String.fromCharCode(foldCode(text.charCodeAt(at)))
  return folded
}

/** The one unit of a text; what it came from where the other case takes several, as Java has it for a `char`. */
const single = (text: string, code: number): number => (text.length === 1 ? text.charCodeAt(0) : code)
