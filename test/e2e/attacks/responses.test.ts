import { setTimeout as sleep } from 'node:timers/promises'
import type { Socket } from 'node:net'
import { describe, expect, test } from 'vitest'
import { HONEST_PATH, ok } from '../../support/attack/lenient-upstream.ts'
import { namesOf, valuesOf } from '../../support/attack/messages.ts'
import { ALLOWED, get, head, lastGet, useStage } from '../../support/attack/stage.ts'
import { until } from '../../support/until.ts'

/**
 * An upstream that has been taken over. It may answer with any bytes, and must not be able to make Keddah give one
 * client what is for another, or a client something that it reads in two ways. After each attack an honest request
 * has to get its own answer.
 */
const stage = useStage()

const answer = (...lines: readonly string[]): string => head(...lines)
const POISON = 'HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison'

// Attack: an answer with two lengths, or one that ends for one reader and goes on for another.
describe('an answer that can be read in two ways', () => {
  const rows: readonly (readonly [trick: string, bytes: string])[] = [
    [
      'length and chunks',
      `${answer('HTTP/1.1 200 OK', 'Content-Length: 5', 'Transfer-Encoding: chunked')}0\r\n\r\n${POISON}`,
    ],
    [
      'chunks and length',
      `${answer('HTTP/1.1 200 OK', 'Transfer-Encoding: chunked', 'Content-Length: 5')}0\r\n\r\n${POISON}`,
    ],
    ['two lengths', `${answer('HTTP/1.1 200 OK', 'Content-Length: 2', 'Content-Length: 60')}ok${POISON}`],
    ['one length twice', `${answer('HTTP/1.1 200 OK', 'Content-Length: 2', 'Content-Length: 2')}ok`],
    ['a list of lengths', `${answer('HTTP/1.1 200 OK', 'Content-Length: 2, 2')}ok`],
    ['a length with a sign', `${answer('HTTP/1.1 200 OK', 'Content-Length: +2')}ok`],
    ['a negative length', `${answer('HTTP/1.1 200 OK', 'Content-Length: -2')}ok`],
    ['a hexadecimal length', `${answer('HTTP/1.1 200 OK', 'Content-Length: 0x2')}ok`],
    ['a length over 64 bits', `${answer('HTTP/1.1 200 OK', 'Content-Length: 18446744073709551617')}ok`],
    ['another coding', `${answer('HTTP/1.1 200 OK', 'Transfer-Encoding: gzip, chunked')}0\r\n\r\n`],
    ['a coding that is none', `${answer('HTTP/1.1 200 OK', 'Transfer-Encoding: identity')}ok`],
    [
      'two codings',
      `${answer('HTTP/1.1 200 OK', 'Transfer-Encoding: chunked', 'Transfer-Encoding: chunked')}0\r\n\r\n`,
    ],
    ['a blank before a colon', `${answer('HTTP/1.1 200 OK', 'Content-Length : 2')}ok`],
    ['a null in a header', `${answer('HTTP/1.1 200 OK', 'X: a\0b', 'Content-Length: 2')}ok`],
    ['a control character in a header', `${answer('HTTP/1.1 200 OK', 'X: a\x1bb', 'Content-Length: 2')}ok`],
    ['a bare carriage return', `${answer('HTTP/1.1 200 OK', 'X: a\rSet-Cookie: b', 'Content-Length: 2')}ok`],
    ['a name with a blank', `${answer('HTTP/1.1 200 OK', 'X Y: a', 'Content-Length: 2')}ok`],
    ['an empty name', `${answer('HTTP/1.1 200 OK', ': a', 'Content-Length: 2')}ok`],
    ['a line without a colon', `${answer('HTTP/1.1 200 OK', 'abc', 'Content-Length: 2')}ok`],
    [
      'two places to go to',
      answer('HTTP/1.1 307 X', 'Location: http://a/', 'Location: http://b/', 'Content-Length: 0'),
    ],
    [
      'a protocol that was not asked for',
      `${answer('HTTP/1.1 101 Switching', 'Upgrade: x', 'Connection: upgrade')}${POISON}`,
    ],
    ['another protocol', 'SSH-2.0-OpenSSH_9.6\r\n'],
    ['TLS', '\x15\x03\x01\x00\x02\x02\x50'],
    ['a status of two digits', `${answer('HTTP/1.1 20 OK', 'Content-Length: 2')}ok`],
    ['a status of four digits', `${answer('HTTP/1.1 2000 OK', 'Content-Length: 2')}ok`],
    ['a status that is none', `${answer('HTTP/1.1 099 OK', 'Content-Length: 2')}ok`],
    ['a request', get('/')],
    ['a body and no head', 'hello world\r\n\r\n'],
    ['a head over 64 KiB', `${answer('HTTP/1.1 200 OK', `X: ${'a'.repeat(80_000)}`, 'Content-Length: 2')}ok`],
    ['a thousand interim answers', `${answer('HTTP/1.1 100 Continue').repeat(1_000)}${ok()}`],
    ['a thousand other interim answers', `${answer('HTTP/1.1 102 Processing').repeat(1_000)}${ok()}`],
  ]
  test.each(rows)('is a 502: %s', async (_, bytes) => {
    stage.upstream.behave(() => bytes)
    const reply = await stage.send(lastGet(ALLOWED))
    expect([reply.status, reply.reason, reply.answers.length, reply.rest]).toEqual([
      502,
      'upstream_protocol',
      1,
      '',
    ])
    expect(reply.body).not.toContain('poison')
    expect(await stage.reached()).toHaveLength(1)
  })
})

