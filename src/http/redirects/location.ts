import { ProtocolError } from '../../errors.ts'
import { canonicalTarget } from '../../routes/target.ts'

/** A link that may go out, as it is or as it is now; null: it leads somewhere that nobody has configured. */
export type Guarded = string | null

const ABSOLUTE = /^(https?):\/\/([^/?#\\@]+)(\/[^#\\]*)?(#[^\\]*)?$/i
/** File systems of Hadoop: names of files, which no HTTP client follows. */
const FILE_SYSTEM = /^(?:hdfs|s?webhdfs|viewfs):\/\//i
const SCHEME = /^[A-Za-z][A-Za-z0-9+.-]*:/
/** `0; url=…`, in the forms that browsers take. */
const REFRESH = /^(\s*\d+(?:\.\d*)?\s*)(?:[;,]\s*(?:url\s*=\s*)?(?:"([^"]*)"|'([^']*)'|([^"']+))?)?$/i

/**
 * Sees where a `Location` leads.
 *
 * Shape: `own` is the origin the client knows this listener by, `upstreams` are those of the service: what names one of
 * them is turned to `own`. Relative references and names of files pass. Null for any other server, scheme or path, and
 * for what two readers might resolve in two ways.
 */
export function guardLocation(value: string, own: string, upstreams: readonly string[]): Guarded {
  if (/[\t\\]/.test(value)) return null
  const [, scheme, authority, target = '/', fragment = ''] = ABSOLUTE.exec(value) ?? []
  if (scheme === undefined || authority === undefined) return isHarmless(value) ? value : null
  const origin = originOf(scheme, authority)
  if (origin === null) return null
  const isOwn = authorityOf(origin) === authorityOf(own)
  if (isOwn && origin === URL.parse(own)?.origin) return value
  if (!isOwn && !upstreams.includes(origin)) return null
  const canonical = canonicalText(target)
  return canonical === null ? null : own + canonical + fragment
}

/** The same of a `Refresh` header; one without a URL asks for the same page again. */
export function guardRefresh(value: string, own: string, upstreams: readonly string[]): Guarded {
  const match = REFRESH.exec(value)
  if (match === null) return null
  const url = match[2] ?? match[3] ?? match[4]
  if (url === undefined) return value
  const guarded = guardLocation(url.trim(), own, upstreams)
  return guarded === null ? null : `${(match[1] ?? '').trim()}; url=${guarded}`
}

const IN_BRACKETS = /<([^<>]*)>/g

/**
 * The same of the links in a `Link` header (RFC 8288). Null where one of them leads elsewhere, and where there is another
 * address in it, such as an `anchor`.
 */
export function guardLinks(value: string, own: string, upstreams: readonly string[]): Guarded {
  if (/[<>]|:\/\//.test(value.replaceAll(IN_BRACKETS, ''))) return null
  let leadsAway = false
  const guarded = value.replaceAll(IN_BRACKETS, (_, link: string) => {
    const here = guardLocation(link.trim(), own, upstreams)
    leadsAway ||= here === null
    return `<${here ?? ''}>`
  })
  return leadsAway ? null : guarded
}

/** The host and port that a link leads to, for the log; none of the rest of it. */
export function serverIn(value: string): string {
  return ABSOLUTE.exec(value)?.[2]?.slice(0, 260) ?? 'not a server'
}

const isHarmless = (value: string): boolean =>
  FILE_SYSTEM.test(value) || (!SCHEME.test(value) && !value.startsWith('//'))

const originOf = (scheme: string, authority: string): string | null =>
  URL.parse(`${scheme}://${authority}`)?.origin ?? null

function authorityOf(origin: string): string {
  const url = URL.parse(origin)
  return url === null ? '' : `${url.hostname}:${url.port || (url.protocol === 'https:' ? '443' : '80')}`
}

function canonicalText(target: string): string | null {
  try {
    const { path, query } = canonicalTarget(target)
    return query === '' ? path : `${path}?${query}`
  } catch (error) {
    if (error instanceof ProtocolError) return null
    throw error
  }
}
