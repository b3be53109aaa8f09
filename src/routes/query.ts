import { ProtocolError } from '../errors.ts'
import type { ProtocolReason } from '../errors/reasons.ts'
import { decodeEscapes, escapedByte, IN_QUERY, normalizeEscapes, standsIn } from './escapes.ts'
import { checkRaw } from './path.ts'
import { RESERVED_NAMES, type ReservedName, reservedName } from './reserved.ts'

/**
 * One parameter of the query.
 *
 * Shape: `name` and `value` are decoded, `value` empty where there is no `=`; `text` is how it is sent; `reserved`
 * is the one spelling of a reserved name, which is `name` then.
 */
export interface QueryParameter {
  readonly name: string
  readonly value: string
  readonly text: string
  readonly reserved: ReservedName | null
}

/** A query in its one form, without the `?`. */
export interface CanonicalQuery {
  readonly parameters: readonly QueryParameter[]
  readonly query: string
}

const AMPERSAND = 0x26
const EQUALS = 0x3d
const PERCENT = 0x25

/** One error for every parameter that would need a guess. */
export const badParameter = (reason: ProtocolReason, message: string): ProtocolError =>
  new ProtocolError('ERR_HTTP_PARAMETER', reason, message)

const tooMany = (max: number): ProtocolError =>
  new ProtocolError('ERR_HTTP_LIMIT', 'too_many_parameters', `the query has over ${max} parameters`)

/** No query at all. */
export const NO_QUERY: CanonicalQuery = { parameters: [], query: '' }

/** The text of a list of parameters. */
export function joinParameters(parameters: readonly QueryParameter[]): string {
  let query = ''
  for (const { text } of parameters) query = query === '' ? text : `${query}&${text}`
  return query
}

/**
 * Reads the query: split at `&` and at the first `=`, `+` and escapes decoded. `;` separates nothing.
 *
 * Shape: empty pieces are left out; order is kept. A reserved name in another case gets its one spelling.
 * Errors: `ERR_HTTP_PARAMETER`, `ERR_HTTP_LIMIT` (`too_many_parameters`), and `ERR_HTTP_TARGET` for characters that
 * may stand in no target.
 */
export function canonicalQuery(raw: string, maxParameters: number): CanonicalQuery {
  const parameters: QueryParameter[] = []
  let isAsGiven = true
  let seen = 0
  let start = 0
  let equals = -1
  let isPlain = true
  for (let at = 0; at <= raw.length; at += 1) {
    const code = at === raw.length ? AMPERSAND : raw.charCodeAt(at)
    if (code !== AMPERSAND) {
      if (code === EQUALS && equals === -1) equals = at
      else if (!standsIn(code, IN_QUERY)) isPlain = false
      continue
    }
    if (at > start) {
      if (parameters.length === maxParameters) throw tooMany(maxParameters)
      const piece = raw.slice(start, at)
      const split = equals === -1 ? piece.length : equals - start
      const parameter = isPlain ? plainParameter(piece, split) : encodedParameter(piece, split)
      if (parameter.reserved !== null) seen = checkReserved(parameter.reserved, parameter.value, seen)
      if (parameter.text !== piece) isAsGiven = false
      parameters.push(parameter)
    } else {
      isAsGiven = false
    }
    start = at + 1
    equals = -1
    isPlain = true
  }
  return { parameters, query: isAsGiven ? raw : joinParameters(parameters) }
}

function plainParameter(piece: string, split: number): QueryParameter {
  const name = piece.slice(0, split)
  const value = piece.slice(split + 1)
  const reserved = checkedName(name)
  if (reserved === null) return { name, value, text: piece, reserved }
  const text = name === reserved && split < piece.length ? piece : `${reserved}=${value}`
  return { name: reserved, value, text, reserved }
}

function encodedParameter(piece: string, split: number): QueryParameter {
  const rawName = unplus(piece.slice(0, split))
  const rawValue = unplus(piece.slice(split + 1))
  checkCharacters(rawName)
  checkCharacters(rawValue)
  const name = decodeEscapes(rawName)
  const value = decodeEscapes(rawValue)
  if (name === null || value === null)
    throw badParameter('bad_utf8', 'a parameter has escapes that are not UTF-8')
  if (/\p{Cc}/u.test(name))
    throw badParameter('control_character', 'the name of a parameter has a control character')
  const reserved = checkedName(name)
  const text = normalizeEscapes(rawValue, IN_QUERY)
  if (reserved !== null) return { name: reserved, value, text: `${reserved}=${text}`, reserved }
  const nameText = normalizeEscapes(rawName, IN_QUERY)
  return { name, value, text: split < piece.length ? `${nameText}=${text}` : nameText, reserved }
}

/** A `+` means a blank in every query that Hadoop reads; `%20` means it everywhere. */
const unplus = (text: string): string => (text.includes('+') ? text.replaceAll('+', '%20') : text)

function checkCharacters(text: string): void {
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at)
    if (code === PERCENT) {
      if (escapedByte(text, at) === -1)
        throw badParameter('bad_escape', 'a parameter has a `%` without two hexadecimal digits')
      at += 2
    } else {
      checkRaw(code)
    }
  }
}

function checkedName(name: string): ReservedName | null {
  const reserved = reservedName(name)
  if (reserved === 'doubtful')
    throw badParameter('ambiguous_parameter', 'the name of a parameter looks like a reserved one and is not')
  return reserved
}

/** Reserved names come once, and their values hold nothing that somebody might split or cut. */
function checkReserved(name: ReservedName, value: string, seen: number): number {
  const bit = 1 << RESERVED_NAMES.indexOf(name)
  if ((seen & bit) !== 0) throw badParameter('ambiguous_parameter', `\`${name}\` is given more than once`)
  if (/[;\p{Cc}]/u.test(value))
    throw badParameter('ambiguous_parameter', `the value of \`${name}\` has a \`;\` or a control character`)
  return seen | bit
}
