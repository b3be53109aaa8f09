import { isIP } from 'node:net'
import type { Flaw } from './check-settings.ts'
import { pairFlaws } from './cross-check-pairs.ts'
import { permissionFlaws } from './cross-check-permissions.ts'
import { listAt, member } from './document.ts'
import type { Step } from './yaml-text.ts'

type Found = readonly { readonly path: readonly Step[]; readonly text: string }[]

/**
 * What no schema can say: names, addresses and token names that stand twice, routes that are missing or useless,
 * an upstream that is the listener itself. Takes the document as it is, so that its answer comes together with
 * what the schema finds; what is not of the right type is passed over.
 */
export function crossCheck(document: unknown): Flaw[] {
  const services = listAt(document, 'services')
  const tokens = listAt(member(document, 'admin'), 'tokens')
  const texts = (list: readonly unknown[], at: readonly Step[], key: string): Found =>
    list.flatMap((item, index) => {
      const text = member(item, key)
      return typeof text === 'string' ? [{ path: [...at, index, key], text }] : []
    })
  const listen = texts(services, ['services'], 'listen')
  const adminListen = member(member(document, 'admin'), 'listen')
  const admin = typeof adminListen === 'string' ? adminListen : '127.0.0.1:9480'
  return [
    ...repeated(texts(services, ['services'], 'name'), 'another service has this name'),
    ...repeated(texts(tokens, ['admin', 'tokens'], 'name'), 'another token has this name'),
    ...clashing([{ path: ['admin', 'listen'], text: admin }, ...listen]),
    ...services.flatMap((service, index) => serviceFlaws(service, ['services', index])),
    ...needlessNames(document, services),
    ...auditFlaws(document),
    ...permissionFlaws(document),
  ]
}

function serviceFlaws(service: unknown, path: readonly Step[]): Flaw[] {
  const routes = listAt(service, 'routes')
  const kind = member(service, 'kind')
  const flaws: Flaw[] = []
  const add = (key: string, message: string, hint: string): void => {
    flaws.push({ path: [...path, key], part: 'key', code: 'bad_value', message, hint })
  }
  if (member(service, 'name') === 'admin')
    add('name', '`admin` is the name of the admin listener', 'choose another name')
  if (kind === 'custom' && routes.length === 0)
    add('routes', 'a service of kind `custom` needs `routes`', 'list its paths, methods and policy keys')
  if (typeof kind === 'string' && kind !== 'custom' && routes.length > 0)
    add('routes', `the routes of kind \`${kind}\` are built in`, 'remove `routes`, or use kind `custom`')
  if (kind === 'custom' && member(service, 'upstreams') === undefined)
    add('upstreams', 'a service of kind `custom` needs `upstreams`', "they are in none of Hadoop's files")
  const upstreams = listAt(service, 'upstreams')
  const isPlain = upstreams.length > 0 && upstreams.every((url) => /^http:/i.test(String(url)))
  if (member(service, 'upstreamTls') !== undefined && isPlain)
    add('upstreamTls', 'none of the `upstreams` is an `https://` address', 'write `https://`, or take it out')
  flaws.push(...linkFlaws(service, path), ...pairFlaws(service, path))
  const listen = member(service, 'listen')
  for (const [index, upstream] of upstreams.entries()) {
    if (typeof listen !== 'string' || typeof upstream !== 'string' || !isItself(listen, upstream)) continue
    const message = `\`${upstream}\` is where this very service listens`
    flaws.push({
      path: [...path, 'upstreams', index],
      part: 'value',
      code: 'loop',
      message,
      hint: 'name the address of the daemon',
    })
  }
  return flaws
}

/** Lists that nobody asks, because no link of such a daemon leads to a DataNode. */
function linkFlaws(service: unknown, path: readonly Step[]): Flaw[] {
  const kind = member(service, 'kind')
  const useless = (key: string, message: string): Flaw => {
    const hint = 'remove it'
    return { path: [...path, key], part: 'key', code: 'bad_value', message, hint }
  }
  if (typeof kind !== 'string' || kind === 'namenode' || kind === 'router') return []
  const flaws: Flaw[] = []
  if (member(service, 'dataNodes') !== undefined)
    flaws.push(useless('dataNodes', `a service of kind \`${kind}\` sends nobody to a DataNode`))
  if (member(service, 'nameNodes') !== undefined && kind !== 'datanode')
    flaws.push(useless('nameNodes', `a service of kind \`${kind}\` names no NameNode to anybody`))
  if (member(service, 'redirects') === 'refuse')
    flaws.push(useless('redirects', `a service of kind \`${kind}\` redirects nobody to contents of files`))
  return flaws
}

