/**
 * Text that a caller chose must not be able to break a line, drive a terminal, hide itself or fill a disk. What is
 * written is JSON, which escapes the C0 controls; these are the characters it leaves as they are: DEL and the C1
 * controls, the soft hyphen, zero-width and bidirectional controls, the line and paragraph separators, the BOM.
 */
const UNSAFE =
  // eslint-disable-next-line no-control-regex -- control characters are what is looked for
  /[\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]/g

/**
 * Escapes what JSON leaves raw and a terminal or a log reader might act on. The text means the same afterwards.
 *
 * Shape: one line of JSON in, one line of JSON out; all such characters are inside its strings.
 */
export function escapeLine(json: string): string {
  return json.replace(UNSAFE, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

/** So much of a path is recorded, and of a resource. */
export const MAX_PATH = 1_024

/** Cuts a text to at most `max` UTF-16 units; `…` as the last one shows that something was cut. */
export function capText(text: string, max: number): string {
  return text.length <= max ? text : `${text.slice(0, max - 1)}…`
}
