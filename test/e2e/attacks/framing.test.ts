import { describe, expect, test } from 'vitest'
import { ok } from '../../support/attack/lenient-upstream.ts'
import { namesOf, valuesOf } from '../../support/attack/messages.ts'
import { ALLOWED, chunked, DENIED, get, head, lastGet, useStage } from '../../support/attack/stage.ts'

/**
 * Request smuggling: bytes in which Keddah and the upstream would see different requests. The upstream here falls for
 * all of it, so a refusal counts only where nothing reached it.
 */
const stage = useStage()

/** What an attacker hides, and what must never be seen as a request. */
const HIDDEN = get('/webhdfs/v1/victim?op=GETFILESTATUS&user.name=root')
const PUT = 'PUT /webhdfs/v1/d?op=MKDIRS&user.name=alice HTTP/1.1'
const DELETE = 'DELETE /webhdfs/v1/d?op=DELETE&user.name=alice HTTP/1.1'
const CHUNKED = 'Transfer-Encoding: chunked'

type Row = readonly [trick: string, status: number, bytes: string]

/** Each is refused, the connection ends, nothing arrives, and it is counted. */
function refusesEach(rows: readonly Row[]): void {
  test.each(rows)('%s is answered with %i', async (_, status, bytes) => {
    const before = await rejected()
    const reply = await stage.send(bytes)
    expect([reply.status, reply.answers.length, reply.closed, reply.rest]).toEqual([status, 1, true, ''])
    expect(namesOf(reply)).toContain('x-keddah-reason')
    expect(await rejected()).toBeGreaterThan(before)
    expect(await stage.reached()).toEqual([])
  })
}

async function rejected(): Promise<number> {
  const text = await stage.door.telemetry.metrics.text()
  return text
    .split('\n')
    .filter((line) => line.startsWith('keddah_proxy_rejected_total{'))
    .reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0)
}

const put = (...lines: string[]): string => head(PUT, 'Host: nn', ...lines)

// Attack: two lengths, or a length and chunks. One reader ends the body where the other one goes on, and what is in
// between is a request that nobody has decided on.
describe('a doubtful length', () => {
  refusesEach([
    ['length before chunks', 400, `${put('Content-Length: 6', CHUNKED)}0\r\n\r\n${HIDDEN}`],
    ['chunks before length', 400, `${put(CHUNKED, 'Content-Length: 6')}0\r\n\r\n${HIDDEN}`],
    ['a length of nothing beside chunks', 400, `${put('Content-Length: 0', CHUNKED)}${chunked(HIDDEN)}`],
    ['two lengths', 400, `${put('Content-Length: 1', 'Content-Length: 2')}ab`],
    ['one length, twice', 400, `${put('Content-Length: 2', 'Content-Length: 2')}ab`],
    ['a list of lengths', 400, `${put('Content-Length: 2, 2')}ab`],
    ['a plus', 400, `${put('Content-Length: +2')}ab`],
    ['a minus', 400, `${put('Content-Length: -1')}ab`],
    ['hexadecimal', 400, `${put('Content-Length: 0x2')}ab`],
    ['an empty length', 400, `${put('Content-Length:')}${HIDDEN}`],
    ['two words', 400, `${put('Content-Length: 1 2')}ab`],
    ['over 64 bits', 400, `${put('Content-Length: 18446744073709551617')}a`],
    ['over 53 bits', 400, `${put('Content-Length: 9007199254740993')}a`],
    ['a fraction', 400, `${put('Content-Length: 1.5')}a`],
    ['an exponent', 400, `${put('Content-Length: 1e1')}a`],
    ['digits of another script', 400, `${put('Content-Length: \xd9\xa2')}ab`],
    ['an underscore for a dash beside chunks', 400, `${put('Content_Length: 6', CHUNKED, CHUNKED)}0\r\n\r\n`],
  ])

  test.each(['2 ', '2\t', '002'])('the length %j is forwarded as a plain number', async (length) => {
    const reply = await stage.send(`${put(`Content-Length: ${length}`, 'Connection: close')}ab`)
    expect(reply.status).toBe(200)
    const reached = await stage.reached()
    expect(reached.map(({ body }) => body)).toEqual(['ab'])
    expect(reached.flatMap((request) => valuesOf(request, 'content-length'))).toEqual(['2'])
    expect(reached[0]?.raw).toMatch(/\r\ncontent-length: 2\r\n/i)
  })
})

