import { createHash, timingSafeEqual, type X509Certificate } from 'node:crypto'
import { AuthenticationError, ConfigError, ProtocolError } from '../errors.ts'
import type { MachineList } from '../hadoop/machine-list.ts'
import type { Authenticator, CredentialView } from './authenticator.ts'

/** Names that mean something to HTTP or to us; a client or proxy sets them for other reasons. */
const TAKEN = new Set(
  (
    'host connection content-length content-type transfer-encoding te trailer upgrade expect cookie authorization ' +
    'proxy-authorization forwarded x-forwarded-for x-forwarded-host x-forwarded-proto x-request-id accept range'
  ).split(' '),
)

/**
 * Who may say who is calling, and how.
 *
 * Shape: `header` carries the user or principal; `peers` are addresses that may use it. `shared` is the header with the
 * shared secret and the content of the secret's file, line ends at its end do not count; null: none is asked for.
 * `certificateNames` are names of client certificates; empty: none is asked for. Where both are asked for, both have to
 * be there.
 */
export interface TrustedHeaderOptions {
  readonly header: string
  readonly peers: MachineList
  readonly shared: { readonly header: string; readonly secret: Uint8Array } | null
  readonly certificateNames: readonly string[]
}

/**
 * Believes a proxy in front that has authenticated the caller: only from a listed peer, and only with its proof, the
 * shared secret or a client certificate. From anywhere else the headers mean nothing (*not mine*), and they are taken
 * off every request.
 *
 * Errors: `ERR_HTTP_FRAMING` (`duplicate_header`) where either header came twice; `ERR_AUTHN_INVALID` for a value
 * that is not UTF-8. At creation `ERR_CONFIG_SETTINGS` for unusable names, an empty secret, or no proof at all.
 */
export function createTrustedHeaderAuthenticator(options: TrustedHeaderOptions): Authenticator {
  const { peers, shared, certificateNames } = options
  const header = headerName(options.header)
  if (shared === null && certificateNames.length === 0)
    throw new ConfigError('ERR_CONFIG_SETTINGS', `anybody could send \`${header}\`: ask for a proof`)
  const hasSecret = shared === null ? () => true : secretCheck(shared.header, header, shared.secret)
  const hasName = certificateNames.length === 0 ? () => true : nameCheck(certificateNames)

  return {
    kind: 'trustedHeader',
    challenge: null,
    managedHeaders: shared === null ? [header] : [header, headerName(shared.header)],
    authenticate(view) {
      if (!peers.includes(view.peer) || !hasSecret(view) || !hasName(view)) return null
      const principal = single(view, header)
      return principal === null ? null : { principal: decoded(principal), method: 'SIMPLE' }
    },
  }
}

type Check = (view: CredentialView) => boolean

function secretCheck(secretHeader: string, header: string, bytes: Uint8Array): Check {
  const name = headerName(secretHeader)
  if (name === header)
    throw new ConfigError(
      'ERR_CONFIG_SETTINGS',
      `\`secretHeader\` must not be the header \`${header}\` itself`,
    )
  const wanted = digest(withoutLineEnd(bytes))
  return (view) => {
    const secret = single(view, name)
    return secret !== null && timingSafeEqual(digest(Buffer.from(secret, 'latin1')), wanted)
  }
}

/**
 * The DNS names of a certificate count; without any, its common name. A pattern in a certificate (`*.example.com`) is
 * nobody's name.
 *
 * Source: RFC 9525 section 6.3; OpenSSL X509_check_host.
 */
function nameCheck(names: readonly string[]): Check {
  // A connection keeps its certificate, so it is looked at once.
  const known = new WeakMap<X509Certificate, boolean>()
  return ({ certificate }) => {
    if (certificate === null) return false
    let is = known.get(certificate)
    if (is === undefined) {
      is = names.some((name) => certificate.checkHost(name, EXACTLY) !== undefined)
      known.set(certificate, is)
    }
    return is
  }
}

const EXACTLY = { subject: 'default', wildcards: false } as const

function headerName(text: string): string {
  const name = text.toLowerCase()
  if (/^[a-z0-9-]+$/.test(name) && !TAKEN.has(name)) return name
  throw new ConfigError('ERR_CONFIG_SETTINGS', `\`${text}\` cannot be the header of an identity`)
}

/** Both sides are hashed, so that comparing takes the same time whatever their lengths. */
function digest(secret: Uint8Array): Buffer {
  return createHash('sha256').update(secret).digest()
}

function withoutLineEnd(secret: Uint8Array): Uint8Array {
  let end = secret.length
  while (end > 0 && (secret[end - 1] === 0x0a || secret[end - 1] === 0x0d)) end -= 1
  if (end === 0)
    throw new ConfigError('ERR_CONFIG_SETTINGS', 'the shared secret of a trusted header is empty')
  return secret.subarray(0, end)
}

function single(view: CredentialView, name: string): string | null {
  const values = view.header(name)
  if (values.length > 1)
    throw new ProtocolError(
      'ERR_HTTP_FRAMING',
      'duplicate_header',
      `the header \`${name}\` came more than once`,
    )
  return values[0] ?? null
}

/** Node gives header bytes as Latin-1; names beyond ASCII are UTF-8. A BOM is kept, so that it is refused. */
function decoded(value: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Buffer.from(value, 'latin1'))
  } catch (cause) {
    throw new AuthenticationError('ERR_AUTHN_INVALID', 'the name in the trusted header is not UTF-8', {
      cause,
    })
  }
}
