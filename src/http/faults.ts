import { UnavailableError } from '../errors.ts'

/** What went wrong with an upstream; the label of `keddah_upstream_errors_total`. */
export type FaultKind =
  | 'connect_refused'
  | 'connect_timeout'
  | 'dns'
  | 'tls'
  | 'headers_timeout'
  | 'body_timeout'
  | 'reset'
  | 'reset_in_body'
  | 'protocol'
  | 'redirect_target'
  | 'exhausted'
  | 'busy'
  | 'queue_full'
  | 'standby'
  | 'internal'

/** A fault: what it is called, and the error behind it. While no answer has begun it is refused as `upstream_<kind>`. */
export type Fault =
  | { readonly kind: Exclude<FaultKind, 'internal'>; readonly error: UnavailableError }
  | { readonly kind: 'internal'; readonly error: unknown }

const KINDS: ReadonlyMap<string, FaultKind> = new Map<string, FaultKind>([
  ['ECONNREFUSED', 'connect_refused'],
  ['EHOSTUNREACH', 'connect_refused'],
  ['ENETUNREACH', 'connect_refused'],
  // No port, no file descriptor, no memory left here: the upstream has no part in it.
  ['EADDRNOTAVAIL', 'exhausted'],
  ['EMFILE', 'exhausted'],
  ['ENFILE', 'exhausted'],
  ['ENOBUFS', 'exhausted'],
  ['ENOMEM', 'exhausted'],
  ['ETIMEDOUT', 'connect_timeout'],
  ['ENOTFOUND', 'dns'],
  ['EAI_AGAIN', 'dns'],
  ['EAI_FAIL', 'dns'],
  ['ERR_UPSTREAM_TIMEOUT', 'body_timeout'],
  ['ECONNRESET', 'reset'],
  ['EPIPE', 'reset'],
  ['ERR_UPSTREAM_PROTOCOL', 'protocol'],
  ['ERR_UPSTREAM_REDIRECT', 'redirect_target'],
])

/** What OpenSSL finds wrong with a chain (X509_V_ERR_…), and Node with a handshake. */
const TLS =
  /^(?:ERR_TLS_|ERR_SSL_|EPROTO$|CERT_|CRL_|UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_|ERROR_IN_CERT_|INVALID_(?:CA|PURPOSE)$|PATH_LENGTH_|HOSTNAME_)/

const ERRORS = {
  connect_refused: ['ERR_UPSTREAM_CONNECT', 'the upstream cannot be reached'],
  connect_timeout: ['ERR_UPSTREAM_CONNECT', 'the upstream cannot be reached in time'],
  dns: ['ERR_UPSTREAM_CONNECT', 'the name of the upstream cannot be resolved'],
  tls: ['ERR_UPSTREAM_TLS', 'the upstream could not prove who it is'],
  headers_timeout: ['ERR_UPSTREAM_TIMEOUT', 'the upstream did not answer in time'],
  body_timeout: ['ERR_UPSTREAM_TIMEOUT', 'the upstream stopped in the middle of its answer'],
  reset: ['ERR_UPSTREAM_RESET', 'the upstream closed the connection before it had answered'],
  reset_in_body: ['ERR_UPSTREAM_RESET', 'the upstream closed the connection in the middle of its answer'],
  protocol: ['ERR_UPSTREAM_PROTOCOL', 'the upstream did not answer in HTTP'],
  redirect_target: ['ERR_UPSTREAM_REDIRECT', 'the upstream sends its clients to a server that is not known'],
  exhausted: [
    'ERR_UPSTREAM_CONNECT',
    'this machine has no port or file descriptor left to reach the upstream',
  ],
  busy: ['ERR_UPSTREAM_BUSY', 'too many requests are in flight'],
  queue_full: ['ERR_UPSTREAM_BUSY', 'too many requests are in flight, and too many wait'],
  standby: ['ERR_UPSTREAM_STANDBY', 'no server is active now'],
} as const

const RETRYABLE: ReadonlySet<string> = new Set([
  'ERR_UPSTREAM_CONNECT',
  'ERR_UPSTREAM_BUSY',
  'ERR_UPSTREAM_STANDBY',
])

/** What a connection to an upstream fails with where the system has no error for it. */
export class UpstreamFault extends Error {
  readonly kind: Exclude<FaultKind, 'internal'>

  constructor(kind: Exclude<FaultKind, 'internal'>) {
    super(ERRORS[kind][1])
    this.kind = kind
  }
}

/**
 * Sorts what connections and the system report.
 *
 * Shape: `hasBegun` says that the client has the head of the answer already. The error is an `UnavailableError` with
 * what was reported as its cause; what is of no known kind is a defect of ours (`internal`), and the error what was
 * reported.
 */
export function faultOf(cause: unknown, hasBegun = false): Fault {
  const found = kindOf(cause)
  const kind = found === 'reset' && hasBegun ? 'reset_in_body' : found
  return kind === 'internal' ? { kind, error: cause } : faultOfKind(kind, cause)
}

/** A fault that is known beforehand. */
export function faultOfKind(kind: Exclude<FaultKind, 'internal'>, cause?: unknown): Fault {
  const [code, message] = ERRORS[kind]
  return { kind, error: new UnavailableError(code, message, { retryable: RETRYABLE.has(code), cause }) }
}

function kindOf(error: unknown): FaultKind {
  if (error instanceof UpstreamFault) return error.kind
  const code = error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : ''
  return KINDS.get(code) ?? (TLS.test(code) ? 'tls' : 'internal')
}
