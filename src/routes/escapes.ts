/**
 * Percent-encoding, as RFC 3986 normalises it: escapes of letters, digits and `-._~` are resolved, all others are
 * kept in upper case, and what may not stand there raw is escaped. Escapes of reserved characters are kept because
 * some servers tell `+` from `%2B`; the meaning is the same before and after.
 */

const UNRESERVED = 1
/** May stand raw in a segment of a path. */
export const IN_PATH = 2
/** May stand raw in a name or value of a query. `+` may not: it means a blank there, which is written `%20`. */
export const IN_QUERY = 4

const PERCENT = 0x25

const CLASSES: Uint8Array = new Uint8Array(128)

const mark = (characters: string, bits: number): void => {
  for (const character of characters) {
    const code = character.charCodeAt(0)
    CLASSES[code] = (CLASSES[code] ?? 0) | bits
  }
}

mark('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~', UNRESERVED | IN_PATH | IN_QUERY)
mark("!$&'()*+,=:@", IN_PATH)
mark("!$'()*,=:@/?", IN_QUERY)

/** Reports whether a UTF-16 unit may stand raw in a place (`IN_PATH` or `IN_QUERY`). */
export const standsIn = (code: number, place: number): boolean =>
  code < 128 && ((CLASSES[code] ?? 0) & place) !== 0

const HEX = '0123456789ABCDEF'

const escapeOf = (code: number): string => `%${HEX.charAt(code >> 4)}${HEX.charAt(code & 15)}`

/** The value of a hexadecimal digit; -1 for any other unit. */
function digit(code: number): number {
  if (code >= 0x30 && code <= 0x39) return code - 0x30
  const lower = code | 0x20
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1
}

/** The byte that is written at `at`, where a `%` stands; -1 where no two hexadecimal digits follow. */
export function escapedByte(text: string, at: number): number {
  const high = digit(text.charCodeAt(at + 1))
  const low = digit(text.charCodeAt(at + 2))
  return high === -1 || low === -1 ? -1 : high * 16 + low
}

/**
 * Normalises the escapes of one segment, name or value.
 *
 * Shape: printable ASCII, with valid escapes only.
 */
export function normalizeEscapes(text: string, place: number): string {
  let normal = ''
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at)
    if (code === PERCENT) {
      const byte = escapedByte(text, at)
      normal += standsIn(byte, UNRESERVED) ? String.fromCharCode(byte) : escapeOf(byte)
      at += 2
    } else {
      normal += standsIn(code, place) ? text.charAt(at) : escapeOf(code)
    }
  }
  return normal
}

/** Escapes resolved, bytes read as UTF-8; null where they are not UTF-8 (too long, cut off or surrogates). */
export function decodeEscapes(text: string): string | null {
  try {
    return decodeURIComponent(text)
  } catch {
    // The one thing that is thrown is a URIError, which says no more than null does.
    return null
  }
}
