import { ProtocolError } from '../errors.ts'
import { badTarget, canonicalPath } from './path.ts'
import { canonicalQuery, NO_QUERY, type QueryParameter } from './query.ts'

export {
  type IdentityParameters,
  type OwnIdentity,
  takeIdentityParameters,
  targetText,
} from './identity-parameters.ts'

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

/** How long a target may be: characters of path and query each, before and after, and parameters of the query. */
export interface TargetLimits {
  readonly targetBytes: number
  readonly parameters: number
}

/** The limits of a listener whose settings say nothing. */
export const USUAL_LIMITS: TargetLimits = { targetBytes: 8_192, parameters: 64 }

/**
 * Reads the target of a request line, or refuses it where two readers might understand two things.
 *
 * Shape: origin form only (`/path?query`); a fragment, an authority or `*` are refused. Escapes are normalised as
 * RFC 3986 has it, so that the canonical form of a canonical form is itself.
 * Errors: `ERR_HTTP_TARGET`, `ERR_HTTP_PARAMETER`, `ERR_HTTP_LIMIT`, each with a stable reason.
 * Example: `/webhdfs/v1/a/../%62?OP=OPEN` is sent as `/webhdfs/v1/b?op=OPEN`.
 */
export function canonicalTarget(raw: string, limits: TargetLimits = USUAL_LIMITS): CanonicalTarget {
  const { targetBytes: max, parameters: maxParameters } = limits
  if (raw.charCodeAt(0) !== 0x2f) throw otherForm(raw)
  const mark = raw.indexOf('?')
  const end = mark === -1 ? raw.length : mark
  if (end > max) throw tooLong('path', max)
  if (raw.length - end > max) throw tooLong('query', max)
  const { path, segments } = canonicalPath(mark === -1 ? raw : raw.slice(0, end))
  const { parameters, query } = mark === -1 ? NO_QUERY : canonicalQuery(raw.slice(end + 1), maxParameters)
  if (path.length > max) throw tooLong('path', max)
  if (query.length >= max) throw tooLong('query', max)
  return { path, segments, parameters, query }
}

const tooLong = (part: 'path' | 'query', max: number): ProtocolError => {
  const message = `the ${part} is longer than ${max} characters`
  return new ProtocolError('ERR_HTTP_LIMIT', `${part}_too_long`, message)
}

function otherForm(raw: string): ProtocolError {
  if (raw === '*') return badTarget('asterisk_form', 'the target is `*`, which names no path')
  if (/^[a-z][a-z0-9+.-]*:/i.test(raw))
    return badTarget('absolute_form', 'the target names a server, not a path')
  return badTarget('not_a_path', 'the target does not begin with a slash')
}
