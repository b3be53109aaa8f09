import { ProtocolError } from '../errors.ts'
import { badTarget, canonicalPath } from './path.ts'
import { canonicalQuery, NO_QUERY, type QueryParameter } from './query.ts'

export { type IdentityParameters, takeIdentityParameters, targetText } from './identity-parameters.ts'

/**
 * A request target in its one form. What is decided on is what is sent: `path` and `query` are the bytes for the
 * upstream, `segments` and `parameters` are what they mean.
 *
 * Shape: `path` begins with a slash and holds no `//`, dot segment, `;`, `\` or encoded slash, a trailing slash is
 * kept; `segments` are decoded, without the empty one behind a trailing slash; `query` has no `?` and is empty where
 * there is none; reserved names appear in `parameters` once at most, in their one spelling.
 */
export interface CanonicalTarget {
  readonly path: string
  readonly segments: readonly string[]
  readonly parameters: readonly QueryParameter[]
  readonly query: string
}

/** In characters, path and query each, before and after. */
const MAX_LENGTH = 8_192

/**
 * Reads the target of a request line, or refuses it where two readers might understand two things.
 *
 * Shape: origin form only (`/path?query`); a fragment, an authority or `*` are refused. Escapes are normalised as
 * RFC 3986 has it, so that the canonical form of a canonical form is itself.
 * Errors: `ERR_HTTP_TARGET`, `ERR_HTTP_PARAMETER`, `ERR_HTTP_LIMIT`, each with a stable reason.
 * Example: `/webhdfs/v1/a/../%62?OP=OPEN` is sent as `/webhdfs/v1/b?op=OPEN`.
 */
export function canonicalTarget(raw: string): CanonicalTarget {
  if (raw.charCodeAt(0) !== 0x2f) throw otherForm(raw)
  const mark = raw.indexOf('?')
  const end = mark === -1 ? raw.length : mark
  if (end > MAX_LENGTH) throw tooLong('path')
  if (raw.length - end > MAX_LENGTH) throw tooLong('query')
  const { path, segments } = canonicalPath(mark === -1 ? raw : raw.slice(0, end))
  const { parameters, query } = mark === -1 ? NO_QUERY : canonicalQuery(raw.slice(end + 1))
  if (path.length > MAX_LENGTH) throw tooLong('path')
  if (query.length >= MAX_LENGTH) throw tooLong('query')
  return { path, segments, parameters, query }
}

const tooLong = (part: 'path' | 'query'): ProtocolError => {
  const message = `the ${part} is longer than ${MAX_LENGTH} characters`
  return new ProtocolError('ERR_HTTP_LIMIT', `${part}_too_long`, message)
}

function otherForm(raw: string): ProtocolError {
  if (raw === '*') return badTarget('asterisk_form', 'the target is `*`, which names no path')
  if (/^[a-z][a-z0-9+.-]*:/i.test(raw))
    return badTarget('absolute_form', 'the target names a server, not a path')
  return badTarget('not_a_path', 'the target does not begin with a slash')
}
