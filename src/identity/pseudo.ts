import { ProtocolError } from '../errors.ts'
import type { Authenticator } from './authenticator.ts'
import { nameFlaw, shownName, type UserPattern } from './names.ts'

/**
 * Believes the `user.name` of the query. Anybody can be anybody: it is off unless it was asked for, and only
 * makes sense where the network already keeps strangers out.
 *
 * Shape: no `user.name` is *not mine*; an empty one is an error, not an absent one.
 * Errors: `ERR_HTTP_PARAMETER` (`user_name`) for a name that does not match the pattern, as Hadoop's 400.
 * Source: org.apache.hadoop.security.authentication.server.PseudoAuthenticationHandler,
 * org.apache.hadoop.hdfs.web.resources.UserParam.
 */
export function createPseudoAuthenticator(options: { readonly pattern: UserPattern }): Authenticator {
  const { pattern } = options
  return {
    kind: 'pseudo',
    challenge: 'PseudoAuth',
    managedHeaders: [],
    authenticate({ parameters: { userName } }) {
      if (userName === null) return null
      const flaw = nameFlaw(userName)
      if (flaw !== null) throw new ProtocolError('ERR_HTTP_PARAMETER', 'user_name', `\`user.name\`: ${flaw}`)
      if (pattern.matches(userName)) return { principal: userName, method: 'SIMPLE' }
      const message = `\`user.name\` ${shownName(userName)} does not match \`${pattern.text}\``
      throw new ProtocolError('ERR_HTTP_PARAMETER', 'user_name', message)
    },
  }
}
