import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { ok } from '../../support/attack/lenient-upstream.ts'
import { namesOf, valuesOf } from '../../support/attack/messages.ts'
import { call } from '../../support/attack/client.ts'
import { get, head, lastGet, useStage } from '../../support/attack/stage.ts'
import { CLIENT } from '../../support/policy.ts'
import { until } from '../../support/until.ts'

/**
 * A tunnel is past every later decision, so everything is decided before it: who asks, for what, from which page, and
 * whether the server has agreed to the very handshake that was decided on.
 */
const stage = useStage({
  kind: 'custom',
  routes: [
    {
      path: '/socket/{path}',
      methods: ['GET', 'POST', 'HEAD'],
      service: CLIENT,
      surface: 'rest',
      takesForm: false,
      upgrade: true,
    },
    { path: '/webhdfs/v1/{path}', methods: ['GET'], service: CLIENT, surface: 'webhdfs', takesForm: false },
  ],
  timeouts: { upstreamHeaders: 1_500 },
  maxInFlight: 4,
})

const KEY = 'dGhlIHNhbXBsZSBub25jZQ=='
const ACCEPT = createHash('sha1').update(`${KEY}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64')
const TARGET = '/socket/a?user.name=alice'
const NEXT = get('/webhdfs/v1/tunnelled?op=GETFILESTATUS&user.name=root')

/** The lines of a handshake, with some of them said otherwise; null leaves one out. */
function handshake(
  changes: Readonly<Record<string, string | null>> = {},
  more: readonly string[] = [],
  line = `GET ${TARGET} HTTP/1.1`,
): string {
  const lines: Record<string, string | null> = {
    Host: 'nn',
    Connection: 'Upgrade',
    Upgrade: 'websocket',
    'Sec-WebSocket-Version': '13',
    'Sec-WebSocket-Key': KEY,
    ...changes,
  }
  const sent = Object.entries(lines).flatMap(([name, value]) => (value === null ? [] : [`${name}: ${value}`]))
  return head(line, ...sent, ...more)
}

const switched = (
  changes: Readonly<Record<string, string | null>> = {},
  more: readonly string[] = [],
): string => {
  const lines: Record<string, string | null> = {
    Upgrade: 'websocket',
    Connection: 'Upgrade',
    'Sec-WebSocket-Accept': ACCEPT,
    ...changes,
  }
  const sent = Object.entries(lines).flatMap(([name, value]) => (value === null ? [] : [`${name}: ${value}`]))
  return head('HTTP/1.1 101 Switching Protocols', ...sent, ...more)
}

test('the handshake that all these are made of opens a tunnel', async () => {
  stage.upstream.behave(() => `${switched()}hello`)
  const caller = await stage.call()
  caller.write(handshake())
  await until(() => caller.received.endsWith('\r\n\r\nhello'))
  expect(caller.received).toMatch(/^HTTP\/1\.1 101 Switching Protocols\r\n/)
  caller.hangUp()
  await until(() => stage.upstream.open() === 0)
})

// Attack: a request that one side takes for an upgrade and the other one for a request, so that what follows is data
// for one of them and a request that nobody has decided on for the other.
describe('a handshake that is none', () => {
  test.each([
    ['to HTTP/2', handshake({ Upgrade: 'h2c' }), 'upgrade'],
    ['to TLS', handshake({ Upgrade: 'TLS/1.2' }), 'upgrade'],
    ['to WebSocket or HTTP/2', handshake({ Upgrade: 'websocket, h2c' }), 'upgrade'],
    ['that names WebSocket twice', handshake({}, ['Upgrade: websocket']), 'upgrade'],
    ['with a version', handshake({ Upgrade: 'websocket/13' }), 'upgrade'],
    ['by POST', handshake({}, [], `POST ${TARGET} HTTP/1.1`), 'upgrade'],
    ['by HEAD', handshake({}, [], `HEAD ${TARGET} HTTP/1.1`), 'upgrade'],
    ['with a length', handshake({}, [`Content-Length: ${NEXT.length}`]), 'upgrade'],
    ['with no length', handshake({}, ['Content-Length: 0']), 'upgrade'],
    ['with chunks', `${handshake({}, ['Transfer-Encoding: chunked'])}0\r\n\r\n`, 'upgrade'],
    ['of HTTP/1.0', handshake({}, [], `GET ${TARGET} HTTP/1.0`), 'upgrade'],
    ['without a key', handshake({ 'Sec-WebSocket-Key': null }), 'websocket'],
    ['with two keys', handshake({}, [`Sec-WebSocket-Key: ${KEY}`]), 'websocket'],
    ['with a short key', handshake({ 'Sec-WebSocket-Key': 'AAAA' }), 'websocket'],
    [
      'with a key in another spelling',
      handshake({ 'Sec-WebSocket-Key': KEY.replace('Q==', 'R==') }),
      'websocket',
    ],
    [
      'whose key is named in Connection',
      handshake({ Connection: 'Upgrade, Sec-WebSocket-Key' }),
      'websocket',
    ],
    ['without a version', handshake({ 'Sec-WebSocket-Version': null }), 'websocket_version'],
    ['of an old version', handshake({ 'Sec-WebSocket-Version': '8' }), 'websocket_version'],
    ['with two versions', handshake({}, ['Sec-WebSocket-Version: 13']), 'websocket_version'],
    ['with a malformed protocol', handshake({ 'Sec-WebSocket-Protocol': 'a b' }), 'websocket'],
    ['with a malformed extension', handshake({ 'Sec-WebSocket-Extensions': '"a"' }), 'websocket'],
    [
      'on a route that takes none',
      handshake({}, [], 'GET /webhdfs/v1/f?user.name=alice HTTP/1.1'),
      'upgrade',
    ],
    ['on a path that is on no list', handshake({}, [], 'GET /other?user.name=alice HTTP/1.1'), 'upgrade'],
  ])('%s is refused, and what follows is no request', async (_, bytes, reason) => {
    stage.upstream.behave(() => switched())
    const bodiless = bytes.startsWith('HEAD') ? [0] : []
    const reply = await stage.send(bytes, { bodiless, answers: 1 })
    const isVersion = reason === 'websocket_version'
    expect([reply.status, reply.reason]).toEqual([isVersion ? 426 : 400, reason])
    expect(valuesOf(reply, 'sec-websocket-version')).toEqual(isVersion ? ['13'] : [])
    const more = await stage.send(bytes + NEXT, { bodiless })
    expect(more.answers.map(({ status }) => status)).toEqual([expect.toBeOneOf([400, 426])])
    expect(await stage.reached()).toEqual([])
  })

  test('an `Upgrade` that is not named in Connection is no handshake, and does not go on', async () => {
    const reply = await stage.send(handshake({ Connection: 'close' }))
    expect(reply.status).toBe(200)
    const [reached] = await stage.reached()
    expect(reached === undefined ? [] : namesOf(reached)).not.toContain('upgrade')
  })
})

// Attack: data behind the handshake, which a server that does not change the protocol reads as the next request.
describe('what is sent before the protocol is changed', () => {
  test('with the handshake is refused before anybody is asked', async () => {
    stage.upstream.behave(() => switched())
    const reply = await stage.send(handshake() + NEXT)
    expect([reply.status, reply.reason, reply.answers.length]).toEqual([400, 'websocket', 1])
    expect(await stage.reached()).toEqual([])
  })

  test('while the server thinks about it ends the handshake, and never goes on', async () => {
    stage.upstream.behave(() => null)
    const caller = await stage.call()
    caller.write(handshake())
    await until(() => stage.upstream.open() === 1)
    caller.write(NEXT)
    const [answer] = await caller.answers(1)
    expect(answer?.status).toBe(400)
    await caller.closed()
    await until(() => stage.upstream.open() === 0)
    expect(stage.upstream.bytes().join('')).not.toContain('tunnelled')
  })

  test('behind another request waits for its turn, and is refused then', async () => {
    const reply = await stage.send(get('/webhdfs/v1/f?user.name=alice') + handshake() + NEXT)
    expect(reply.answers.map(({ status }) => status)).toEqual([200, 400])
    expect((await stage.reached()).map(({ target }) => target)).toEqual(['/webhdfs/v1/f?user.name=alice'])
  })
})

// Attack: to use a socket without the right to it, or in the name of somebody else.
describe('who opens a tunnel', () => {
  test.each([
    ['on no list', 'mallory', 403, 'acl'],
    ['unknown', '', 401, 'unauthenticated'],
  ])('is asked before the server: one who is %s', async (_, user, status, reason) => {
    stage.upstream.behave(() => switched())
    const target = user === '' ? '/socket/a' : `/socket/a?user.name=${user}`
    const reply = await stage.send(handshake({}, [], `GET ${target} HTTP/1.1`))
    expect([reply.status, reply.reason, reply.closed]).toEqual([status, reason, true])
    expect(await stage.reached()).toEqual([])
  })

  test('is told to the server by nobody else', async () => {
    stage.upstream.behave(() => switched())
    const caller = await stage.call()
    const forged = [
      'X-Forwarded-For: 10.0.0.1',
      'X-Forwarded-User: root',
      'Remote-User: root',
      'Proxy-Authorization: Basic cm9vdDpyb290',
      'Cookie: hadoop.auth=u=root; theme=dark',
      'Keep-Alive: timeout=5',
      'TE: trailers',
    ]
    caller.write(
      handshake(
        { Connection: 'keep-alive, Upgrade' },
        forged,
        'GET /socket/%61?b=1&user.name=alice HTTP/1.1',
      ),
    )
    await until(() => caller.received.includes('\r\n\r\n'))
    const [seen] = stage.upstream.requests()
    caller.hangUp()
    expect(seen?.target).toBe('/socket/a?b=1&user.name=alice')
    if (seen === undefined) throw new Error('nothing was seen')
    expect(valuesOf(seen, 'x-forwarded-for')).toEqual(['127.0.0.1'])
    expect(valuesOf(seen, 'cookie')).toEqual(['theme=dark'])
    expect(valuesOf(seen, 'connection')).toEqual(['Upgrade'])
    expect(valuesOf(seen, 'upgrade')).toEqual(['websocket'])
    expect(namesOf(seen).join()).not.toMatch(/remote-user|proxy-auth|forwarded-user|keep-alive|te,/)
  })
})

// Attack: any page may have its visitor's browser open a WebSocket here, with the visitor's cookies and certificate.
describe('a page', () => {
  test.each([
    ['of another site', ['Origin: http://evil.example'], 403],
    ['of another port of the host', ['Origin: http://nn:8080'], 403],
    ['whose site only begins like the host', ['Origin: http://nn.evil.example'], 403],
    ['that hides the host in its name', ['Origin: http://nn@evil.example'], 403],
    ['that has no site', ['Origin: null'], 403],
    ['that names two sites', ['Origin: http://nn', 'Origin: http://evil.example'], 403],
    ['of the host itself', ['Origin: http://nn'], 101],
    ['of the host itself, behind TLS', ['Origin: https://NN'], 101],
  ])('%s', async (_, lines, status) => {
    stage.upstream.behave(() => switched())
    const caller = await stage.call()
    caller.write(handshake({}, lines))
    await until(() => caller.received.includes('\r\n\r\n'))
    expect(caller.received).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `))
    expect(caller.received.includes('X-Keddah-Reason: origin')).toBe(status === 403)
    caller.hangUp()
    await until(() => stage.upstream.open() === 0)
    expect(stage.upstream.requests()).toHaveLength(status === 101 ? 1 : 0)
  })
})