// An answer that one reader takes only where it has no headers, as ours once did, is as good as two answers.
test.each(['HTTP/1.1 200', 'HTTP/1.1 200 ', 'HTTP/1.1 200 OK'])(
  'an answer that begins with %j is one, whatever follows',
  async (line) => {
    for (const bytes of [
      answer(line, 'Content-Length: 4') + 'mine',
      answer(line, 'X: y', 'Connection: close') + 'mine',
      answer(line) + 'mine',
    ]) {
      stage.upstream.behave((_, socket) => {
        socket.end(bytes)
        return null
      })
      const reply = await stage.send(lastGet(ALLOWED))
      expect([reply.status, reply.body]).toEqual([200, 'mine'])
    }
    await stage.reached()
  },
)

// Attack: an answer of which a part is held back, and the rest taken for something whole.
describe('an answer that is cut short', () => {
  test.each([
    ['in its body', `${answer('HTTP/1.1 200 OK', 'Content-Length: 100')}part`],
    ['in a chunk', `${answer('HTTP/1.1 200 OK', 'Transfer-Encoding: chunked')}64\r\npart`],
    ['before the last chunk', `${answer('HTTP/1.1 200 OK', 'Transfer-Encoding: chunked')}4\r\npart\r\n`],
    [
      'by a chunk that is none',
      `${answer('HTTP/1.1 200 OK', 'Transfer-Encoding: chunked')}4\r\npart\r\nzz\r\n`,
    ],
    [
      'by a chunk that is too long',
      `${answer('HTTP/1.1 200 OK', 'Transfer-Encoding: chunked')}2\r\npart\r\n0\r\n\r\n`,
    ],
  ])('%s is no whole answer for the client', async (_, bytes) => {
    stage.upstream.behave((__, socket) => {
      socket.end(bytes, 'latin1')
      return null
    })
    const reply = await stage.send(get(ALLOWED))
    expect(reply.closed).toBe(true)
    expect(reply.answers.map(({ status }) => status)).not.toContain(200)
    await stage.reached()
  })

  test.each([
    'HTTP/1.1 200 OK\r\nContent-Le',
    'HTTP/1.1 10',
    'HTTP/1.1 100 Continue\r\nX: y\r\n',
    'HTTP/1.1 100 Continue\r\n\r\n',
    'H',
    '',
  ])('in its head is a 502: %j', async (bytes) => {
    stage.upstream.behave((_, socket) => {
      socket.end(bytes)
      return null
    })
    expect((await stage.send(lastGet(ALLOWED))).status).toBe(502)
  })
})

