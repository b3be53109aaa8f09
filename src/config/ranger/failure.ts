/** Why policies or roles could not be had; the label of a metric, so there are no others. */
export type RangerFailureReason =
  | 'connect'
  | 'tls'
  | 'timeout'
  | 'protocol'
  | 'truncated'
  | 'too_large'
  | 'encoding'
  | 'content_type'
  | 'redirect'
  | 'bad_request'
  | 'unauthorized'
  | 'forbidden'
  | 'not_found'
  | 'server_error'
  | 'status'
  | 'malformed'
  | 'refused'
  | 'service_name'
  | 'cache'

/** What an operator can do about each. */
export const RANGER_FAILURE_HINTS: Readonly<Record<RangerFailureReason, string>> = {
  connect: 'check that Ranger Admin runs, and that `urls` names its address',
  tls: 'compare the certificate of Ranger Admin with `tls`: authority, name, dates',
  timeout: 'look at Ranger Admin and the network; raise `timeouts` only if it is known to be slow',
  protocol: 'name the HTTP port of Ranger Admin in `urls`',
  truncated: 'look at the log of Ranger Admin and of what stands between',
  too_large: 'raise `maxBytes`, or look who made the policies grow',
  encoding: 'let nothing between change the encoding of the answer',
  content_type: 'let `urls` name Ranger Admin itself, not a login page in front of it',
  redirect: 'let `urls` name Ranger Admin itself: redirects are not followed',
  bad_request: 'check `serviceName`: Ranger Admin answers so too where it does not know the service',
  unauthorized: 'give `user` and `passwordFile`, or a client certificate in `tls`; check `secure`',
  forbidden: 'let the user download policies: `policy.download.auth.users` of the service in Ranger',
  not_found: 'check `urls` and `serviceName`',
  server_error: 'look at the log of Ranger Admin',
  status: 'check that `urls` names Ranger Admin',
  malformed: 'look at what Ranger Admin sends; it is not what its plugins read',
  refused: 'mend the policies that are named, in Ranger Admin',
  service_name: 'let `serviceName` be the name of the service in Ranger',
  cache: 'look at the disk and at the rights of the folder',
}

/**
 * Policies or roles could not be had; what is in force stays.
 *
 * Shape: `isElsewhereToo`: another server would answer the same, so that none need be asked.
 */
export class RangerFailure extends Error {
  readonly reason: RangerFailureReason
  readonly isElsewhereToo: boolean

  constructor(
    reason: RangerFailureReason,
    message: string,
    details: { readonly isElsewhereToo?: boolean; readonly cause?: unknown } = {},
  ) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause })
    this.name = new.target.name
    this.reason = reason
    this.isElsewhereToo = details.isElsewhereToo ?? false
  }
}