// Attack: a server that has not understood the handshake, or plays another one's part, is handed a caller's connection;
// or says 101 to make a proxy blind for what it says next.
describe('an answer with 101', () => {
  test.each([
    ['to another key', switched({ 'Sec-WebSocket-Accept': 'AAAAAAAAAAAAAAAAAAAAAAAAAAA=' })],
    ['to no key', switched({ 'Sec-WebSocket-Accept': null })],
    ['to two keys', switched({}, [`Sec-WebSocket-Accept: ${ACCEPT}`])],
    ['to another protocol', switched({ Upgrade: 'h2c' })],
    ['to two protocols', switched({}, ['Upgrade: h2c'])],
    ['to no protocol', switched({ Upgrade: null })],
    ['that keeps the connection', switched({ Connection: 'keep-alive' })],
    ['with a subprotocol that was not offered', switched({}, ['Sec-WebSocket-Protocol: x'])],
    [
      'with an extension that was not offered',
      switched({}, ['Sec-WebSocket-Extensions: permessage-deflate']),
    ],
    ['with a length', switched({}, ['Content-Length: 5'])],
    ['in chunks', switched({}, ['Transfer-Encoding: chunked'])],
    ['with a folded line', switched({}, ['X: a\r\n Set-Cookie: b'])],
    ['with a head of 100 KB', switched({}, [`X: ${'a'.repeat(100_000)}`])],
  ])('%s is a 502, and nothing of it reaches the client', async (_, answer) => {
    stage.upstream.behave(() => `${answer}HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison`)
    const reply = await stage.send(handshake())
    expect([reply.status, reply.answers.length, reply.interim]).toEqual([502, 1, []])
    expect(reply.received).not.toContain('poison')
    await until(() => stage.upstream.open() === 0)
    expect(await stage.door.metric('keddah_in_flight_requests{service="nn"}')).toBe(0)
  })

  test('brings no identity and nothing of the connection behind', async () => {
    stage.upstream.behave(() =>
      switched({}, [
        'Set-Cookie: hadoop.auth=u=root',
        'Set-Cookie: theme=dark',
        'Server: Jetty',
        'X-Keddah-Reason: ok',
      ]),
    )
    const caller = await stage.call()
    caller.write(handshake())
    await until(() => caller.received.includes('\r\n\r\n'))
    caller.hangUp()
    expect(caller.received).toContain('Set-Cookie: theme=dark\r\n')
    expect(caller.received).not.toMatch(/hadoop\.auth|Jetty|X-Keddah|chunked/)
  })
})