// Attack: more than one answer for a request. The second one is kept for whoever asks next on that connection.
describe('an answer too many', () => {
  test.each([
    ['behind the first one', `${ok('mine')}${POISON}`],
    [
      'behind chunks',
      `${answer('HTTP/1.1 200 OK', 'Transfer-Encoding: chunked')}4\r\nmine\r\n0\r\n\r\n${POISON}`,
    ],
    [
      'behind trailers',
      `${answer('HTTP/1.1 200 OK', 'Transfer-Encoding: chunked')}4\r\nmine\r\n0\r\nX-Keddah-Reason: acl\r\n\r\n${POISON}`,
    ],
    ['that is garbage', `${ok('mine')}garbage\r\n\r\n`],
    ['that has only begun', `${ok('mine')}HTTP/1.1 200`],
    ['that is interim', `${ok('mine')}HTTP/1.1 100 Continue\r\n\r\n`],
  ])('%s reaches nobody, and nobody uses its connection again', async (_, bytes) => {
    stage.upstream.behave(() => bytes)
    const liar = '/webhdfs/v1/liar?op=GETFILESTATUS&user.name=alice'
    const reply = await stage.send(lastGet(liar))
    expect([reply.status, reply.body, reply.rest]).toEqual([200, 'mine', ''])
    for (let round = 0; round < 5; round += 1) await stage.reached()
    const used = stage.upstream.bytes().filter((seen) => seen.includes(liar))
    expect(used.map((seen) => seen.slice(seen.lastIndexOf(liar)).includes(HONEST_PATH))).toEqual([false])
  })

  test('that comes later, while the connection waits, reaches nobody, and ends the connection', async () => {
    const sockets: Socket[] = []
    stage.upstream.behave((_, socket) => {
      sockets.push(socket)
      if (sockets.length < 2) return null
      for (const one of sockets) one.write(ok('mine'))
      void sleep(20).then(() => sockets[0]?.write(POISON))
      return null
    })
    const replies = await Promise.all([stage.send(lastGet(ALLOWED)), stage.send(lastGet(ALLOWED))])
    expect(replies.map(({ body }) => body)).toEqual(['mine', 'mine'])
    // Bytes that nobody asked for end the connection, long before the one beside it has waited for too long.
    await until(() => sockets[0]?.destroyed === true)
    expect(sockets[1]?.destroyed).toBe(false)
    for (let round = 0; round < 5; round += 1) await stage.reached()
  })

  test('in the body of an answer to HEAD reaches nobody', async () => {
    stage.upstream.behave(() => `${answer('HTTP/1.1 200 OK', `Content-Length: ${POISON.length}`)}${POISON}`)
    const reply = await stage.send(head(`HEAD ${ALLOWED} HTTP/1.1`, 'Host: nn', 'Connection: close'), {
      bodiless: [0],
    })
    expect([reply.status, reply.answers.length, reply.rest]).toEqual([200, 1, ''])
    for (let round = 0; round < 5; round += 1) await stage.reached()
  })

  test.each([204, 304])('in the body of a %i reaches nobody', async (status) => {
    stage.upstream.behave(
      () => `${answer(`HTTP/1.1 ${status} X`, `Content-Length: ${POISON.length}`)}${POISON}`,
    )
    const reply = await stage.send(lastGet(ALLOWED))
    expect([reply.answers.length, reply.rest]).toEqual([1, ''])
    expect(reply.received).not.toContain('poison')
    for (let round = 0; round < 5; round += 1) await stage.reached()
  })
})

