import { isIP, isIPv6 } from 'node:net'
import { ProtocolError } from '../errors.ts'

const TOKEN = /[!#$%&'*+.^_`|~0-9A-Za-z-]+/y
const QUOTED = /"((?:[\t \x21\x23-\x5b\x5d-\x7e\x80-\xff]|\\[\t \x21-\x7e\x80-\xff])*)"/y
const BLANKS = /[ \t]*/y
/** The longest address with brackets and port has 54 characters; a few blanks may stand around it. */
const MAX_HOP = 128

/**
 * Reads one hop of a forwarded chain.
 *
 * Shape: `192.0.2.1`, `192.0.2.1:80`, `2001:db8::1`, `[2001:db8::1]`, `[2001:db8::1]:80`; the port is dropped.
 * Errors: `ERR_HTTP_FORWARDED` (`forwarded_address`) for anything else: names, `unknown`, `_hidden`, octal,
 * hexadecimal and short forms, zones. An address that has to be guessed cannot be held against a list.
 * Source: RFC 7239 section 6.
 */
export function parseHop(text: string): string {
  if (text.length > MAX_HOP) throw unreadable('a forwarded address is too long')
  const hop = text.replace(/^[ \t]+|[ \t]+$/g, '')
  if (hop.includes('%')) throw unreadable('a forwarded address has a zone')
  if (isIP(hop) !== 0) return hop
  const match = /^(?:\[([0-9A-Fa-f:.]+)\]|([0-9.]+))(?::(\d{1,5}))?$/.exec(hop)
  const [, six, four, port] = match ?? []
  if (port !== undefined && Number(port) > 65_535)
    throw unreadable('the port of a forwarded address is too high')
  if (six !== undefined && isIPv6(six)) return six
  if (four !== undefined && isIP(four) === 4) return four
  throw unreadable('a trusted proxy sent a forwarded address that is not an address')
}

/**
 * Splits the lines of `X-Forwarded-For` into hops, oldest first; they are not parsed yet, because what stands left
 * of the first untrusted hop is the client's own text and is never looked at.
 */
export function forwardedForHops(lines: readonly string[]): string[] {
  const joined = lines.join(',')
  return /^[ \t,]*$/.test(joined) && !joined.includes(',') ? [] : joined.split(',')
}

/**
 * Splits the lines of `Forwarded` into the texts of their `for=`, oldest first.
 *
 * The whole of it is read strictly from the left, line by line: quotes opened by a client must not swallow what a
 * proxy has appended.
 * Errors: `ERR_HTTP_FORWARDED` (`forwarded_header`) for anything the grammar does not have, and for an element
 * without `for=` or with two.
 * Source: RFC 7239 section 4.
 */
export function forwardedHops(lines: readonly string[]): string[] {
  return lines.filter((line) => !/^[ \t]*$/.test(line)).flatMap((line) => new Elements(line).hops())
}

/** A cursor over one header line. */
class Elements {
  readonly #text: string
  #at = 0

  constructor(text: string) {
    this.#text = text
  }

  hops(): string[] {
    const hops: string[] = []
    do hops.push(this.#element())
    while (this.#skip(','))
    if (this.#at < this.#text.length) throw unreadableHeader()
    return hops
  }

  #element(): string {
    const parameters = new Map<string, string>()
    do {
      this.#take(BLANKS)
      const name = this.#take(TOKEN)[0].toLowerCase()
      if (this.#text[this.#at++] !== '=' || parameters.has(name)) throw unreadableHeader()
      parameters.set(name, this.#value())
      this.#take(BLANKS)
    } while (this.#skip(';'))
    const hop = parameters.get('for')
    if (hop === undefined) throw unreadableHeader()
    return hop
  }

  #value(): string {
    if (this.#text[this.#at] !== '"') return this.#take(TOKEN)[0]
    return (this.#take(QUOTED)[1] ?? '').replace(/\\(.)/g, '$1')
  }

  #skip(separator: string): boolean {
    if (this.#text[this.#at] !== separator) return false
    this.#at += 1
    return true
  }

  #take(pattern: RegExp): RegExpExecArray {
    pattern.lastIndex = this.#at
    const match = pattern.exec(this.#text)
    if (match === null) throw unreadableHeader()
    this.#at = pattern.lastIndex
    return match
  }
}

const unreadable = (message: string): ProtocolError =>
  new ProtocolError('ERR_HTTP_FORWARDED', 'forwarded_address', message)

const unreadableHeader = (): ProtocolError =>
  new ProtocolError(
    'ERR_HTTP_FORWARDED',
    'forwarded_header',
    'the header `Forwarded` of a trusted proxy is malformed',
  )
