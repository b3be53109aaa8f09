import type { IncomingMessage } from 'node:http'
import { canonicalAddress } from '../hadoop/addresses.ts'
import { type Reply, refusal } from './exchange.ts'
import { type Admin, type AdminToken, adminOfToken } from './tokens.ts'

const CHALLENGE = { 'WWW-Authenticate': 'Bearer realm="keddah"' }
const BEARER = /^bearer +([A-Za-z0-9\-._~+/]+=*) *$/i

/** What an admin can show: a token; or, where `loopbackUser` is not null, a connection from this very machine. */
export interface AdminTrust {
  readonly tokens: readonly AdminToken[]
  readonly loopbackUser: string | null
}

/**
 * Finds who is asking, or says why that is not known.
 *
 * A token is always looked at first, and a wrong one is refused even from this machine. Cookies mean nothing here.
 */
export function authenticate(request: IncomingMessage, trust: AdminTrust): Admin | Reply {
  const shown = valuesOf(request, 'authorization')
  if (shown.length === 0 && trust.loopbackUser !== null) return fromHere(request, trust.loopbackUser)
  const token = shown.length === 1 ? BEARER.exec(shown[0] ?? '')?.[1] : undefined
  if (token === undefined) {
    const message =
      'send one `Authorization: Bearer <token>`, with a token of `admin.tokens` or of the state folder'
    return refusal(401, 'unauthenticated', message, CHALLENGE)
  }
  return adminOfToken(token, trust.tokens) ?? refusal(401, 'unauthenticated', 'unknown token', CHALLENGE)
}

/**
 * Takes a caller for the user of the demo only when nothing stands between: not another machine, not a proxy on this
 * one, and not a page in a browser, be it by its own origin or by a name that was made to point here.
 */
function fromHere(request: IncomingMessage, user: string): Admin | Reply {
  if (!isLoopback(request.socket.remoteAddress ?? '')) {
    return refusal(401, 'unauthenticated', 'from another machine a token is needed', CHALLENGE)
  }
  if (['forwarded', 'x-forwarded-for', 'via'].some((name) => valuesOf(request, name).length > 0)) {
    return refusal(401, 'unauthenticated', 'behind a proxy a token is needed', CHALLENGE)
  }
  const [host = '', ...more] = valuesOf(request, 'host')
  if (more.length > 0 || !isLoopback(host.replace(/:\d+$/, '').replace(/^\[(.*)\]$/, '$1'))) {
    return refusal(403, 'foreign_host', 'without a token, `Host` is an address of this machine or localhost')
  }
  const site = valuesOf(request, 'sec-fetch-site')
  const origins = valuesOf(request, 'origin')
  const foreign = site.some((value) => value !== 'same-origin' && value !== 'none')
  if (foreign || origins.some((origin) => origin.toLowerCase() !== `http://${host}`.toLowerCase())) {
    return refusal(403, 'foreign_origin', 'without a token, a page of another site may not ask')
  }
  return { name: 'loopback', user }
}

function isLoopback(host: string): boolean {
  if (host.toLowerCase() === 'localhost') return true
  const address = canonicalAddress(host)
  return address !== null && (address === '::1' || address.startsWith('127.'))
}

/** All values of a header, in order; Node itself would keep one of several. */
function valuesOf(request: IncomingMessage, name: string): string[] {
  const values: string[] = []
  for (let index = 0; index < request.rawHeaders.length; index += 2) {
    if (request.rawHeaders[index]?.toLowerCase() === name) values.push(request.rawHeaders[index + 1] ?? '')
  }
  return values
}
