import { UnavailableError } from '../../errors.ts'
import { TOKEN } from '../header-list.ts'

/**
 * The head of an answer as an upstream sent it, understood in the one way in which it can be.
 *
 * Shape: `headers` is a flat list of names and values in Latin-1, in order, without blanks around the values. `length`
 * is what `Content-Length` says, null without one. `keepsFor` is how long the connection may wait for its next request,
 * in milliseconds: 0 where it ends with this answer, null where nothing is said about it.
 */
export interface ReceivedHead {
  readonly status: number
  readonly headers: readonly string[]
  readonly length: number | null
  readonly isChunked: boolean
  readonly keepsFor: number | null
}

/** Some servers leave out the blank where they give no reason. */
const STATUS_LINE = /^HTTP\/1\.[01] [1-9]\d\d(?: |\r|$)/
/** Control characters anywhere, and line ends that are not CR LF: other readers see other lines. */
const BAD = /[^\t\r\n\x20-\x7e\x80-\xff]|\r(?!\n)|(?<!\r)\n/
const LENGTH = /^\d{1,15}$/
/** A connection is given up so long before its upstream does it, for a request may be on its way by then. */
const MARGIN_MS = 1_000

/**
 * Reads a head.
 *
 * Shape: `text` is everything before the empty line, in Latin-1.
 * Errors: `ERR_UPSTREAM_PROTOCOL` for whatever two readers might understand in two ways: folded lines, two lengths, a
 * length beside chunks, chunks of HTTP/1.0, another transfer coding, a blank before a colon.
 * Source: RFC 9112 sections 4, 5 and 6; stricter where it allows a recipient to be lenient.
 */
export function readHead(text: string): ReceivedHead {
  if (!STATUS_LINE.test(text)) throw broken('the answer of the upstream does not begin as one')
  if (BAD.test(text)) throw broken('the head of an answer has a character that none may have')
  const status = Number(text.slice(9, 12))
  const isOld = text.charCodeAt(7) === 0x30
  const headers: string[] = []
  let length: number | null = null
  let isChunked = false
  let connection: string | null = null
  let keepAlive: string | null = null
  let at = endOfLine(text, 0) + 2
  while (at < text.length) {
    const end = endOfLine(text, at)
    const colon = text.indexOf(':', at)
    const name = colon === -1 || colon > end ? '' : text.slice(at, colon)
    if (!TOKEN.test(name)) throw broken('a header of an answer has no name')
    const value = trimmed(text, colon + 1, end)
    headers.push(name, value)
    switch (framingOf(name)) {
      case 'content-length':
        if (length !== null || !LENGTH.test(value)) throw broken('the length of an answer is not clear')
        length = Number(value)
        break
      case 'transfer-encoding':
        if (isChunked || value.toLowerCase() !== 'chunked')
          throw broken('the transfer coding of an answer is not `chunked`')
        isChunked = true
        break
      case 'connection':
        connection = connection === null ? value : `${connection},${value}`
        break
      case 'keep-alive':
        keepAlive = value
        break
      case null:
        break
    }
    at = end + 2
  }
  if (isChunked && length !== null) throw broken('an answer has a length and chunks')
  if (isChunked && isOld) throw broken('an answer of HTTP/1.0 comes in chunks')
  return { status, headers, length, isChunked, keepsFor: keepsFor(isOld, connection, keepAlive) }
}

/** Whether a status has no body, whatever its headers say. */
export const isBodiless = (status: number): boolean => status < 200 || status === 204 || status === 304

/** What is not HTTP/1.1, or can be read in two ways. */
export const broken = (message: string): UnavailableError =>
  new UnavailableError('ERR_UPSTREAM_PROTOCOL', message, { retryable: false })

function endOfLine(text: string, from: number): number {
  const end = text.indexOf('\r\n', from)
  return end === -1 ? text.length : end
}

function trimmed(text: string, from: number, to: number): string {
  let start = from
  let end = to
  while (start < end && isBlank(text.charCodeAt(start))) start += 1
  while (end > start && isBlank(text.charCodeAt(end - 1))) end -= 1
  return text.slice(start, end)
}

const isBlank = (code: number): boolean => code === 0x20 || code === 0x09

type Framing = 'content-length' | 'transfer-encoding' | 'connection' | 'keep-alive'

/** Most names are told by their length alone. */
function framingOf(name: string): Framing | null {
  if (name.length !== 10 && name.length !== 14 && name.length !== 17) return null
  const folded = name.toLowerCase()
  return folded === 'content-length' ||
    folded === 'transfer-encoding' ||
    folded === 'connection' ||
    folded === 'keep-alive'
    ? folded
    : null
}

function keepsFor(isOld: boolean, connection: string | null, keepAlive: string | null): number | null {
  const words = connection === null ? [] : connection.toLowerCase().split(',')
  const says = (word: string): boolean => words.some((other) => other.trim() === word)
  if (says('close') || (isOld && !says('keep-alive'))) return 0
  const seconds = keepAlive === null ? null : /(?:^|[\s,;])timeout\s*=\s*(\d{1,6})/i.exec(keepAlive)?.[1]
  return seconds === null || seconds === undefined ? null : Math.max(0, Number(seconds) * 1_000 - MARGIN_MS)
}