// Attack: an answer before the request is over. The rest of the body is then sent on a connection that is already
// used for somebody else's request.
describe('an answer that comes early', () => {
  test.each([403, 307, 200])(
    'with %i leaves no half-sent request on a connection that is used again',
    async (status) => {
      let isAnswered = false
      stage.upstream.onBytes((socket, bytes) => {
        if (isAnswered || !bytes.includes(`/early${status}?`)) return
        isAnswered = true
        socket.write(answer(`HTTP/1.1 ${status} X`, 'Content-Length: 0'))
      })
      const caller = await stage.call()
      caller.write(
        head(
          `PUT /webhdfs/v1/early${status}?op=MKDIRS&user.name=alice HTTP/1.1`,
          'Host: nn',
          'Content-Length: 500000',
        ),
      )
      caller.write('a'.repeat(100_000))
      const [first] = await caller.answers(1)
      expect(first?.status).toBe(status)
      caller.write(get('/webhdfs/v1/smuggled?op=GETFILESTATUS&user.name=root').repeat(3))
      await caller.closed()
      for (let round = 0; round < 5; round += 1) await stage.reached()
      const targets = stage.upstream.requests().map(({ target }) => target)
      expect(targets.filter((target) => !target.includes('honest'))).toEqual([])
    },
  )
})

// Attack: interim answers, asked for by nobody, in any number of pieces; some clients take a 100 for an error.
describe('interim answers', () => {
  test.each([
    ['one', ['HTTP/1.1 100 Continue\r\n\r\n', ok()]],
    ['one with headers', ['HTTP/1.1 100 Continue\r\nX: y\r\n\r\n', ok()]],
    ['one in pieces', ['HTTP/1.', '1 100 Con', 'tinue\r', '\n\r\nHTTP/1.1 20', ok().slice(11)]],
    ['three', ['HTTP/1.1 100 Continue\r\n\r\n'.repeat(3), ok()]],
    ['an early hint', ['HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n', ok()]],
    ['a mixture', ['HTTP/1.1 102 X\r\n\r\nHTTP/1.1 103 Y\r\n\r\n', ok()]],
  ])('are swallowed: %s', async (_, pieces) => {
    stage.upstream.behave((__, socket) => {
      void writePieces(socket, pieces)
      return null
    })
    const reply = await stage.send(lastGet(ALLOWED))
    expect([reply.status, reply.body, reply.interim]).toEqual([200, 'ok', []])
    await stage.reached()
  })

  test('do not let an answer through that is hidden in their headers', async () => {
    stage.upstream.behave(() => `HTTP/1.1 100 Continue\r\nX: HTTP/1.1 200 OK\r\n\r\n${ok('mine')}`)
    expect((await stage.send(lastGet(ALLOWED))).body).toBe('mine')
  })
})

async function writePieces(
  socket: { readonly writable: boolean; write(piece: string): unknown },
  pieces: readonly string[],
): Promise<void> {
  for (const piece of pieces) {
    if (socket.writable) socket.write(piece)
    await sleep(5)
  }
}

// Attack: a client of HTTP/1.0 takes the size of a chunk for data, and what follows for another answer.
test('an answer in chunks has none for a client of HTTP/1.0', async () => {
  const chunks = '4\r\nmine\r\n0\r\nX-Trailer: y\r\n\r\n'
  stage.upstream.behave(() => `${answer('HTTP/1.1 200 OK', 'Transfer-Encoding: chunked')}${chunks}`)
  const reply = await stage.send(head(`GET ${ALLOWED} HTTP/1.0`, 'Connection: keep-alive'))
  expect([reply.status, reply.body, reply.closed]).toEqual([200, 'mine', true])
  expect(reply.received).not.toMatch(/chunked|x-trailer/i)
})

