import { isIPv4, isIPv6 } from 'node:net'

/**
 * What the first bytes of a connection are.
 *
 * Shape: `more`: too few to tell; `malformed`: no PROXY header that can be believed; `header`: a whole one of `length`
 * bytes. Its `source` is the address of the client, null where the sender speaks for itself (a health check, LOCAL) or
 * does not know (UNKNOWN, UNSPEC): then the address of the connection counts.
 */
export type ProxyHeader =
  | { readonly kind: 'more' }
  | { readonly kind: 'malformed' }
  | { readonly kind: 'header'; readonly length: number; readonly source: string | null }

const MORE: ProxyHeader = { kind: 'more' }
const MALFORMED: ProxyHeader = { kind: 'malformed' }

/** The line of version 1 with its line end. */
const MAX_LINE = 107
const LINE_START = Buffer.from('PROXY ')
const SIGNATURE = Buffer.from('\r\n\r\n\0\r\nQUIT\n', 'latin1')
const FIXED = 16
/** With all that cloud load balancers add, headers have a few hundred bytes. */
const MAX_BLOCK = 4_096

/**
 * Reads the header of the PROXY protocol, version 1 or 2, strictly: what another program might read in another way is
 * malformed. Addresses of Unix sockets and of datagrams are no addresses of clients here.
 *
 * Checksums (PP2_TYPE_CRC32C) are not computed: TCP has its own, and a sender that is not trusted is not heard.
 * Source: The PROXY protocol, versions 1 and 2 (HAProxy), sections 2.1 and 2.2.
 */
export function readProxyHeader(bytes: Buffer): ProxyHeader {
  const known = Math.min(bytes.length, SIGNATURE.length)
  if (bytes.compare(SIGNATURE, 0, known, 0, known) === 0) return readBlock(bytes)
  const begun = Math.min(bytes.length, LINE_START.length)
  return bytes.compare(LINE_START, 0, begun, 0, begun) === 0 ? readLine(bytes) : MALFORMED
}

const PORT = '(?:0|[1-9][0-9]{0,4})'
const LINE = new RegExp(
  `^PROXY (?:TCP4 ([0-9.]+) ([0-9.]+)|TCP6 ([0-9A-Fa-f:.]+) ([0-9A-Fa-f:.]+)) (${PORT}) (${PORT})$`,
)

function readLine(bytes: Buffer): ProxyHeader {
  const text = bytes.toString('latin1', 0, MAX_LINE)
  const end = text.indexOf('\r\n')
  if (end < 0) return text.length === MAX_LINE || /[\r\n]./s.test(text) ? MALFORMED : MORE
  const line = text.slice(0, end)
  const length = end + 2
  // Whatever stands behind UNKNOWN is to be ignored.
  if (/^PROXY UNKNOWN(?: [\x20-\x7e]*)?$/.test(line)) return { kind: 'header', length, source: null }
  const [, four = '', toFour = '', six = '', toSix = '', ...ports] = LINE.exec(line) ?? []
  const isRight = four === '' ? isIPv6(six) && isIPv6(toSix) : isIPv4(four) && isIPv4(toFour)
  if (!isRight || ports.some((port) => Number(port) > 65_535)) return MALFORMED
  return { kind: 'header', length, source: four === '' ? six : four }
}

const LOCAL = 0x20
const PROXY = 0x21
const UNSPEC = 0x00
/** Bytes of the addresses and ports of each family; only those of TCP. */
const ADDRESSES: ReadonlyMap<number, number> = new Map([
  [0x11, 12],
  [0x21, 36],
])

function readBlock(bytes: Buffer): ProxyHeader {
  if (bytes.length < FIXED) return MORE
  const command = bytes.readUInt8(12)
  const family = bytes.readUInt8(13)
  const size = bytes.readUInt16BE(14)
  if ((command !== LOCAL && command !== PROXY) || size > MAX_BLOCK) return MALFORMED
  const length = FIXED + size
  if (bytes.length < length) return MORE
  const block = bytes.subarray(FIXED, length)
  // Of a LOCAL header nothing but the length counts.
  if (command === LOCAL || family === UNSPEC) return { kind: 'header', length, source: null }
  const fixed = ADDRESSES.get(family)
  if (fixed === undefined || size < fixed || !areFields(block.subarray(fixed))) return MALFORMED
  return { kind: 'header', length, source: fixed === 12 ? fourOf(block) : sixOf(block) }
}

/** Whether fields (type, length, value) fill a block to its last byte. */
function areFields(block: Buffer): boolean {
  let at = 0
  while (at + 3 <= block.length) at += 3 + block.readUInt16BE(at + 1)
  return at === block.length
}

const fourOf = (block: Buffer): string => block.subarray(0, 4).join('.')

function sixOf(block: Buffer): string {
  const groups = Array.from({ length: 8 }, (_, index) => block.readUInt16BE(index * 2).toString(16))
  return groups.join(':')
}
