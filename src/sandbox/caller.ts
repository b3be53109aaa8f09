import type { CookieSigner } from './cookie.ts'
import { type Answer, type Call, errorPage, written } from './exchange.ts'
import type { Parameters } from './parameters.ts'
import { filterJson, invalidParameter, RemoteException } from './remote-exception.ts'

/** Whom Hadoop takes a caller for who gives no name: `hadoop.http.staticuser.user`. */
export const STATIC_USER = 'dr.who'

const USER_PATTERN = /^[A-Za-z_][A-Za-z0-9._-]*[$]?$/

/**
 * What the authentication filter in front of all pages made of a request.
 *
 * Shape: `user` is null where no name was given; `setCookie` goes into the answer.
 */
export interface Filtered {
  readonly user: string | null
  readonly setCookie: string | null
}

/** Who asks. `real` is who authenticated, where `user` is impersonated. */
export interface Caller {
  readonly user: string
  readonly real: string | null
}

/** Shape: the users who may act for anybody (`hadoop.proxyuser.<user>.users=*`). */
export type ProxyUsers = ReadonlySet<string>

/**
 * The filter in simple mode: believes a cookie of its own, else the `user.name` of the query, case-sensitive.
 *
 * Shape: an `Answer` is what the filter refuses with: 500 for an empty name, 403 for an impersonation. `form` is
 * null for a daemon whose filter looks at the query alone.
 * Source: org.apache.hadoop.security.authentication.server.{AuthenticationFilter, PseudoAuthenticationHandler},
 * org.apache.hadoop.security.authentication.server.ProxyUserAuthenticationFilter.
 */
export function filter(
  call: Call,
  cookies: CookieSigner,
  proxyUsers: ProxyUsers,
  form: Parameters | null,
): Filtered | Answer {
  const known = cookies.user(call.headers.cookie)
  const named = known ?? call.query.first('user.name')
  if (named === null) return { user: null, setCookie: null }
  if (named === '' || named.includes('&'))
    return errorPage(500, call.rawPath, "userName is NULL, empty or contains a '&'")
  const doas = call.query.firstAnyCase('doas') ?? form?.firstAnyCase('doas') ?? null
  const setCookie = known === null ? cookies.issue(named) : null
  if (doas === null || doas === '' || doas === named) return { user: named, setCookie }
  if (proxyUsers.has(named)) return { user: doas, setCookie }
  const headers = setCookie === null ? {} : { 'Set-Cookie': setCookie }
  return written(403, 'application/json', filterJson(notAllowed(named, doas)), headers)
}

/**
 * Who acts on WebHDFS: not whom the filter found, but the `user.name` of query or form, then `doas` of either.
 *
 * Errors: `RemoteException`, 400 for a name outside the pattern, 403 for an impersonation.
 * Source: org.apache.hadoop.hdfs.server.common.JspHelper#getUGI, org.apache.hadoop.hdfs.web.resources.UserParam.
 */
export function webHdfsCaller(query: Parameters, form: Parameters | null, proxyUsers: ProxyUsers): Caller {
  const asked = query.first('user.name')
  if (asked !== null && !USER_PATTERN.test(asked)) {
    const cause = `Invalid value: "${asked}" does not belong to the domain ${USER_PATTERN.source}`
    throw invalidParameter('user.name', cause)
  }
  const user = asked ?? form?.first('user.name') ?? STATIC_USER
  const doas = query.firstAnyCase('doas') ?? form?.firstAnyCase('doas') ?? null
  if (doas === null || doas === '' || doas === user) return { user, real: null }
  if (proxyUsers.has(user)) return { user: doas, real: user }
  const { javaClass, message } = notAllowed(user, doas)
  throw new RemoteException(
    403,
    'java.lang.SecurityException',
    `Failed to obtain user group information: ${javaClass}: ${message}`,
  )
}

function notAllowed(user: string, doas: string): RemoteException {
  const javaClass = 'org.apache.hadoop.security.authorize.AuthorizationException'
  return new RemoteException(403, javaClass, `User: ${user} is not allowed to impersonate ${doas}`)
}
