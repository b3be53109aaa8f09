import { ProtocolError } from '../errors.ts'
import { isIdentityParameter } from '../routes/reserved.ts'

/** A form is read as a whole, so it has to fit. */
export const MAX_FORM_BYTES = 1_048_576
const MAX_FIELDS = 1_000

/** What a content type says about forms; anything that only mentions one counts, because some reader might agree. */
export function formKind(contentType: string | null): 'urlencoded' | 'multipart' | null {
  if (contentType === null) return null
  const folded = contentType.toLowerCase()
  if (folded.includes('x-www-form-urlencoded')) return 'urlencoded'
  return folded.includes('multipart/') ? 'multipart' : null
}

const PLAIN_TYPE = /^application\/x-www-form-urlencoded\s*(?:;\s*charset\s*=\s*"?(?:utf-8|us-ascii)"?\s*)?$/i

/**
 * Checks that a form can be read in one way only.
 *
 * Errors: `ERR_HTTP_FORM` (`form_body`) for another charset, a second type or a content coding.
 */
export function checkForm(contentType: string, contentEncoding: string | null): void {
  if (!PLAIN_TYPE.test(contentType.trim()))
    throw badForm('a form is taken as `application/x-www-form-urlencoded` in UTF-8 only')
  if (contentEncoding !== null && contentEncoding.trim().toLowerCase() !== 'identity')
    throw badForm('a form is not taken compressed')
}

/**
 * Calls a body bytes that is said to be a form where none is taken. It may be a file (`curl --data-binary` and the file
 * browser of the NameNode name every file a form), which is sent on unchanged, and nobody may read a name in it.
 *
 * Shape: `headers` is a flat list of names and values.
 */
export function nameBytes(headers: string[]): void {
  for (let at = 0; at < headers.length; at += 2)
    if (headers[at]?.toLowerCase() === 'content-type') headers[at + 1] = 'application/octet-stream'
}

/**
 * Takes every identity field out of a form and writes the rest anew: servers read forms like queries, and Hadoop
 * believes a `user.name` that it finds there.
 *
 * Errors: `ERR_HTTP_FORM` (`form_body`) where a name or value is not percent-encoded UTF-8, `ERR_HTTP_LIMIT`
 * (`form_too_large`) over a thousand fields.
 */
export function withoutIdentity(body: Buffer): Buffer {
  const pieces = body
    .toString('latin1')
    .split('&')
    .filter((piece) => piece !== '')
  if (pieces.length > MAX_FIELDS) throw formTooLarge()
  const kept: string[] = []
  for (const piece of pieces) {
    const equals = piece.indexOf('=')
    const name = decode(equals === -1 ? piece : piece.slice(0, equals))
    const value = decode(equals === -1 ? '' : piece.slice(equals + 1))
    if (isIdentityParameter(name)) continue
    kept.push(equals === -1 ? encode(name) : `${encode(name)}=${encode(value)}`)
  }
  return Buffer.from(kept.join('&'), 'latin1')
}

function decode(text: string): string {
  const bytes = Buffer.from(text, 'latin1').toString('utf8')
  try {
    const decoded = decodeURIComponent(bytes.replaceAll('+', ' '))
    if (!decoded.includes('\uFFFD')) return decoded
  } catch {
    // A URIError says no more than what is said below.
  }
  throw badForm('the form is not percent-encoded UTF-8')
}

const encode = (text: string): string => encodeURIComponent(text).replaceAll('%20', '+')

/** The form is larger than what is held in memory. */
export const formTooLarge = (): ProtocolError =>
  new ProtocolError('ERR_HTTP_LIMIT', 'form_too_large', `a form may have ${MAX_FORM_BYTES} bytes`)

/** A form that cannot be taken, or read in one way only; the message says why. */
export const badForm = (message: string): ProtocolError =>
  new ProtocolError('ERR_HTTP_FORM', 'form_body', message)
