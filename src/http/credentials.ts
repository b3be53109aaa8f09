import type { CredentialView } from '../identity/authenticator.ts'
import type { ClientConnection } from './client-connection.ts'
import type { IdentityParameters } from '../routes/target.ts'

/** What authenticators may see of a request. `raw` is the flat list of all headers as sent. */
export function credentialView(
  { peer, tls }: Pick<ClientConnection, 'peer' | 'tls'>,
  parameters: IdentityParameters,
  raw: readonly string[],
): CredentialView {
  return {
    peer,
    certificate: tls?.certificate ?? null,
    parameters,
    header(name) {
      const values: string[] = []
      for (let at = 0; at < raw.length; at += 2) {
        const sent = raw[at] ?? ''
        if (sent.length === name.length && sent.toLowerCase() === name) values.push(raw[at + 1] ?? '')
      }
      return values
    },
  }
}
