import type { X509Certificate } from 'node:crypto'
import type { AuthMethod } from '../hadoop/subject.ts'

/**
 * What an authenticator may look at.
 *
 * Shape: `peer` is the address of the socket as canonical text, never a forwarded one; `parameters` are the
 * identity parameters as the route reader took them from the query, null where absent, `''` where empty;
 * `certificate` is the client certificate of the connection, verified; null where none was shown;
 * `header` takes a lower-case name and answers every value that was sent under it, none: the empty list.
 */
export interface CredentialView {
  readonly peer: string
  readonly parameters: { readonly userName: string | null; readonly doAs: string | null }
  readonly certificate: X509Certificate | null
  header(name: string): readonly string[]
}

/** A caller who has shown who it is: the full name, not yet mapped to a user, and by which method. */
export interface Authenticated {
  readonly principal: string
  readonly method: AuthMethod
}

/**
 * One way to find out who is calling. It has three answers: a principal; null, *not mine*, which moves on to
 * the next one; and an error, which ends the request.
 *
 * Shape: `challenge` is its `WWW-Authenticate` value, null where a client cannot act on one; `managedHeaders`
 * are lower-case names that are taken off every request, whether they were believed or not.
 * Errors: `AuthenticationError` for wrong credentials, `ProtocolError` for malformed ones.
 */
export interface Authenticator {
  readonly kind: string
  readonly challenge: string | null
  readonly managedHeaders: readonly string[]
  authenticate(view: CredentialView): Authenticated | null | Promise<Authenticated | null>
}
