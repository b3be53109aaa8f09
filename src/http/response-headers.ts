import { UnavailableError } from '../errors.ts'
import { setsIdentity } from './cookies.ts'

type Role =
  | 'pass'
  | 'drop'
  | 'connection'
  | 'content-length'
  | 'transfer-encoding'
  | 'set-cookie'
  | 'date'
  | 'location'

const ROLES: ReadonlyMap<string, Role> = new Map<string, Role>([
  ['connection', 'connection'],
  ['content-length', 'content-length'],
  ['transfer-encoding', 'transfer-encoding'],
  ['set-cookie', 'set-cookie'],
  ['date', 'date'],
  ['location', 'location'],
  ['keep-alive', 'drop'],
  ['proxy-connection', 'drop'],
  ['proxy-authenticate', 'drop'],
  ['te', 'drop'],
  ['trailer', 'drop'],
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

const BAD_VALUE = /[^\t\x20-\x7e\x80-\xff]/
const BAD_NAME = /[^!#$%&'*+.^_`|~0-9A-Za-z-]/

/**
 * What a client may see of an upstream's headers, as a flat list.
 *
 * Shape: `raw` is the flat list that was received. Hop-by-hop headers, identity cookies and what speaks in Keddah's
 * name are left out; of several `Date` lines the first is kept; a 204 has no length.
 * Errors: `ERR_UPSTREAM_PROTOCOL` for anything that cannot be sent on as it is, or whose length is in doubt.
 */
export function clientHeaders(raw: readonly string[], status: number): string[] {
  const headers: string[] = []
  let length: string | null = null
  let isChunked = false
  let hasDate = false
  let hasLocation = false
  let nominated: string[] | null = null
  for (let at = 0; at < raw.length; at += 2) {
    const name = raw[at] ?? ''
    const value = raw[at + 1] ?? ''
    if (BAD_VALUE.test(value) || name === '' || BAD_NAME.test(name))
      throw bad('a header of the upstream has a character that no header may have')
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
        if (hasLocation) throw bad('the upstream sent two Location headers')
        hasLocation = true
        headers.push(name, value)
        break
      case 'content-length':
        if (length !== null || !/^\d{1,15}$/.test(value)) throw bad('the upstream sent an unclear length')
        length = value
        if (status !== 204) headers.push(name, value)
        break
      case 'transfer-encoding':
        if (isChunked || value.trim().toLowerCase() !== 'chunked')
          throw bad('the upstream sent a transfer coding that is not `chunked`')
        isChunked = true
        break
      case 'connection':
        nominated = nominations(nominated, value)
        break
    }
  }
  if (length !== null && isChunked) throw bad('the upstream sent a length and chunks')
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

const bad = (message: string): UnavailableError =>
  new UnavailableError('ERR_UPSTREAM_PROTOCOL', message, { retryable: false })