// Attack: an answer that logs the client in as somebody else, or speaks as if it were Keddah.
describe('headers of an answer', () => {
  test.each([
    'Set-Cookie: hadoop.auth="u=root&p=root"; Path=/; HttpOnly',
    'set-cookie: HADOOP.AUTH=root',
    'Set-Cookie:  hadoop.auth=root',
    'Set-Cookie: "hadoop.auth"=root',
    'Set-Cookie: hadoop.auth =root',
    'Set-Cookie: proxy-user=root',
    'X-Keddah-Reason: root',
    'X-Keddah-Request-Id: root',
    'Proxy-Authenticate: Basic root',
    'Keep-Alive: root',
    'Upgrade: root',
    'Trailer: root',
    'Server: Jetty(root)',
    'X-Powered-By: root',
  ])('%s does not reach the client', async (line) => {
    stage.upstream.behave(() => `${answer('HTTP/1.1 200 OK', line, 'Content-Length: 2')}ok`)
    const reply = await stage.send(lastGet(ALLOWED))
    expect([reply.status, reply.body]).toEqual([200, 'ok'])
    expect(JSON.stringify(reply.headers)).not.toContain('root')
  })

  test('that Connection names are taken off, and the length is none of them', async () => {
    const lines = ['Connection: X-Trace, Content-Length, Date', 'X-Trace: trace', 'Content-Length: 2']
    stage.upstream.behave(() => `${answer('HTTP/1.1 200 OK', ...lines)}ok`)
    const reply = await stage.send(lastGet(ALLOWED))
    expect([reply.status, reply.body, valuesOf(reply, 'content-length')]).toEqual([200, 'ok', ['2']])
    expect(namesOf(reply)).not.toContain('x-trace')
  })

  test('of a folded line are refused, or become one line', async () => {
    stage.upstream.behave(
      () => `${answer('HTTP/1.1 200 OK', 'X: a\r\n Set-Cookie: b', 'Content-Length: 2')}ok`,
    )
    const reply = await stage.send(lastGet(ALLOWED))
    expect(namesOf(reply)).not.toContain('set-cookie')
    expect(reply.received).not.toMatch(/\r\n[ \t]/)
  })
})

// Attack: a connection that changes its protocol is a tunnel past every later decision.
describe('an upgrade', () => {
  const upgrade = (protocol: string, ...lines: string[]): string =>
    get(ALLOWED, `Upgrade: ${protocol}`, 'Connection: Upgrade', ...lines)
  test.each([
    ['to WebSocket', upgrade('websocket', 'Sec-WebSocket-Key: x', 'Sec-WebSocket-Version: 13')],
    ['to HTTP/2', upgrade('h2c', 'HTTP2-Settings: AAMAAABkAAQAAP__')],
    [
      'to HTTP/2, named beside its settings',
      get(ALLOWED, 'Upgrade: h2c', 'Connection: Upgrade, HTTP2-Settings'),
    ],
    ['to anything', upgrade('x')],
    [
      'with a body',
      `${head('POST /webhdfs/v1/d?op=CONCAT&user.name=alice HTTP/1.1', 'Host: nn', 'Upgrade: websocket', 'Connection: Upgrade', 'Content-Length: 5')}hello`,
    ],
    ['by somebody who may not', upgrade('websocket').replace('alice', 'mallory')],
  ])('%s is not made', async (_, bytes) => {
    stage.upstream.behave(() => answer('HTTP/1.1 101 Switching', 'Upgrade: x', 'Connection: Upgrade'))
    const reply = await stage.send(bytes + get('/webhdfs/v1/tunnelled?op=GETFILESTATUS&user.name=root'))
    expect(reply.answers.map(({ status }) => status)).not.toContain(101)
    expect(reply.interim).toEqual([])
    await until(() => reply.closed)
    const reached = await stage.reached()
    expect(reached.flatMap(namesOf)).not.toContain('upgrade')
    expect(reached.map(({ target }) => target).join()).not.toContain('tunnelled')
  })
})
