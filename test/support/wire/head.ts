/**
 * A second reader of HTTP/1.1, for tests that ask whether somebody else would read the same. It shares no line with the
 * product, takes nothing that RFC 9112 does not know, and never guesses. Bytes are Latin-1 text.
 */

/** The field lines of a head or of trailers, as often as they came, without the blanks around their values. */
export type Fields = readonly (readonly [name: string, value: string])[]

/** How the body of a message is delimited: a number of bytes, chunks, the end of the connection, or there is none. */
export type Framing =
  | { readonly kind: 'length'; readonly length: number }
  | { readonly kind: 'chunks' }
  | { readonly kind: 'end' }

/** Bytes that no reader of RFC 9112 has to take. */
export class Violation extends Error {}

/** More bytes are needed. */
export const MORE: unique symbol = Symbol('more')

/** Something that was read, and where it ends. */
export interface Read<T> {
  readonly value: T
  readonly end: number
}

const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/
const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/

/** A line that ends in CR LF, without its end. Neither of the two may stand anywhere else. */
export function readLine(bytes: string, from: number): Read<string> | typeof MORE {
  const feed = bytes.indexOf('\n', from)
  const carriage = bytes.indexOf('\r', from)
  if (feed !== -1 && (carriage === -1 || carriage > feed)) throw new Violation('a bare LF')
  if (carriage !== -1 && carriage + 1 < bytes.length && carriage + 1 !== feed)
    throw new Violation('a bare CR')
  if (feed === -1) return MORE
  return { value: bytes.slice(from, feed - 1), end: feed + 1 }
}

/** Field lines up to and with the empty line. */
export function readFields(bytes: string, from: number): Read<Fields> | typeof MORE {
  const fields: [string, string][] = []
  let at = from
  for (;;) {
    const line = readLine(bytes, at)
    if (line === MORE) return MORE
    at = line.end
    if (line.value === '') return { value: fields, end: at }
    fields.push(fieldOf(line.value))
  }
}

function fieldOf(line: string): [string, string] {
  const colon = line.indexOf(':')
  const name = line.slice(0, Math.max(colon, 0))
  const value = line.slice(colon + 1)
  if (colon === -1 || !TOKEN.test(name)) throw new Violation(`no field line: ${JSON.stringify(line)}`)
  if (!VALUE.test(value)) throw new Violation(`no field value: ${JSON.stringify(line)}`)
  return [name, value.replace(/^[ \t]+|[ \t]+$/g, '')]
}

/** All values of a field, names in any case. */
export const fieldValues = (fields: Fields, name: string): string[] =>
  fields.filter(([sent]) => sent.toLowerCase() === name).map(([, value]) => value)

/** What the fields say of the body; null where they say nothing. */
export function framingOf(fields: Fields): Framing | null {
  const lengths = fieldValues(fields, 'content-length')
  const codings = fieldValues(fields, 'transfer-encoding')
  if (codings.length > 0) {
    if (lengths.length > 0) throw new Violation('a length and a transfer coding')
    if (codings.length > 1 || codings[0]?.toLowerCase() !== 'chunked')
      throw new Violation(`transfer codings: ${codings.join(' | ')}`)
    return { kind: 'chunks' }
  }
  if (lengths.length === 0) return null
  const [text = ''] = lengths
  if (lengths.length > 1 || !/^[0-9]{1,15}$/.test(text))
    throw new Violation(`lengths: ${lengths.join(' | ')}`)
  return { kind: 'length', length: Number(text) }
}

/** A body, as far as it is there: `end` is null while it is not complete. */
export interface ReadBody {
  readonly value: string
  readonly end: number | null
}

/** `isOver`: no more bytes come. */
export function readBody(bytes: string, from: number, framing: Framing, isOver: boolean): ReadBody {
  if (framing.kind === 'chunks') return readChunks(bytes, from)
  const end = framing.kind === 'end' ? bytes.length : from + framing.length
  const isComplete = framing.kind === 'end' ? isOver : bytes.length >= end
  return { value: bytes.slice(from, end), end: isComplete ? end : null }
}

/** A size, and extensions: nobody needs to understand them, but they must not end the line for anybody. */
const SIZE = /^([0-9A-Fa-f]{1,12})(?:[ \t]*;[\t\x20-\x7e\x80-\xff]*)?$/

function readChunks(bytes: string, from: number): ReadBody {
  let value = ''
  let at = from
  for (;;) {
    const line = readLine(bytes, at)
    if (line === MORE) return { value, end: null }
    const size = SIZE.exec(line.value)?.[1]
    if (size === undefined) throw new Violation(`a chunk of size ${JSON.stringify(line.value)}`)
    const length = Number.parseInt(size, 16)
    at = line.end
    if (length === 0) break
    value += bytes.slice(at, at + length)
    at += length
    const end = bytes.slice(at, at + 2)
    if (!'\r\n'.startsWith(end)) throw new Violation('a chunk that is longer than its size')
    if (end.length < 2) return { value, end: null }
    at += 2
  }
  const trailers = readFields(bytes, at)
  return { value, end: trailers === MORE ? null : trailers.end }
}