// Attack: a transfer coding that one reader takes for chunked and another one does not know.
describe('a doubtful transfer coding', () => {
  refusesEach([
    ['identity', 400, `${put('Transfer-Encoding: identity')}${HIDDEN}`],
    ['a longer word', 400, `${put('Transfer-Encoding: xchunked')}${chunked(HIDDEN)}`],
    ['chunked, not at the end', 400, `${put('Transfer-Encoding: chunked, identity')}${chunked('a')}`],
    ['two lines', 400, `${put(CHUNKED, CHUNKED)}${chunked('a')}`],
    ['two lines, one of them odd', 400, `${put(CHUNKED, 'Transfer-Encoding: cow')}${chunked('a')}`],
    ['a blank before the colon', 400, `${put('Transfer-Encoding : chunked')}${chunked('a')}`],
    ['a vertical tab', 400, `${put('Transfer-Encoding:\x0bchunked')}${chunked('a')}`],
    ['a folded line', 400, `${put('Transfer-Encoding:\r\n chunked')}${chunked('a')}`],
    ['a tab behind', 400, `${put('Transfer-Encoding: chunked,\t')}${chunked('a')}`],
    ['quotes', 400, `${put('Transfer-Encoding: "chunked"')}${chunked('a')}`],
    ['a coding that nobody takes off', 501, `${put('Transfer-Encoding: gzip, chunked')}${chunked('a')}`],
    ['chunked twice', 400, `${put('Transfer-Encoding: chunked, chunked')}${chunked('a')}`],
    [
      'chunks in HTTP/1.0',
      400,
      `${head('PUT /webhdfs/v1/d?op=MKDIRS&user.name=alice HTTP/1.0', CHUNKED)}${chunked('a')}`,
    ],
  ])

  test.each(['CHUNKED', 'chunked ', '\tchunked'])(
    '%j is chunked for all, and is sent anew',
    async (value) => {
      const reply = await stage.send(
        `${put(`Transfer-Encoding: ${value}`, 'Connection: close')}${chunked('ab')}`,
      )
      expect(reply.status).toBe(200)
      const reached = await stage.reached()
      expect(reached.map(({ body }) => body)).toEqual(['ab'])
      expect(reached[0]?.raw).toMatch(/\r\ntransfer-encoding: chunked\r\n/i)
    },
  )
})

