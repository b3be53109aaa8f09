import { setsIdentity } from './cookies.ts'
import { broken, type ReceivedHead } from './upstream/answer-head.ts'

type Role = 'pass' | 'drop' | 'connection' | 'content-length' | 'set-cookie' | 'date' | 'location'

const ROLES: ReadonlyMap<string, Role> = new Map<string, Role>([
  ['connection', 'connection'],
  ['content-length', 'content-length'],
  ['set-cookie', 'set-cookie'],
  ['date', 'date'],
  ['location', 'location'],
  ['keep-alive', 'drop'],
  ['proxy-connection', 'drop'],
  ['proxy-authenticate', 'drop'],
  ['te', 'drop'],
  ['trailer', 'drop'],
  ['transfer-encoding', 'drop'],
  ['upgrade', 'drop'],
  ['server', 'drop'],
  ['x-powered-by', 'drop'],
])

/** Upstreams are trusted more than callers, but not with our memory. */
const MAX_KNOWN = 1_000
const MAX_KNOWN_LENGTH = 64
const known = new Map<string, Role>()

function roleOf(name: string): Role {
  const found = known.get(name)
  if (found !== undefined) return found
  const folded = name.toLowerCase()
  const role = ROLES.get(folded) ?? (folded.startsWith('x-keddah-') ? 'drop' : 'pass')
  if (known.size < MAX_KNOWN && name.length <= MAX_KNOWN_LENGTH) known.set(name, role)
  return role
}

/**
 * What a client may see of an upstream's headers, as a flat list.
 *
 * Shape: hop-by-hop headers, identity cookies and what speaks in Keddah's name are left out; of several `Date` lines the
 * first is kept; a 204 has no length. That names and values are such, and where the body ends, is certain: `readHead`
 * refuses a head in which it is not, and nothing else makes one.
 * Errors: `ERR_UPSTREAM_PROTOCOL` for two places to go.
 */
export function clientHeaders({ headers: received, status }: ReceivedHead): string[] {
  const headers: string[] = []
  let hasDate = false
  let hasLocation = false
  let nominated: string[] | null = null
  for (let at = 0; at < received.length; at += 2) {
    const name = received[at] ?? ''
    const value = received[at + 1] ?? ''
    switch (roleOf(name)) {
      case 'pass':
        headers.push(name, value)
        break
      case 'drop':
        break
      case 'set-cookie':
        if (!setsIdentity(value)) headers.push(name, value)
        break
      case 'date':
        if (!hasDate) headers.push(name, value)
        hasDate = true
        break
      case 'location':
        if (hasLocation) throw broken('the upstream sent two Location headers')
        hasLocation = true
        headers.push(name, value)
        break
      case 'content-length':
        if (status !== 204) headers.push(name, value)
        break
      case 'connection':
        nominated = nominations(nominated, value)
        break
    }
  }
  return nominated === null ? headers : without(headers, nominated)
}

function nominations(before: string[] | null, value: string): string[] | null {
  if (value === 'close' || value === 'keep-alive' || value === 'Keep-Alive') return before
  const names = value.split(',').map((name) => name.trim().toLowerCase())
  return [...(before ?? []), ...names]
}

/** The length is never of the connection, whatever an upstream says. */
const without = (headers: readonly string[], nominated: readonly string[]): string[] =>
  headers.filter((_, index) => {
    const name = (headers[index - (index % 2)] ?? '').toLowerCase()
    return name === 'content-length' || !nominated.includes(name)
  })
