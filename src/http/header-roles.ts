/**
 * What becomes of a request header, by its name.
 *
 * `pass` goes on as it is, `drop` never does: it belongs to one connection, it is an identity that nobody has
 * checked, or it tells a server that the request was another one. `managed` is read by an authenticator and then
 * dropped. The others have a meaning here.
 */
export type HeaderRole =
  | 'pass'
  | 'drop'
  | 'managed'
  | 'host'
  | 'content-length'
  | 'transfer-encoding'
  | 'content-type'
  | 'content-encoding'
  | 'connection'
  | 'upgrade'
  | 'expect'
  | 'cookie'
  | 'authorization'
  | 'forwarded-for'
  | 'forwarded'
  | 'request-id'
  | 'accept'

const SPECIAL: ReadonlyMap<string, HeaderRole> = new Map<string, HeaderRole>([
  ['host', 'host'],
  ['content-length', 'content-length'],
  ['transfer-encoding', 'transfer-encoding'],
  ['content-type', 'content-type'],
  ['content-encoding', 'content-encoding'],
  ['connection', 'connection'],
  ['upgrade', 'upgrade'],
  ['expect', 'expect'],
  ['cookie', 'cookie'],
  ['authorization', 'authorization'],
  ['x-forwarded-for', 'forwarded-for'],
  ['forwarded', 'forwarded'],
  ['x-request-id', 'request-id'],
  ['accept', 'accept'],
])

/** Of this connection alone (RFC 9110 section 7.6.1). */
const HOP_BY_HOP: ReadonlySet<string> = new Set([
  'keep-alive',
  'proxy-connection',
  'proxy-authenticate',
  'te',
  'trailer',
  'http2-settings',
])

/** Reports whether a folded name is that of a header which belongs to one connection. */
export const isHopByHop = (name: string): boolean => HOP_BY_HOP.has(name)

/** Credentials that Keddah has checked in the upstream's place, and identities that it has not. */
const IDENTITY = [
  'proxy-authorization',
  'x-hadoop-delegation-token',
  'hadoop-yarn-auth-delegation-token',
  'remote-user',
  'x-remote-user',
  'x-remote-group',
  'sm-user',
  'cookie2',
]

/** A server that honours one of these serves another request than the one that was decided on. */
const REWRITING = [
  'x-original-url',
  'x-original-host',
  'x-rewrite-url',
  'x-http-method',
  'x-http-method-override',
  'x-method-override',
  'x-forwarded',
  'x-real-ip',
  'x-client-ip',
  'client-ip',
  'true-client-ip',
  'x-cluster-client-ip',
  'x-host',
]

const DROPPED: ReadonlySet<string> = new Set([...HOP_BY_HOP, ...IDENTITY, ...REWRITING])

/** Names are chosen by callers, so no more than these are remembered. */
const MAX_KNOWN = 1_000
const MAX_KNOWN_LENGTH = 64

/** The roles of header names, for the headers that the authenticators in force manage. */
export class HeaderRoles {
  readonly #managed: ReadonlySet<string>
  /** By the name as sent: most callers send the same few, and none of them needs folding twice. */
  readonly #known = new Map<string, HeaderRole>()

  constructor(managed: readonly string[]) {
    this.#managed = new Set(managed)
  }

  roleOf(name: string): HeaderRole {
    const known = this.#known.get(name)
    if (known !== undefined) return known
    const role = this.#classify(name.toLowerCase())
    if (this.#known.size < MAX_KNOWN && name.length <= MAX_KNOWN_LENGTH) this.#known.set(name, role)
    return role
  }

  #classify(name: string): HeaderRole {
    const role = this.#plain(name)
    if (role !== 'pass' || !/[._]/.test(name)) return role
    // CGI and its heirs make no difference between `X-User`, `X_User` and `X.User`.
    return this.#plain(name.replace(/[._]/g, '-')) === 'pass' ? 'pass' : 'drop'
  }

  #plain(name: string): HeaderRole {
    if (this.#managed.has(name)) return 'managed'
    const special = SPECIAL.get(name)
    if (special !== undefined) return special
    const dropped = DROPPED.has(name) || name.startsWith('x-forwarded-') || name.startsWith('x-keddah-')
    return dropped ? 'drop' : 'pass'
  }
}
