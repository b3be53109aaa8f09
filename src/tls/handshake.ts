import type { TLSSocket } from 'node:tls'
import type { ConnectionReason } from '../errors/connection-reasons.ts'

const FAILURES: ReadonlyMap<string, ConnectionReason> = new Map<string, ConnectionReason>([
  ['ERR_SSL_HTTP_REQUEST', 'tls_not_tls'],
  ['ERR_SSL_HTTPS_PROXY_REQUEST', 'tls_not_tls'],
  ['ERR_SSL_WRONG_VERSION_NUMBER', 'tls_not_tls'],
  ['ERR_SSL_PACKET_LENGTH_TOO_LONG', 'tls_not_tls'],
  ['ERR_SSL_UNSUPPORTED_PROTOCOL', 'tls_no_shared_parameters'],
  ['ERR_SSL_VERSION_TOO_LOW', 'tls_no_shared_parameters'],
  ['ERR_SSL_NO_SHARED_CIPHER', 'tls_no_shared_parameters'],
  ['ERR_SSL_NO_APPLICATION_PROTOCOL', 'tls_no_shared_parameters'],
  ['ERR_SSL_NO_SUITABLE_KEY_SHARE', 'tls_no_shared_parameters'],
  ['ERR_SSL_NO_SHARED_GROUP', 'tls_no_shared_parameters'],
  ['ERR_SSL_NO_SUITABLE_SIGNATURE_ALGORITHM', 'tls_no_shared_parameters'],
  ['ERR_SSL_PEER_DID_NOT_RETURN_A_CERTIFICATE', 'tls_client_certificate_missing'],
  ['ECONNRESET', 'tls_aborted'],
  ['EPIPE', 'tls_aborted'],
  ['ERR_TLS_HANDSHAKE_TIMEOUT', 'tls_timeout'],
])

/** Sorts what Node reports of a handshake that failed on a listener. */
export function handshakeFailure(
  error: Error,
  socket: Pick<TLSSocket, 'authorizationError'>,
): ConnectionReason {
  // Node looks at the certificate once the handshake is over, hangs up, and reports that the client had. Its types say
  // that there is always something wrong; there is null where nothing is.
  const flaw: unknown = socket.authorizationError
  if (flaw) return 'tls_client_certificate'
  const code = 'code' in error && typeof error.code === 'string' ? error.code : ''
  return FAILURES.get(code) ?? 'tls_protocol'
}

/** Whether the other side has shown a certificate that is not good. Where none has to be shown, Node lets it pass. */
export function hasBadCertificate(socket: Pick<TLSSocket, 'authorized' | 'getPeerX509Certificate'>): boolean {
  return !socket.authorized && socket.getPeerX509Certificate() !== undefined
}