/** Names of certificates that no listener asks for: whoever wrote them believes that something is checked. */
function needlessNames(document: unknown, services: readonly unknown[]): Flaw[] {
  const isAsked = services.some((service) => {
    const clientAuth = member(member(service, 'tls'), 'clientAuth')
    return clientAuth === 'optional' || clientAuth === 'required'
  })
  return listAt(member(document, 'identity'), 'authenticators').flatMap((authenticator, index): Flaw[] => {
    if (isAsked || member(authenticator, 'certificateNames') === undefined) return []
    const path = ['identity', 'authenticators', index, 'certificateNames']
    const message = 'no service asks for client certificates'
    const hint = 'set `tls.clientAuth` and `tls.clientCaFile` of the service'
    return [{ path, part: 'key', code: 'bad_value', message, hint }]
  })
}

/** Lines of two forms in one file could be read by neither reader. Stdout is told apart by whoever asks for both there. */
function auditFlaws(document: unknown): Flaw[] {
  const file = member(member(document, 'audit'), 'file')
  const ranger = member(member(document, 'audit'), 'rangerFile')
  if (typeof ranger !== 'string' || ranger === '-' || ranger !== file) return []
  const message = '`audit.file` has this file already'
  return [
    { path: ['audit', 'rangerFile'], part: 'value', code: 'repeated', message, hint: 'name another file' },
  ]
}

function repeated(found: Found, message: string): Flaw[] {
  const seen = new Set<string>()
  return found.flatMap(({ path, text }) => {
    const isNew = !seen.has(text)
    seen.add(text)
    return isNew
      ? []
      : [
          {
            path,
            part: 'value',
            code: 'repeated',
            message: `\`${text}\`: ${message}`,
            hint: 'each has to be different',
          },
        ]
  })
}

/** Two listeners on the same port, of which one takes every address or both take the same. */
function clashing(listeners: Found): Flaw[] {
  return listeners.flatMap(({ path, text }, index) => {
    const mine = splitAddress(text)
    if (mine === null || mine.port === '0') return []
    const other = listeners.slice(0, index).find((earlier) => {
      const theirs = splitAddress(earlier.text)
      return theirs?.port === mine.port && (covers(theirs.host, mine.host) || covers(mine.host, theirs.host))
    })
    if (other === undefined) return []
    const message = `\`${text}\` clashes with \`${other.text}\` of another listener`
    return [{ path, part: 'value' as const, code: 'repeated', message, hint: 'choose another port' }]
  })
}

function splitAddress(text: string): { host: string; port: string } | null {
  const colon = text.lastIndexOf(':')
  const host = text
    .slice(0, colon)
    .replace(/^\[|\]$/g, '')
    .toLowerCase()
  return colon < 0 ? null : { host: host === 'localhost' ? '127.0.0.1' : host, port: text.slice(colon + 1) }
}

/** `::` takes the IPv4 addresses as well. */
const covers = (one: string, other: string): boolean =>
  one === other || one === '::' || (one === '0.0.0.0' && !other.includes(':'))

const isAny = (host: string): boolean => host === '0.0.0.0' || host === '::'

function isItself(listen: string, upstream: string): boolean {
  const mine = splitAddress(listen)
  const url = URL.parse(upstream)
  if (
    mine === null ||
    url === null ||
    (url.port || (url.protocol === 'https:' ? '443' : '80')) !== mine.port ||
    mine.port === '0'
  )
    return false
  const host = splitAddress(`${url.hostname}:0`)?.host ?? ''
  return (
    host === mine.host ||
    (isAny(mine.host) && (isAny(host) || (isIP(host) !== 0 && /^(?:127\.|::1$)/.test(host))))
  )
}