// Attack: an answer that is no 101, with a connection left open behind it, on which the client goes on as if it were.
describe('another answer', () => {
  test.each([
    ['with a length', 'HTTP/1.1 403 No\r\nContent-Length: 2\r\n\r\nno', 403, 'no'],
    ['in chunks', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n', 200, 'ok'],
    ['without a body', 'HTTP/1.1 204 None\r\n\r\n', 204, ''],
    [
      'that asks for another version',
      'HTTP/1.1 426 Upgrade\r\nUpgrade: h2c\r\nContent-Length: 0\r\n\r\n',
      426,
      '',
    ],
  ])('%s is passed on and ends the connection', async (_, answer, status, body) => {
    stage.upstream.behave(() => answer)
    const reply = await stage.send([handshake(), NEXT], { pauseMs: 300 })
    expect([reply.status, reply.body, reply.answers.length, reply.closed]).toEqual([status, body, 1, true])
    expect(valuesOf(reply, 'connection')).toEqual(['close'])
    expect(namesOf(reply)).not.toContain('upgrade')
    expect((await stage.reached()).map(({ target }) => target).join()).not.toContain('tunnelled')
  })
})

// Attack: handshakes that are never answered, or tunnels that are never closed, hold every place at the server.
describe('what holds on to a place', () => {
  test('a server that does not answer is given up', async () => {
    stage.upstream.behave(() => null)
    const reply = await stage.send(handshake())
    expect([reply.status, reply.reason]).toEqual([504, 'upstream_headers_timeout'])
    await until(() => stage.upstream.open() === 0)
  })

  test('tunnels count against `maxInFlight`, and give their places back', async () => {
    stage.upstream.behave(() => switched())
    const open = await Promise.all(
      Array.from({ length: 4 }, async () => {
        const caller = await call(stage.door.url)
        caller.write(handshake())
        await until(() => caller.received.includes('\r\n\r\n'))
        return caller
      }),
    )
    expect(await stage.door.metric('keddah_tunnels_open{service="nn"}')).toBe(4)
    expect((await stage.send(handshake())).status).toBe(503)
    for (const caller of open) caller.hangUp()
    await until(() => stage.upstream.open() === 0)
    stage.upstream.behave(() => ok())
    expect((await stage.send(lastGet('/webhdfs/v1/f?user.name=alice'))).status).toBe(200)
    expect(await stage.door.metric('keddah_tunnels_open{service="nn"}')).toBe(0)
  })

  test('a client that hangs up while it waits is let go at once', async () => {
    stage.upstream.behave(() => null)
    const caller = await stage.call()
    caller.write(handshake())
    await until(() => stage.upstream.open() === 1)
    caller.hangUp()
    await until(() => stage.upstream.open() === 0)
    expect(await stage.door.metric('keddah_in_flight_requests{service="nn"}')).toBe(0)
  })
})
