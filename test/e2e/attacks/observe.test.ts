import { describe, expect, test } from 'vitest'
import { namesOf, valuesOf } from '../../support/attack/messages.ts'
import { ALLOWED, chunked, DENIED, get, head, lastGet, useStage } from '../../support/attack/stage.ts'
import { CLIENT } from '../../support/policy.ts'

/**
 * A service that only observes forwards what it would have refused. It still speaks HTTP for its upstream: no request
 * that can be read in two ways, and no identity that nobody has shown, may pass because of it.
 */
const stage = useStage({ enforcement: 'observe' })

const HIDDEN = get('/webhdfs/v1/victim?op=GETFILESTATUS&user.name=root')
const PUT = 'PUT /webhdfs/v1/d?op=MKDIRS&user.name=mallory HTTP/1.1'

test('what would be refused is forwarded, as one request, with the name that was claimed', async () => {
  expect((await stage.send(lastGet(DENIED))).status).toBe(200)
  expect((await stage.reached()).map(({ target }) => target)).toEqual([DENIED])
})

// Attack: because nothing is refused, a request is smuggled past the record.
test.each([
  [
    'length and chunks',
    `${head(PUT, 'Host: nn', 'Content-Length: 6', 'Transfer-Encoding: chunked')}0\r\n\r\n${HIDDEN}`,
  ],
  ['two lengths', `${head(PUT, 'Host: nn', 'Content-Length: 1', 'Content-Length: 2')}ab`],
  ['a coding', `${head(PUT, 'Host: nn', 'Transfer-Encoding: gzip, chunked')}${chunked('a')}`],
  ['chunks in HTTP/1.0', `${head('PUT /d HTTP/1.0', 'Transfer-Encoding: chunked')}${chunked('a')}`],
  ['a GET with a body', `${get(DENIED, `Content-Length: ${HIDDEN.length}`)}${HIDDEN}`],
  ['two hosts', get(DENIED, 'Host: other')],
  ['bare line feeds', `GET ${DENIED} HTTP/1.1\nHost: nn\n\n`],
  ['a nominated header', get(DENIED, 'Connection: X-Forwarded-For')],
  ['an upgrade', get(DENIED, 'Connection: Upgrade', 'Upgrade: websocket')],
  ['another method', head(`TRACE ${DENIED} HTTP/1.1`, 'Host: nn')],
  ['a tunnel', head('CONNECT dn:9866 HTTP/1.1', 'Host: dn:9866')],
  ['a server in the target', head(`GET http://evil${DENIED} HTTP/1.1`, 'Host: nn')],
  ['two slashes', get('//webhdfs/v1/?op=LISTSTATUS')],
  ['an encoded slash', get('/webhdfs%2fv1/?op=LISTSTATUS')],
  ['a path parameter', get('/webhdfs/v1;user.name=root/?op=LISTSTATUS')],
  ['two names', get('/webhdfs/v1/?op=LISTSTATUS&user.name=alice&user.name=root')],
  ['a name that is almost reserved', get('/webhdfs/v1/?op=LISTSTATUS&user+name=root')],
  ['a NameNode of the client', get(`${DENIED}&namenoderpcaddress=evil:8020`)],
  ['nobody to act for', get(`${DENIED}&doas=`)],
  ['an expectation', `${head(PUT, 'Host: nn', 'Expect: x', 'Content-Length: 1')}a`],
])('%s is refused all the same', async (_, bytes) => {
  const reply = await stage.send(bytes, { answers: 1 })
  expect(reply.status).toBeGreaterThanOrEqual(400)
  expect(await stage.reached()).toEqual([])
})

