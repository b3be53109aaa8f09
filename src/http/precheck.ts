import type { IncomingMessage } from 'node:http'
import { ProtocolError } from '../errors.ts'
import type { ProtocolReason } from '../errors/reasons.ts'
import { BAD_VALUE, TOKEN } from './header-list.ts'
import { type HeaderRole, type HeaderRoles, isHopByHop } from './header-roles.ts'

/**
 * The head of a request, read once and without doubt.
 *
 * Shape: `passed` is a flat list of names and values that may go on as they are; `length` is that of the body, 0 for
 * none, null for one that comes in chunks. Lists hold every line that was sent.
 */
export interface RequestHead {
  readonly method: string
  readonly passed: string[]
  readonly host: string | null
  readonly length: number | null
  readonly contentType: string | null
  readonly contentEncoding: string | null
  readonly cookies: readonly string[]
  readonly forwardedFor: readonly string[]
  readonly forwarded: readonly string[]
  readonly accept: string | null
  readonly requestId: string | null
  readonly expectsContinue: boolean
}

const NONE: readonly string[] = []

/** The methods that exist here. What a route takes is decided later. */
const METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS'])

const NEVER: ReadonlySet<string> = new Set(['TRACE', 'CONNECT'])

const HOST = /^(?:[A-Za-z0-9._~-]+|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?$/
/** Reports whether a text is a name or an address, with or without a port: what a `Host` header holds. */
export const isHost = (text: string): boolean => HOST.test(text)

const DIGITS = /^\d{1,15}$/

/** What a header may not be nominated away: we read it, or set it ourselves. */
const NOT_NOMINATED: ReadonlySet<HeaderRole> = new Set<HeaderRole>([
  'managed',
  'host',
  'content-length',
  'transfer-encoding',
  'content-type',
  'content-encoding',
  'cookie',
  'authorization',
  'forwarded-for',
  'forwarded',
  'expect',
])

/**
 * Reads the head of a request, and refuses whatever two parsers might understand in two ways. Node's parser is strict
 * about bytes; this is strict about meaning. `mayUpgrade`: that another protocol is asked for is judged elsewhere.
 *
 * Errors: `ERR_HTTP_FRAMING` and `ERR_HTTP_LIMIT`, each with a stable reason; the connection is closed after any.
 * Source: RFC 9112 sections 2.3, 3.2 and 6; RFC 9110 section 7.6.1.
 */
export function precheck(
  request: IncomingMessage,
  roles: HeaderRoles,
  maxHeaders: number,
  mayUpgrade = false,
): RequestHead {
  const { rawHeaders: raw, httpVersion: version } = request
  const method = request.method ?? ''
  if (version !== '1.1' && version !== '1.0')
    throw framing('http_version', 'only HTTP/1.1 and 1.0 are spoken')
  if (raw.length > 2 * maxHeaders)
    throw new ProtocolError('ERR_HTTP_LIMIT', 'too_many_headers', `over ${maxHeaders} headers`)
  if (!METHODS.has(method))
    throw NEVER.has(method)
      ? framing('method_not_allowed', 'the method is never taken')
      : framing('method_unknown', 'the method is not known')
  const lines = readLines(raw, roles)
  const { host, nominated } = lines
  if (host === null ? version === '1.1' : !isHost(host))
    throw framing('host', 'the request needs one Host header that is a name or an address')
  if (nominated !== null) {
    if (lines.hasUpgrade && nominated.includes('upgrade') && !mayUpgrade)
      throw framing('upgrade', 'the protocol cannot be changed here')
    dropNominated(lines, nominated, roles)
  }
  const length = bodyLength(lines, version)
  if (length !== 0 && (method === 'GET' || method === 'HEAD'))
    throw framing('body_not_allowed', `a ${method} has no body`)
  return {
    method,
    passed: lines.passed,
    host,
    length,
    contentType: lines.contentType,
    contentEncoding: lines.contentEncoding,
    cookies: lines.cookies,
    forwardedFor: lines.forwardedFor,
    forwarded: lines.forwarded,
    accept: lines.accept,
    requestId: lines.requestId,
    expectsContinue: expectsContinue(lines.expect, version),
  }
}

/** What one walk over the header lines finds. */
class Lines {
  readonly passed: string[] = []
  host: string | null = null
  contentLength: string | null = null
  transferEncoding: string | null = null
  contentType: string | null = null
  contentEncoding: string | null = null
  expect: string | null = null
  accept: string | null = null
  requestId: string | null = null
  authorization: string | null = null
  hasUpgrade = false
  cookies: readonly string[] = NONE
  forwardedFor: readonly string[] = NONE
  forwarded: readonly string[] = NONE
  nominated: readonly string[] | null = null
  managed: Set<string> | null = null
}

function readLines(raw: readonly string[], roles: HeaderRoles): Lines {
  const lines = new Lines()
  for (let at = 0; at < raw.length; at += 2) {
    const name = raw[at] ?? ''
    const value = raw[at + 1] ?? ''
    if (BAD_VALUE.test(value)) throw framing('header_value', 'a header has a control character')
    const role = roles.roleOf(name)
    switch (role) {
      case 'pass':
        lines.passed.push(name, value)
        break
      case 'drop':
        break
      case 'managed': {
        const folded = name.toLowerCase()
        if (lines.managed?.has(folded)) throw duplicate(folded)
        lines.managed = (lines.managed ?? new Set()).add(folded)
        break
      }
      case 'host':
        lines.host = once(lines.host, value, role)
        break
      case 'content-length':
        lines.contentLength = once(lines.contentLength, value, role)
        break
      case 'transfer-encoding':
        lines.transferEncoding = once(lines.transferEncoding, value, role)
        break
      case 'content-type':
        lines.contentType = once(lines.contentType, value, role)
        lines.passed.push(name, value)
        break
      case 'content-encoding':
        lines.contentEncoding = once(lines.contentEncoding, value, role)
        lines.passed.push(name, value)
        break
      case 'authorization':
        lines.authorization = once(lines.authorization, value, role)
        break
      case 'expect':
        lines.expect = once(lines.expect, value, role)
        break
      case 'upgrade':
        lines.hasUpgrade = true
        break
      case 'connection':
        lines.nominated = nominations(lines.nominated ?? NONE, value)
        break
      case 'cookie':
        lines.cookies = [...lines.cookies, value]
        break
      case 'forwarded-for':
        lines.forwardedFor = [...lines.forwardedFor, value]
        break
      case 'forwarded':
        lines.forwarded = [...lines.forwarded, value]
        break
      case 'accept':
        lines.accept = lines.accept === null ? value : `${lines.accept}, ${value}`
        lines.passed.push(name, value)
        break
      case 'request-id':
        lines.requestId = value
        lines.passed.push(name, value)
        break
    }
  }
  return lines
}

/** The names in `Connection`, beside the two words that are no names. */
function nominations(before: readonly string[], value: string): readonly string[] {
  if (value === 'keep-alive' || value === 'close') return before
  const names = value
    .split(',')
    .map((name) => name.trim().toLowerCase())
    .filter((name) => name !== '')
  if (!names.every((name) => TOKEN.test(name)))
    throw framing('connection', 'the header Connection is malformed')
  return [...before, ...names.filter((name) => name !== 'keep-alive' && name !== 'close')]
}

/** A client must not be able to take away what the proxy reads or adds (CVE-2026-33805 and its kin). */
function dropNominated(lines: Lines, nominated: readonly string[], roles: HeaderRoles): void {
  for (const name of nominated) {
    const role = roles.roleOf(name)
    if (NOT_NOMINATED.has(role) || (role === 'drop' && !isHopByHop(name)))
      throw framing(
        'connection_nomination',
        'the header Connection names a header that is not of the connection',
      )
  }
  const { passed } = lines
  let kept = 0
  for (let at = 0; at < passed.length; at += 2) {
    if (nominated.includes((passed[at] ?? '').toLowerCase())) continue
    passed[kept] = passed[at] ?? ''
    passed[kept + 1] = passed[at + 1] ?? ''
    kept += 2
  }
  passed.length = kept
}

function bodyLength({ contentLength, transferEncoding }: Lines, version: string): number | null {
  if (transferEncoding !== null) {
    if (contentLength !== null) throw framing('length_and_chunked', 'Content-Length and Transfer-Encoding')
    if (version === '1.0') throw framing('chunked_in_1_0', 'HTTP/1.0 has no Transfer-Encoding')
    const coding = transferEncoding.trim().toLowerCase()
    if (coding === 'chunked') return null
    if (/(?:^|[\s,])chunked$/.test(coding))
      throw framing('transfer_coding', 'of the transfer codings only `chunked` is taken')
    throw framing('no_length', 'the body has no length: the last transfer coding is not `chunked`')
  }
  if (contentLength === null) return 0
  const digits = contentLength.trim()
  if (!DIGITS.test(digits)) throw framing('content_length', 'Content-Length is no number')
  return Number(digits)
}

function expectsContinue(expect: string | null, version: string): boolean {
  if (expect === null || version === '1.0') return false
  if (expect.trim().toLowerCase() === '100-continue') return true
  throw framing('expectation', 'the only expectation that can be met is `100-continue`')
}

function once(before: string | null, value: string, name: string): string {
  if (before !== null) throw duplicate(name)
  return value
}

const duplicate = (name: string): ProtocolError =>
  framing('duplicate_header', `the header \`${name}\` came more than once`)

const framing = (reason: ProtocolReason, message: string): ProtocolError =>
  new ProtocolError('ERR_HTTP_FRAMING', reason, message)
