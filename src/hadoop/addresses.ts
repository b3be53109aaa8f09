import { isIP } from 'node:net'

const GROUPS = 8
const MAX_ZONE = 2_147_483_647

/**
 * An address as numbers.
 *
 * Shape: `v4` is an unsigned 32-bit number, or -1 for IPv6; `v6` are the eight groups, null for IPv4. Exactly one of
 * the two is there. IPv4-mapped IPv6 is IPv4.
 */
export interface NumericAddress {
  readonly v4: number
  readonly v6: readonly number[] | null
}

/**
 * Brings an address into the one spelling that everything else compares.
 *
 * Shape: IPv4 as `192.0.2.1`; IPv6 lower case and shortened (RFC 5952), zone dropped; IPv4-mapped IPv6 becomes IPv4.
 * Null for anything that is not an address in full: names, short, octal and hexadecimal forms.
 */
export function canonicalAddress(text: string): string | null {
  const address = parseAddress(text)
  return address === null ? null : addressText(address)
}

/** Reads an address written in full, zone ignored; null for everything else. */
export function parseAddress(text: string): NumericAddress | null {
  const kind = isIP(text)
  if (kind === 4) return { v4: ipv4Number(text), v6: null }
  return kind === 6 ? parseIpv6(text) : null
}

/**
 * Writes an address as Java prints it: IPv6 with all eight groups and without leading zeros.
 *
 * Shape: what is not an address comes back as it is. A numeric zone stays.
 * Source: java.net.InetAddress#getHostAddress.
 */
export function hadoopAddressText(address: string): string {
  if (isIP(address) !== 6) return address
  const numeric = parseIpv6(address)
  if (numeric === null) return address
  if (numeric.v6 === null) return ipv4Text(numeric.v4)
  const zone = address.indexOf('%')
  return numeric.v6.map((group) => group.toString(16)).join(':') + (zone < 0 ? '' : address.slice(zone))
}

/** Canonical text of an address in numbers. */
export function addressText(address: NumericAddress): string {
  return address.v6 === null ? ipv4Text(address.v4) : ipv6Text(address.v6)
}

/** The 32-bit number of a plain dotted quad without leading zeros; -1 for every other text. */
export function ipv4Number(text: string): number {
  if (text.length < 7 || text.length > 15) return -1
  let value = 0
  let octet = -1
  let dots = 0
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at)
    if (code === 0x2e) {
      if (octet < 0) return -1
      value = value * 256 + octet
      octet = -1
      dots += 1
    } else if (code < 0x30 || code > 0x39 || octet === 0) {
      return -1
    } else {
      octet = (octet < 0 ? 0 : octet) * 10 + code - 0x30
      if (octet > 255) return -1
    }
  }
  return dots === 3 && octet >= 0 ? value * 256 + octet : -1
}

/**
 * Reads whatever Java takes for an address without asking a name service: dotted quads with leading zeros
 * (decimal), short IPv4 forms (`10.1` is 10.0.0.1), IPv6, IPv6 in brackets, a numeric zone (ignored).
 *
 * Shape: null where Java would ask the name service, and where it gives up at once.
 * Source: java.net.InetAddress#getByName.
 */
export function parseJavaAddress(text: string): NumericAddress | null {
  if (text.startsWith('[')) {
    const bare = text.length > 2 && text.endsWith(']') ? text.slice(1, -1) : ''
    return parseJavaIpv4(bare) < 0 ? parseJavaIpv6(bare) : null
  }
  const v4 = parseJavaIpv4(text)
  return v4 >= 0 ? { v4, v6: null } : parseJavaIpv6(text)
}

/** Reports whether a text is made like an IPv4 address, right or wrong: digits and dots, or hexadecimal. */
export function looksNumeric(text: string): boolean {
  return (
    /^[0-9.]+$/.test(text) || /^(?:0[xX][0-9A-Fa-f]*|[0-9]+)(?:\.(?:0[xX][0-9A-Fa-f]*|[0-9]*))*$/.test(text)
  )
}