// Attack: a version that the next server answers by other rules.
describe('another version', () => {
  refusesEach([
    ['HTTP/2.0 in a request line', 505, head(`GET ${ALLOWED} HTTP/2.0`, 'Host: nn')],
    ['the beginning of a real HTTP/2', 505, 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
    ['HTTP/1.2', 505, head(`GET ${ALLOWED} HTTP/1.2`, 'Host: nn')],
    ['HTTP/0.9 with a version', 505, head(`GET ${ALLOWED} HTTP/0.9`)],
    ['a lower case name', 400, head(`GET ${ALLOWED} http/1.1`, 'Host: nn')],
    ['another protocol', 400, head(`GET ${ALLOWED} ICE/1.0`, 'Host: nn')],
    ['HTTP/0.9 without a version', 505, `GET ${ALLOWED}\r\n\r\n`],
    ['TLS', 400, '\x16\x03\x01\x00\x05\x01\x00\x00\x01\x03'],
    ['the PROXY protocol, first version', 400, `PROXY TCP4 10.0.0.1 10.0.0.2 1 2\r\n${get(ALLOWED)}`],
    ['the PROXY protocol, second version', 400, `\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c${get(ALLOWED)}`],
  ])
})

// Attack: a line that ends for one reader and goes on for another.
describe('odd line ends and bytes', () => {
  const request = (text: string): string => `GET ${ALLOWED} HTTP/1.1\r\nHost: nn\r\n${text}`
  refusesEach([
    ['bare line feeds', 400, `GET ${ALLOWED} HTTP/1.1\nHost: nn\n\n`],
    ['one bare line feed', 400, request('X: y\nTransfer-Encoding: chunked\r\n\r\n')],
    ['a bare carriage return in a value', 400, request('X: a\rContent-Length: 5\r\n\r\n')],
    ['two carriage returns', 400, request('X: a\r\r\n\r\n')],
    ['a head that ends in a carriage return and a letter', 400, request('X: a\r\n\rX')],
    ['a null in a value', 400, request('X: a\0b\r\n\r\n')],
    ['a vertical tab in a value', 400, request('X: a\x0bb\r\n\r\n')],
    ['an escape in a value', 400, request('X: \x1b[2J\r\n\r\n')],
    ['an empty name', 400, request(': x\r\n\r\n')],
    ['a line without a colon', 400, request('abc\r\n\r\n')],
    ['a folded line', 400, request('X: a\r\n b\r\n\r\n')],
    ['a name with a blank', 400, request('X Y: a\r\n\r\n')],
    ['a name with a null', 400, request('X\0Y: a\r\n\r\n')],
    ['a name with a letter that is no ASCII', 400, request('\xdcser: a\r\n\r\n')],
    ['a blank before the first header', 400, `GET ${ALLOWED} HTTP/1.1\r\n Host: nn\r\n\r\n`],
    ['a blank before the method', 400, ` GET ${ALLOWED} HTTP/1.1\r\nHost: nn\r\n\r\n`],
    ['a tab in the request line', 400, `GET\t${ALLOWED}\tHTTP/1.1\r\nHost: nn\r\n\r\n`],
    ['a blank in the target', 400, `GET ${ALLOWED} /x HTTP/1.1\r\nHost: nn\r\n\r\n`],
  ])
})

// Attack: a chunk that is longer for one reader than for another (the class of CVE-2025-55315 among them).
describe('doubtful chunks', () => {
  const chunks = (text: string): string => `${put(CHUNKED)}${text}`
  refusesEach([
    ['a size that ends in a line feed', 400, chunks('2\nab\r\n0\r\n\r\n')],
    ['a size with a blank behind', 400, chunks('2 \r\nab\r\n0\r\n\r\n')],
    ['a size with a prefix', 400, chunks('0x2\r\nab\r\n0\r\n\r\n')],
    ['a size over 64 bits', 400, chunks(`${'F'.repeat(17)}\r\nab\r\n0\r\n\r\n`)],
    ['a negative size', 400, chunks('-2\r\nab\r\n0\r\n\r\n')],
    ['no size', 400, chunks('\r\nab\r\n0\r\n\r\n')],
    ['no line end after the data', 400, chunks('2\r\nab0\r\n\r\n')],
    ['data that is longer than its size', 400, chunks('2\r\nabc\r\n0\r\n\r\n')],
    ['a line feed in an extension', 400, chunks('2;\nxx\r\nab\r\n0\r\n\r\n')],
    ['a carriage return in an extension', 400, chunks('2;a=\rb\r\nab\r\n0\r\n\r\n')],
    ['a length among the trailers', 400, chunks('2\r\nab\r\n0\r\nContent-Length: 5\r\n\r\n')],
    ['a transfer coding among the trailers', 400, chunks('0\r\nTransfer-Encoding: chunked\r\n\r\n')],
    ['a folded trailer', 400, chunks('0\r\nX: a\r\n b\r\n\r\n')],
    ['more extensions than anybody needs', 413, chunks(`2;${'a'.repeat(20_000)}\r\nab\r\n0\r\n\r\n`)],
  ])

  test('extensions and trailers are dropped', async () => {
    const reply = await stage.send(
      `${put(CHUNKED, 'Trailer: X-Remote-User', 'Connection: close')}2;a=b\r\nab\r\n0\r\nX-Remote-User: root\r\nAuthorization: x\r\n\r\n`,
    )
    expect(reply.status).toBe(200)
    const reached = await stage.reached()
    expect(reached.map(({ body }) => body)).toEqual(['ab'])
    expect(reached[0]?.raw).not.toMatch(/a=b|root|authorization|trailer/i)
  })

  test('extensions of many small chunks are dropped as well', async () => {
    const chunk = `1;${'e'.repeat(50)}\r\na\r\n`
    const reply = await stage.send(`${put(CHUNKED, 'Connection: close')}${chunk.repeat(2_000)}0\r\n\r\n`)
    expect(reply.status).toBe(200)
    expect((await stage.reached()).map(({ body }) => body)).toEqual(['a'.repeat(2_000)])
    expect(stage.upstream.bytes().join('')).not.toContain('eeee')
  })
})

// Attack: a body where nobody expects one. Who forgets its length and sends its bytes has made two requests of one.
describe('a body where there should be none', () => {
  refusesEach([
    ['a GET with a length', 400, `${get(ALLOWED, 'Content-Length: 5')}hello`],
    ['a GET with a request for a body', 400, `${get(ALLOWED, `Content-Length: ${HIDDEN.length}`)}${HIDDEN}`],
    ['a GET with chunks', 400, `${get(ALLOWED, CHUNKED)}${chunked(HIDDEN)}`],
  ])

  // CVE-2026-29057: `content-length: 0` is sent for the DELETE, and its body after it.
  test.each([
    ['chunks', `${head(DELETE, 'Host: nn', CHUNKED, 'Connection: close')}${chunked(HIDDEN)}`],
    [
      'a length',
      `${head(DELETE, 'Host: nn', `Content-Length: ${HIDDEN.length}`, 'Connection: close')}${HIDDEN}`,
    ],
  ])('a DELETE with a request in %s is one request', async (_, bytes) => {
    const reply = await stage.send(bytes)
    expect([reply.status, reply.answers.length]).toEqual([200, 1])
    const reached = await stage.reached()
    expect(reached.map(({ method }) => method)).toEqual(['DELETE'])
    expect(reached[0]?.body).toBe(HIDDEN)
  })

  test('a HEAD with a body is refused without a body', async () => {
    const bytes = `${head(`HEAD ${ALLOWED} HTTP/1.1`, 'Host: nn', `Content-Length: ${HIDDEN.length}`)}${HIDDEN}`
    const reply = await stage.send(bytes, { bodiless: [0] })
    expect([reply.status, reply.closed, reply.rest]).toEqual([400, true, ''])
    expect(await stage.reached()).toEqual([])
  })
})

// Attack: the second request of a connection profits from the decision on the first one.
describe('several requests in one go', () => {
  test('are decided one by one', async () => {
    const reply = await stage.send(get(DENIED) + get(ALLOWED) + lastGet(DENIED))
    expect(reply.answers.map(({ status }) => status)).toEqual([403, 200, 403])
    expect((await stage.reached()).map(({ target }) => target)).toEqual([ALLOWED])
  })

  // What is taken for a chunk here and is none may be noticed before the refusal is out.
  test.each([
    ['a length', 'Content-Length: 100000', [403]],
    ['chunks', CHUNKED, [403, 400]],
  ])('end with the first one that is refused with an unread body of %s', async (_, framing, expected) => {
    const denied = head('PUT /webhdfs/v1/d?op=MKDIRS&user.name=mallory HTTP/1.1', 'Host: nn', framing)
    const reply = await stage.send(denied + get(ALLOWED) + get(ALLOWED))
    expect(expected).toContain(reply.status)
    expect([reply.answers.length, reply.closed]).toEqual([1, true])
    expect(await stage.reached()).toEqual([])
  })

  test('end with the first one whose body is whole and refused, or are decided one by one after it', async () => {
    const denied = 'PUT /webhdfs/v1/d?op=MKDIRS&user.name=mallory HTTP/1.1'
    const reply = await stage.send(
      `${head(denied, 'Host: nn', `Content-Length: ${HIDDEN.length}`)}${HIDDEN}${lastGet(DENIED)}`,
    )
    expect(reply.answers.map(({ status }) => status)).not.toContain(200)
    expect(reply.closed).toBe(true)
    expect(await stage.reached()).toEqual([])
  })

  test('that are garbage after an answer get none that could be taken for another one', async () => {
    const reply = await stage.send(`${get(ALLOWED)}GARBAGE\r\n\r\n`)
    expect(reply.closed).toBe(true)
    expect(reply.answers.length).toBeLessThanOrEqual(2)
    expect(reply.answers.slice(1).map(({ status }) => status)).not.toContain(200)
    expect((await stage.reached()).length).toBeLessThanOrEqual(1)
  })

  // Who sends more than it announced may lose the answer, but never gets two.
  test.each([
    ['that asked to be the last', lastGet(ALLOWED)],
    ['in HTTP/1.0', head(`GET ${ALLOWED} HTTP/1.0`)],
  ])('after one %s are not read', async (_, last) => {
    const reply = await stage.send(last + get('/webhdfs/v1/second?op=GETFILESTATUS&user.name=alice'))
    expect(reply.answers.length).toBeLessThanOrEqual(1)
    expect(reply.closed).toBe(true)
    expect((await stage.reached()).map(({ target }) => target).join()).not.toContain('second')
  })
})

// Attack: an upload that is refused is sent all the same, and read as the next request; or a proxy says "continue"
// before it has decided.
describe('an expectation', () => {
  const upload = (user: string, expectation: string): string =>
    head(
      `PUT /webhdfs/v1/d?op=MKDIRS&user.name=${user} HTTP/1.1`,
      'Host: nn',
      `Content-Length: ${HIDDEN.length}`,
      `Expect: ${expectation}`,
    )

  test('of a denied upload is answered with 403, and nothing that follows is a request', async () => {
    const reply = await stage.send(upload('mallory', '100-continue') + HIDDEN + get(ALLOWED))
    expect([reply.status, reply.answers.length, reply.interim, reply.closed]).toEqual([403, 1, [], true])
    expect(await stage.reached()).toEqual([])
  })

  test('of an allowed upload is met after the decision, and is not forwarded', async () => {
    const caller = await stage.call()
    caller.write(upload('alice', '100-continue'))
    const { received } = caller
    expect(received).not.toContain('200')
    caller.write(HIDDEN)
    const [answer] = await caller.answers(1)
    expect([answer?.status, answer?.interim]).toEqual([200, [100]])
    caller.hangUp()
    const reached = await stage.reached()
    expect(reached.map(({ body }) => body)).toEqual([HIDDEN])
    expect(reached.flatMap(namesOf)).not.toContain('expect')
  })

  test.each(['foo', '100-continue, foo', '200-ok', ''])('of %j is none', async (expectation) => {
    const reply = await stage.send(upload('alice', expectation) + HIDDEN)
    expect([reply.status, reply.interim, reply.closed]).toEqual([417, [], true])
    expect(await stage.reached()).toEqual([])
  })

  test('that comes twice is refused', async () => {
    const bytes = upload('alice', '100-continue\r\nExpect: 100-continue')
    expect(await stage.send(bytes)).toMatchObject({ status: 400, interim: [], closed: true })
  })

  test('without a body is nothing to wait for', async () => {
    const reply = await stage.send(lastGet(ALLOWED, 'Expect: 100-continue'))
    expect(reply.status).toBe(200)
    expect((await stage.reached()).flatMap(namesOf)).not.toContain('expect')
  })
})

// Attack: requests sent ahead of their answers, of which only the first is looked at, or which take each other's answer.
describe('requests that are sent at once', () => {
  test('are decided each on its own, and answered in order', async () => {
    stage.upstream.behave(({ target }) => ok(target.split('?')[0]))
    const file = (name: string, user: string): string => get(`/webhdfs/v1/${name}?op=OPEN&user.name=${user}`)
    const reply = await stage.send(
      file('a', 'alice') + file('b', 'mallory') + file('c', 'bo') + lastGet(DENIED),
    )
    expect(reply.answers.map(({ status }) => status)).toEqual([200, 403, 200, 403])
    expect([0, 2].map((at) => reply.answers[at]?.body)).toEqual(['/webhdfs/v1/a', '/webhdfs/v1/c'])
    const reached = await stage.reached()
    expect(reached.map(({ target }) => target.split('?')[0])).toEqual(['/webhdfs/v1/a', '/webhdfs/v1/c'])
  })

  test('behind a refused one whose body is not read are nothing', async () => {
    const denied = PUT.replace('alice', 'mallory')
    const reply = await stage.send(`${head(denied, 'Host: nn', 'Content-Length: 90000')}${get(ALLOWED)}`)
    expect([reply.status, reply.answers.length, reply.closed]).toEqual([403, 1, true])
    expect(await stage.reached()).toEqual([])
  })
})

// Attack: a method that a server behind takes for another one, or that opens a tunnel.
describe('a method', () => {
  refusesEach([
    ['in lower case', 400, head(`get ${ALLOWED} HTTP/1.1`, 'Host: nn')],
    ['that nobody knows', 400, head(`FOO ${ALLOWED} HTTP/1.1`, 'Host: nn')],
    ['TRACE', 405, head(`TRACE ${ALLOWED} HTTP/1.1`, 'Host: nn')],
    ['CONNECT', 405, head('CONNECT dn:9866 HTTP/1.1', 'Host: dn:9866')],
    ['CONNECT to a path', 405, head(`CONNECT ${ALLOWED} HTTP/1.1`, 'Host: nn')],
    ['of WebDAV', 501, head(`MOVE ${ALLOWED} HTTP/1.1`, 'Host: nn', 'Destination: /x')],
    ['of a cache', 501, head(`PURGE ${ALLOWED} HTTP/1.1`, 'Host: nn')],
    ['of a printer', 501, head(`SOURCE ${ALLOWED} HTTP/1.1`, 'Host: nn')],
  ])

  test('is not overridden by a header', async () => {
    for (const name of ['X-HTTP-Method-Override', 'X-HTTP-Method', 'X-Method-Override', 'X_HTTP_Method'])
      expect((await stage.send(lastGet(ALLOWED, `${name}: DELETE`))).status).toBe(200)
    expect((await stage.reached()).flatMap(namesOf).join()).not.toMatch(/method/)
  })

  test('CONNECT with bytes behind opens no tunnel', async () => {
    const reply = await stage.send(`${head('CONNECT dn:9866 HTTP/1.1', 'Host: dn:9866')}${get(ALLOWED)}`)
    expect([reply.status, reply.answers.length, reply.closed]).toEqual([405, 1, true])
    expect(await stage.reached()).toEqual([])
  })
})

// Attack: an answer that is decided early leaves a request half sent on a connection that is then used for another.
describe('a client that goes away in the middle of its body', () => {
  test('leaves no connection behind on which somebody else could finish its request', async () => {
    const caller = await stage.call()
    caller.write(`${head(PUT, 'Host: nn', 'Content-Length: 200000')}${'a'.repeat(100_000)}`)
    await expect.poll(() => stage.upstream.bytes().join('').length).toBeGreaterThan(50_000)
    caller.hangUp()
    await expect.poll(() => stage.upstream.open()).toBe(stage.upstream.bytes().length - 1)
    const reply = await stage.send(lastGet(ALLOWED))
    expect(reply.status).toBe(200)
    expect((await stage.reached()).map(({ target }) => target)).toEqual([ALLOWED])
  })

  test('in the middle of a chunk reaches the upstream as no complete request', async () => {
    const caller = await stage.call()
    caller.write(`${put(CHUNKED)}ffff\r\n${'a'.repeat(40_000)}`)
    await expect.poll(() => stage.upstream.bytes().join('').length).toBeGreaterThan(30_000)
    caller.hangUp()
    await expect.poll(() => stage.upstream.requests().length).toBe(0)
    expect(await stage.reached()).toEqual([])
    expect(stage.upstream.bytes().join('')).not.toContain('0\r\n\r\n')
  })
})

// Attack: headers that the client of the upstream refuses to send, as often as there are connections; a pool that
// keeps each of them reserved stands still from then on.
test('requests with headers that cannot be sent do not use up the connections', async () => {
  const odd = [
    'Keep-Alive: timeout=9',
    'TE: trailers',
    'Upgrade: x',
    'Proxy-Connection: x',
    'HTTP2-Settings: x',
  ]
  for (let round = 0; round < 40; round += 1) {
    const reply = await stage.send(lastGet(ALLOWED, odd[round % odd.length] ?? '', `X-${round}: \xff`))
    expect(reply.status).toBe(200)
  }
  expect(await stage.reached()).toHaveLength(40)
  expect((await stage.reached()).flatMap(namesOf).join()).not.toMatch(/keep-alive|te,|upgrade|proxy-|http2/)
})

// Attack: what is logged about a refusal moves the cursor of a terminal or makes a line of its own.
test('nothing that was refused has left a byte of its own in the log', () => {
  const text = stage.door.log.join('')
  expect(text).toContain('a request was rejected')
  expect(text).not.toMatch(/victim|xchunked|evil|(?![\n])\p{Cc}/u)
})