// Attack: an identity that would not have been believed arrives, because the refusal was not enforced.
describe('an identity that nobody has shown', () => {
  test.each([
    ['in a header', ['X-Remote-User: root'], ''],
    ['in a cookie', ['Cookie: hadoop.auth="u=root"'], ''],
    ['in credentials', ['Authorization: Negotiate root'], ''],
    ['in a parameter of fsck', [], '&ugi=root'],
    ['in a token', [], '&delegation=root'],
    ['in an address', ['X-Forwarded-For: 10.0.0.1root'], ''],
  ])('%s does not arrive', async (_, lines, query) => {
    expect((await stage.send(lastGet(DENIED + query, ...lines))).status).toBe(200)
    const reached = await stage.reached()
    expect(reached.map(({ target }) => target)).toEqual([DENIED])
    expect(reached[0]?.raw).not.toContain('root')
  })

  test('because it cannot be a name is not sent on', async () => {
    const reply = await stage.send(lastGet('/webhdfs/v1/?op=LISTSTATUS&user.name=%2Aroot'))
    const raw = (await stage.reached()).map((request) => request.raw).join('')
    expect([reply.status === 200 || reply.status >= 400, raw.includes('root')]).toEqual([true, false])
  })

  // A file is often sent as a form by mistake, so its bytes must not change; but nothing may read a name in them.
  const FORM = 'application/x-www-form-urlencoded'
  test.each([
    ['a form', [`Content-Type: ${FORM}`], 'user.name=root&a=1&doas=root'],
    ['a form in another charset', [`content-type: ${FORM}; charset=utf-16le`], 'u\0s\0e\0r\0=\0x\0'],
    ['a form that mentions another type', [`Content-Type: text/plain, ${FORM}`], '+user.name=root'],
    ['a form with a coding', [`Content-Type: ${FORM}`, 'Content-Encoding: gzip'], '\x1f\x8b\x08\x00'],
    ['a file that is called a form', [`Content-Type: ${FORM}`], 'line one\nline two & three=%\0\xff'],
  ])('in %s arrives as bytes that nobody takes for a form', async (_, lines, body) => {
    for (const framed of [
      `${head(PUT, 'Host: nn', 'Connection: close', 'Transfer-Encoding: chunked', ...lines)}${chunked(body)}`,
      `${head(PUT, 'Host: nn', 'Connection: close', `Content-Length: ${body.length}`, ...lines)}${body}`,
    ])
      expect((await stage.send(framed)).status).toBe(200)
    const reached = await stage.reached()
    expect(reached.map((request) => request.body)).toEqual([body, body])
    expect(reached.flatMap((request) => valuesOf(request, 'content-type'))).toEqual([
      'application/octet-stream',
      'application/octet-stream',
    ])
  })
})

describe('a form where one is taken', () => {
  const custom = useStage({
    enforcement: 'observe',
    kind: 'custom',
    routes: [{ path: '/{path}', methods: ['POST'], service: CLIENT, surface: 'rest', takesForm: true }],
  })
  const post = (type: string, body: string): string =>
    head(
      'POST /f?user.name=mallory HTTP/1.1',
      'Host: nn',
      'Connection: close',
      `Content-Type: ${type}`,
      `Content-Length: ${body.length}`,
    ) + body

  test('loses every identity', async () => {
    await custom.send(post('application/x-www-form-urlencoded', 'a=1&user.name=root&DoAs=root'))
    expect(custom.upstream.requests().map((request) => request.body)).toEqual(['a=1'])
  })

  test('that cannot be read in one way is refused', async () => {
    const reply = await custom.send(post('application/x-www-form-urlencoded; charset=utf-16', 'a=1'))
    expect(reply.status).toBe(400)
    expect(custom.upstream.requests()).toEqual([])
  })
})

// Attack: what is only observed leaves no trace.
test('every request that is let through is on the record as a refusal', async () => {
  const path = '/webhdfs/v1/observed'
  await stage.send(lastGet(`${path}?op=DELETE&user.name=mallory`))
  await stage.send(lastGet(`${path}?op=OPEN&user.name=mallory`))
  await stage.send(lastGet(`${path}?op=OPEN`))
  const lines = async (): Promise<unknown[]> =>
    (await stage.door.audit(0)).filter((line) => line['path'] === path).map((line) => line['effect'])
  await expect.poll(lines).toEqual(['deny', 'deny', 'deny'])
  expect(await stage.reached()).toHaveLength(3)
})

// Attack: an answer that logs the client in.
test('an answer loses the same headers as anywhere', async () => {
  stage.upstream.behave(() =>
    head('HTTP/1.1 200 OK', 'Set-Cookie: hadoop.auth=root', 'X-Keddah-Reason: x', 'Content-Length: 0'),
  )
  const reply = await stage.send(lastGet(ALLOWED))
  expect(reply.status).toBe(200)
  expect([valuesOf(reply, 'set-cookie'), namesOf(reply).includes('x-keddah-reason')]).toEqual([[], false])
})