/** One to four decimal parts, the last one filling what is left; -1 for anything else. */
function parseJavaIpv4(text: string): number {
  if (text.length === 0 || text.length > 15 || !/^\d+(?:\.\d+){0,3}$/.test(text)) return -1
  const parts = text.split('.').map(Number)
  const last = parts.pop() ?? 0
  if (parts.some((part) => part > 255) || last >= 256 ** (4 - parts.length)) return -1
  return parts.reduce((sum, part, index) => sum + part * 256 ** (3 - index), last)
}

function parseJavaIpv6(text: string): NumericAddress | null {
  const address = parseIpv6(text)
  const percent = text.indexOf('%')
  if (percent < 0 || address === null) return address
  const zone = text.slice(percent + 1)
  // A zone by name is an interface of the machine that reads the list, and Java fails where there is none of it; it
  // fails as well on a zone of an IPv4-mapped address.
  const known = address.v6 !== null && /^\d+$/.test(zone) && Number(zone) <= MAX_ZONE
  return known ? address : null
}

/**
 * Groups of hexadecimal digits, one `::`, an IPv4 tail; the zone is ignored. Leading zeros do not count. One pass over
 * the characters, because every question about an IPv6 client begins here.
 */
function parseIpv6(text: string): NumericAddress | null {
  const percent = text.indexOf('%')
  const end = percent < 0 ? text.length : percent
  const groups: number[] = []
  let gap = -1
  let value = -1
  let start = text.startsWith('::') ? 1 : 0
  for (let at = start; at < end; at += 1) {
    const code = text.charCodeAt(at)
    const digit = hexDigit(code)
    if (digit >= 0) {
      value = Math.max(value, 0) * 16 + digit
      if (value > 0xffff) return null
    } else if (code === 0x3a) {
      if (value < 0 && (gap >= 0 || (at === 0 && start === 0))) return null
      if (value < 0) gap = groups.length
      else if (at + 1 === end) return null
      else groups.push(value)
      value = -1
      start = at + 1
    } else {
      const tail = text.slice(start, end)
      const quad = code === 0x2e && /^\d+(?:\.\d+){3}$/.test(tail) ? parseJavaIpv4(tail) : -1
      if (quad < 0) return null
      groups.push(Math.floor(quad / 65_536))
      value = quad % 65_536
      break
    }
  }
  if (value >= 0) groups.push(value)
  return fillGap(groups, gap)
}

/** Eight groups of those before and after `::`; null where they are too few or too many. */
function fillGap(groups: number[], gap: number): NumericAddress | null {
  const missing = GROUPS - groups.length
  if (gap < 0 ? missing !== 0 : missing < 1) return null
  for (let count = gap < 0 ? 0 : missing; count > 0; count -= 1) groups.splice(gap, 0, 0)
  const [a, b, c, d, e, f, high = 0, low = 0] = groups
  const mapped = a === 0 && b === 0 && c === 0 && d === 0 && e === 0 && f === 0xffff
  return mapped ? { v4: high * 65_536 + low, v6: null } : { v4: -1, v6: groups }
}

/** The value of a hexadecimal digit, -1 for every other character. */
function hexDigit(code: number): number {
  if (code >= 0x30 && code <= 0x39) return code - 0x30
  const letter = code | 0x20
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1
}

const ipv4Text = (value: number): string =>
  `${Math.floor(value / 16_777_216)}.${Math.floor(value / 65_536) % 256}.${Math.floor(value / 256) % 256}.${value % 256}`

/** Shortens the longest run of two or more zero groups, the first of equals (RFC 5952). */
function ipv6Text(groups: readonly number[]): string {
  let [best, length] = [-1, 1]
  for (let at = 0; at < GROUPS; at += 1) {
    let end = at
    while (end < GROUPS && groups[end] === 0) end += 1
    if (end - at > length) [best, length] = [at, end - at]
    if (end > at) at = end
  }
  const hex = (from: number, to?: number): string =>
    groups
      .slice(from, to)
      .map((group) => group.toString(16))
      .join(':')
  return best < 0 ? hex(0) : `${hex(0, best)}::${hex(best + length)}`
}
