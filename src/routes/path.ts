import { ProtocolError } from '../errors.ts'
import type { ProtocolReason } from '../errors/reasons.ts'
import { decodeEscapes, escapedByte, IN_PATH, normalizeEscapes, standsIn } from './escapes.ts'

/**
 * A path in its one form.
 *
 * Shape: `path` is what is sent; `segments` are decoded, without the empty one behind a trailing slash.
 */
export interface CanonicalPath {
  readonly path: string
  readonly segments: readonly string[]
}

const SLASH = 0x2f
const DOT = 0x2e
const PERCENT = 0x25

/** A name may be encoded thrice over (the Java client does it to `%`); more is nobody's name. */
const MAX_ROUNDS = 4

/** One error for every path that would need a guess. */
export const badTarget = (reason: ProtocolReason, message: string): ProtocolError =>
  new ProtocolError('ERR_HTTP_TARGET', reason, message)

/**
 * Brings a path that begins with a slash into its one form.
 *
 * Shape: dot segments are resolved, plain or encoded; a trailing slash is kept. A path of plain characters is given
 * back as it is.
 * Errors: `ERR_HTTP_TARGET`.
 */
export function canonicalPath(raw: string): CanonicalPath {
  const segments: string[] = []
  let start = 1
  for (let at = 1; at <= raw.length; at += 1) {
    const code = at === raw.length ? SLASH : raw.charCodeAt(at)
    if (code !== SLASH) {
      if (!standsIn(code, IN_PATH)) return canonicalByParts(raw)
      continue
    }
    if (at === start && at < raw.length) return canonicalByParts(raw)
    if (at > start) {
      if (raw.charCodeAt(start) === DOT && at - start <= 2) return canonicalByParts(raw)
      segments.push(raw.slice(start, at))
    }
    start = at + 1
  }
  return { path: raw, segments }
}

function canonicalByParts(raw: string): CanonicalPath {
  const parts = raw.slice(1).split('/')
  const segments: string[] = []
  const texts: string[] = []
  let isOpen = false
  for (const [index, part] of parts.entries()) {
    isOpen = part === ''
    if (part === '') {
      if (index === parts.length - 1) break
      throw badTarget('empty_segment', 'the path has an empty segment (`//`)')
    }
    const segment = readSegment(part)
    if (segment === '.' || segment === '..') {
      if (segment === '..' && segments.pop() === undefined)
        throw badTarget('above_root', 'the path leads above the root')
      if (segment === '..') texts.pop()
      isOpen = true
      continue
    }
    segments.push(segment)
    texts.push(normalizeEscapes(part, IN_PATH))
  }
  if (segments[0] !== undefined && ESCAPE.test(segments[0]))
    throw badTarget('double_encoding', 'the first segment of the path is encoded twice')
  const body = texts.join('/')
  return { path: isOpen && body !== '' ? `/${body}/` : `/${body}`, segments }
}

function readSegment(part: string): string {
  let isEscaped = false
  for (let at = 0; at < part.length; at += 1) {
    const code = part.charCodeAt(at)
    if (code === PERCENT) {
      checkEscape(part, at)
      isEscaped = true
      at += 2
    } else if (!standsIn(code, IN_PATH)) {
      checkRaw(code)
      if (code === 0x5c) throw badTarget('backslash', 'the path has a backslash')
      if (code === 0x3b) throw badTarget('path_parameter', 'the path has a parameter (`;`)')
    }
  }
  if (!isEscaped) return part
  const segment = decodeEscapes(part)
  if (segment === null) throw badTarget('bad_utf8', 'the path has escapes that are not UTF-8')
  if (CONTROL.test(segment)) throw badTarget('control_character', 'the path has a control character')
  if (isHiddenDots(segment))
    throw badTarget('dot_segment', 'the path has a dot segment with something behind')
  checkDeeper(segment)
  return segment
}

function checkEscape(part: string, at: number): void {
  const byte = escapedByte(part, at)
  if (byte === -1) throw badTarget('bad_escape', 'the path has a `%` without two hexadecimal digits')
  if (byte === SLASH) throw badTarget('encoded_slash', 'the path has an encoded slash')
  if (byte === 0x5c) throw badTarget('backslash', 'the path has an encoded backslash')
}

/** Refuses what may stand raw in no target. Blanks count as controls: they end a target. */
export function checkRaw(code: number): void {
  if (code <= 0x20 || code === 0x7f)
    throw badTarget('control_character', 'the target has a control character')
  if (code > 0x7f) throw badTarget('not_ascii', 'the target has a character that has to be percent-encoded')
  if (code === 0x23) throw badTarget('fragment', 'the target has a fragment (`#`)')
}

const CONTROL = /\p{Cc}/u
const ESCAPE = /%[0-9A-Fa-f]{2}/

/** `..;x`: servers that cut parameters off after decoding are left with a dot segment. */
const isHiddenDots = (segment: string): boolean => /^\.{1,2};/.test(segment)

/** What no later decoding may bring to light, bytes read as Latin-1: separators, controls, dots, overlong UTF-8. */
function hidesPath(text: string): boolean {
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at)
    if (code < 0x20 || code === 0x7f || code === SLASH || code === 0x5c) return true
    if (code === 0xc0 || code === 0xc1) return true
    const next = text.charCodeAt(at + 1)
    if ((code === 0xe0 && next >= 0x80 && next < 0xa0) || (code === 0xf0 && next >= 0x80 && next < 0x90))
      return true
  }
  return /^\.{1,2}(?:;|$)/.test(text)
}

/**
 * Some servers decode again. A `%` in a name is fine as long as nothing that matters to a path appears then.
 */
function checkDeeper(segment: string): void {
  let text = segment
  for (let round = 0; ESCAPE.test(text); round += 1) {
    text = text.replace(/%([0-9A-Fa-f]{2})/g, (_, hex: string) =>
      String.fromCharCode(Number.parseInt(hex, 16)),
    )
    if (round >= MAX_ROUNDS || hidesPath(text))
      throw badTarget('double_encoding', 'the path is encoded more than once and hides a separator')
  }
}
