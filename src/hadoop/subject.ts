/**
 * How a subject was authenticated, in Hadoop's own words.
 *
 * Source: org.apache.hadoop.security.UserGroupInformation.AuthenticationMethod.
 */
export type AuthMethod = 'SIMPLE' | 'KERBEROS' | 'TOKEN' | 'CERTIFICATE' | 'KERBEROS_SSL' | 'PROXY'

/**
 * Who a call is for: user, groups, principal, and how they were authenticated.
 *
 * Shape: `user` is the short name, `principal` the full one (`alice` or `alice@REALM`). `groups` is empty when the
 * user has none and null when the look-up failed. `realUser` is who authenticated under impersonation (the subject
 * itself is then the effective user and its method PROXY), null otherwise.
 * Source: org.apache.hadoop.security.UserGroupInformation.
 */
export interface Subject {
  readonly user: string
  readonly principal: string
  readonly method: AuthMethod
  readonly groups: readonly string[] | null
  readonly realUser: Subject | null
}

/**
 * Where a call comes from.
 *
 * Shape: `address` is canonical IP text, IPv4-mapped IPv6 folded to IPv4; null means unknown. `names` are its
 * reverse names, lower case, possibly none.
 */
export interface Origin {
  readonly address: string | null
  readonly names: readonly string[]
}

/**
 * Names a subject as Hadoop's messages and logs do: `bo (auth:PROXY) via svc/h@R (auth:KERBEROS)`.
 *
 * Source: org.apache.hadoop.security.UserGroupInformation#toString.
 */
export function describeSubject(subject: Subject): string {
  const self = `${subject.principal} (auth:${subject.method})`
  return subject.realUser === null ? self : `${self} via ${describeSubject(subject.realUser)}`
}
