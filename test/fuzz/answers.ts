import { CANARY, chunks, damaged } from './bytes.ts'
import type { Chance } from './chance.ts'
import type { MadeUp } from './requests.ts'

const STATUSES = [
  '200 OK',
  '200 OK',
  '201 Created',
  '204 No Content',
  '304 Not Modified',
  '403 Forbidden',
  '500 X',
  '200',
]
const ODD_STATUSES = [
  '101 Switching',
  '99 X',
  '2000 X',
  '000 X',
  '200\tOK',
  ' 200 OK',
  '200 O\0K',
  '600 X',
  '100 Continue',
]
const FIELDS = [
  'Content-Type: application/json',
  'X-A: a\tb',
  'X-B: \xe4',
  'X-C:',
  'Set-Cookie: a=b',
  'Set-Cookie: c=d; Path=/',
  'Date: Thu, 01 Jan 2026 00:00:00 GMT',
  'Connection: keep-alive',
  'Connection: close',
  'Cache-Control: no-cache',
  'Keep-Alive: timeout=5',
]
const ODD_FIELDS = [
  `X-Keddah-Reason: ${CANARY}`,
  `Set-Cookie: hadoop.auth="${CANARY}"`,
  `Location: http://${CANARY}.example/`,
  `Trailer: ${CANARY}`,
  `Upgrade: ${CANARY}`,
  `X-Gone: ${CANARY}\r\nConnection: X-Gone`,
  'Content-Length: 3',
  'Content-Length: 3, 3',
  'Content-Length: +3',
  'Content-Length : 3',
  'Transfer-Encoding: chunked',
  'Transfer-Encoding: gzip, chunked',
  'Transfer-Encoding: identity',
  'X: a\r\n folded',
  'X: a\nSet-Cookie: b=c',
  'X: a\rSet-Cookie: b=c',
  'X: a\0b',
  ': x',
  'no colon',
  ' X: y',
  'X Y: z',
]
const POISON = `HTTP/1.1 200 OK\r\nContent-Length: ${CANARY.length}\r\n\r\n${CANARY}`

/** `isFair`: nothing is wrong with the bytes, and a client must get what they say. */
export interface MadeUpAnswer extends MadeUp {
  readonly isFair: boolean
}

/** The bytes of an upstream for one request. */
export function answerBytes(chance: Chance): MadeUpAnswer {
  const isOdd = chance.oneIn(2)
  let bytes = ''
  for (let times = chance.oneIn(4) ? 1 + chance.below(3) : 0; times > 0; times -= 1)
    bytes += chance.pick(['HTTP/1.1 100 Continue\r\n\r\n', 'HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n'])
  if (isOdd && chance.oneIn(12))
    bytes += 'HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n'
  bytes += oneAnswer(chance, isOdd)
  if (!isOdd) return { bytes, isFair: true, isDamaged: false }
  const isDamaged = chance.oneIn(3)
  if (isDamaged) bytes = damaged(chance, bytes)
  if (chance.oneIn(4))
    bytes += chance.pick([POISON, 'x', '\r\n', 'HTTP/1.1 100 Continue\r\n\r\n', POISON.slice(0, 9)])
  if (chance.oneIn(4)) bytes = bytes.slice(0, chance.below(bytes.length))
  return { bytes, isFair: false, isDamaged }
}

function oneAnswer(chance: Chance, isOdd: boolean): string {
  const version =
    isOdd && chance.oneIn(6) ? chance.pick(['HTTP/1.0', 'HTTP/2.0', 'http/1.1', 'SSH-2.0']) : 'HTTP/1.1'
  const status = chance.pick(isOdd && chance.oneIn(5) ? ODD_STATUSES : STATUSES)
  const lines = [`${version} ${status}`]
  for (let times = chance.below(4); times > 0; times -= 1) lines.push(chance.pick(FIELDS))
  for (let times = isOdd ? chance.below(3) : 0; times > 0; times -= 1)
    lines.splice(1 + chance.below(lines.length), 0, chance.pick(ODD_FIELDS))
  const body = chance.pick([
    'ok',
    '',
    POISON,
    '{"a":1}',
    'z'.repeat(9_000),
    chance.oneIn(20) ? 'w'.repeat(200_000) : 'w',
  ])
  const head = (line: string): string => `${[...lines, ...(line === '' ? [] : [line])].join('\r\n')}\r\n\r\n`
  if (/^(?:204|304)/.test(status)) return head('')
  const kind = chance.below(5)
  if (kind < 2) return head('Transfer-Encoding: chunked') + chunks(chance, body, isOdd && chance.oneIn(2))
  if (kind === 2 && isOdd) return head('') + body
  const length = body.length + (isOdd && chance.oneIn(4) ? chance.pick([-1, 1, 9]) : 0)
  return head(`Content-Length: ${Math.max(length, 0)}`) + body
}
