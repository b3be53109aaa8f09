import { CANARY, chunks, damaged } from './bytes.ts'
import type { Chance } from './chance.ts'
import { targetOf } from './targets.ts'

const METHODS = ['GET', 'GET', 'GET', 'PUT', 'PUT', 'POST', 'DELETE']
const ODD_METHODS = [
  'get',
  'FOO',
  'TRACE',
  'CONNECT',
  'OPTIONS',
  'PATCH',
  'MOVE',
  'PRI',
  'GET ',
  ' GET',
  'G\tT',
]
const ODD_VERSIONS = [
  'HTTP/1.0',
  'HTTP/1.0',
  'HTTP/2.0',
  'HTTP/1.2',
  'http/1.1',
  'HTTP/0.9',
  'HTTP/1.1 ',
  'ICE/1.1',
  '',
]
const FIELDS = [
  'User-Agent: x',
  'Accept: */*',
  'Accept: application/json',
  'X-A: a\tb',
  'X-B: \xe4\xf6',
  'X-C:',
  'X-D:    padded   ',
  'Cookie: a=b; c="d"',
  'Authorization: Basic eA==',
  'Content-Type: application/octet-stream',
  'X-Request-Id: r-1',
  'Range: bytes=0-1',
  'Connection: keep-alive',
]
const ODD_FIELDS = [
  `X-Remote-User: ${CANARY}`,
  `X_Remote_User: ${CANARY}`,
  `X.Forwarded.User: ${CANARY}`,
  `X-Forwarded-For: ${CANARY}`,
  `X-HTTP-Method-Override: ${CANARY}`,
  `X-Original-URL: /${CANARY}`,
  `Cookie: hadoop.auth="u=${CANARY}"; a=b`,
  `Proxy-Authorization: ${CANARY}`,
  `Keep-Alive: ${CANARY}`,
  `TE: ${CANARY}`,
  `Trailer: ${CANARY}`,
  `Upgrade: ${CANARY}`,
  `X-Gone: ${CANARY}\r\nConnection: X-Gone`,
  'Connection: close',
  'Connection: Host',
  'Connection: Content-Length',
  'Connection: upgrade',
  'Connection: "close"',
  'Host: evil',
  'Host:',
  'Expect: 100-continue',
  'Expect: x',
  'Content-Length: 5',
  'Content-Length: 0',
  'Content-Length: 5, 5',
  'Content-Length: +5',
  'Content-Length : 5',
  'Content_Length: 5',
  'Transfer-Encoding: chunked',
  'Transfer-Encoding: gzip, chunked',
  'Transfer-Encoding: identity',
  'Transfer-Encoding : chunked',
  'Transfer-Encoding:\x0bchunked',
  'Transfer-Encoding:\r\n chunked',
  'Transfer_Encoding: chunked',
  'Content-Type: application/x-www-form-urlencoded',
  'X: a\r\n folded',
  'X: a\rContent-Length: 5',
  'X: a\nContent-Length: 5',
  'X: a\0b',
  ': x',
  'no colon',
  ' X: y',
  'X Y: z',
  '__proto__: x',
  'HTTP2-Settings: AAAA',
]

/** `isDamaged`: some bytes were hit by chance, so that nobody knows any more what the headers are called. */
export interface MadeUp {
  readonly bytes: string
  readonly isDamaged: boolean
}

/** Requests as one connection of an attacker brings them, several at once, and mostly nearly right. */
export function connectionBytes(chance: Chance): MadeUp {
  const count = chance.pick([1, 1, 2, 3, 4])
  let bytes = ''
  let isDamaged = false
  for (let at = 0; at < count; at += 1) {
    if (chance.oneIn(12)) bytes += chance.pick(['\r\n', '\r\n\r\n', '\n', '\r'])
    const request = requestBytes(chance)
    const isHit = chance.oneIn(9)
    isDamaged ||= isHit
    bytes += isHit ? damaged(chance, request) : request
  }
  // What never ends is as good as what does: the connection is half closed behind it.
  if (chance.oneIn(10)) bytes = bytes.slice(0, chance.below(bytes.length))
  return { bytes, isDamaged }
}

function requestBytes(chance: Chance): string {
  const isOdd = chance.oneIn(4)
  const method = isOdd && chance.oneIn(4) ? chance.pick(ODD_METHODS) : chance.pick(METHODS)
  const target = targetOf(chance, method)
  const version = isOdd && chance.oneIn(5) ? chance.pick(ODD_VERSIONS) : 'HTTP/1.1'
  const lines = [`${method} ${target} ${version}`]
  if (!isOdd || !chance.oneIn(12)) lines.push(chance.pick(['Host: nn', 'host: nn:9870', 'Host: 127.0.0.1']))
  for (let times = chance.below(4); times > 0; times -= 1) lines.push(chance.pick(FIELDS))
  for (let times = isOdd ? 1 + chance.below(3) : 0; times > 0; times -= 1)
    lines.splice(1 + chance.below(lines.length), 0, chance.pick(ODD_FIELDS))
  const body = bodyOf(chance, method, isOdd)
  return `${[...lines, ...body.lines].join('\r\n')}\r\n\r\n${body.bytes}`
}

const HIDDEN = 'GET /webhdfs/v1/hidden?op=LISTSTATUS&user.name=alice HTTP/1.1\r\nHost: nn\r\n\r\n'

function bodyOf(
  chance: Chance,
  method: string,
  isOdd: boolean,
): { readonly lines: readonly string[]; readonly bytes: string } {
  if ((method === 'GET' && !(isOdd && chance.oneIn(4))) || chance.oneIn(4)) return { lines: [], bytes: '' }
  const text = chance.pick([
    HIDDEN,
    HIDDEN,
    'hello',
    '',
    '0\r\n\r\n',
    '\r\n',
    'a=b&user.name=root',
    'x'.repeat(3_000),
  ])
  const body = chance.oneIn(40) ? 'y'.repeat(70_000 + chance.below(90_000)) + text : text
  if (chance.oneIn(2))
    return { lines: ['Transfer-Encoding: chunked'], bytes: chunks(chance, body, isOdd && chance.oneIn(2)) }
  const length = body.length + (isOdd && chance.oneIn(4) ? chance.pick([-1, 1, -5, 5]) : 0)
  return { lines: [`Content-Length: ${Math.max(length, 0)}`], bytes: body }
}
