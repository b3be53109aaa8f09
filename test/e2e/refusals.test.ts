import { connect } from 'node:net'
import { describe, expect, test } from 'vitest'
import { CLIENT } from '../support/policy.ts'
import { exchangeRaw, POLICY } from '../support/door.ts'
import { openBefore } from '../support/opened.ts'
import { until } from '../support/until.ts'

const LIST = '/webhdfs/v1/?op=LISTSTATUS&user.name=alice'
const HOST = 'Host: nn\r\n'

const statusOf = (answer: string): string => answer.split(' ', 2)[1] ?? answer

/** Names of headers and what stands behind `X-Keddah-Reason`. */
const reasonOf = (answer: string): string => /x-keddah-reason: (\S+)/i.exec(answer)?.[1] ?? ''

describe('bytes that two parsers could read in two ways', () => {
  // The attack: a request whose end the proxy sees elsewhere than the upstream does smuggles a second one past the
  // decision. Whatever is not framed in one clear way is refused, and the connection with it.
  const head = (lines: string, line = `PUT ${LIST} HTTP/1.1`): string => `${line}\r\n${lines}\r\n`
  test.each([
    [
      '400',
      'length and chunks',
      head(`${HOST}Content-Length: 6\r\nTransfer-Encoding: chunked\r\n`) + '0\r\n\r\n',
    ],
    [
      '400',
      'chunks and length',
      head(`${HOST}Transfer-Encoding: chunked\r\nContent-Length: 6\r\n`) + '0\r\n\r\n',
    ],
    ['400', 'two lengths', head(`${HOST}Content-Length: 1\r\nContent-Length: 2\r\n`) + 'ab'],
    ['400', 'the same length twice', head(`${HOST}Content-Length: 1\r\nContent-Length: 1\r\n`) + 'a'],
    ['400', 'a list of lengths', head(`${HOST}Content-Length: 2, 2\r\n`) + 'ab'],
    ['400', 'a length with a sign', head(`${HOST}Content-Length: +2\r\n`) + 'ab'],
    ['400', 'a negative length', head(`${HOST}Content-Length: -1\r\n`)],
    ['400', 'a hexadecimal length', head(`${HOST}Content-Length: 0x2\r\n`) + 'ab'],
    ['400', 'an empty length', head(`${HOST}Content-Length: \r\n`)],
    ['400', 'a huge length', head(`${HOST}Content-Length: 18446744073709551617\r\n`)],
    ['400', 'identity as a coding', head(`${HOST}Transfer-Encoding: identity\r\n`)],
    ['400', 'an unknown coding', head(`${HOST}Transfer-Encoding: xchunked\r\n`)],
    ['400', 'chunked that is not last', head(`${HOST}Transfer-Encoding: chunked, identity\r\n`)],
    ['400', 'two codings lines', head(`${HOST}Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n`)],
    ['400', 'a blank before the colon', head(`${HOST}Transfer-Encoding : chunked\r\n`)],
    ['400', 'a folded line', head(`${HOST}Transfer-Encoding:\r\n chunked\r\n`)],
    ['501', 'a coding that nobody undoes', head(`${HOST}Transfer-Encoding: gzip, chunked\r\n`) + '0\r\n\r\n'],
    [
      '400',
      'chunks in HTTP/1.0',
      head(`${HOST}Transfer-Encoding: chunked\r\n`, `PUT ${LIST} HTTP/1.0`) + '0\r\n\r\n',
    ],
    ['505', 'HTTP/2.0', head(HOST, `GET ${LIST} HTTP/2.0`)],
    ['505', 'HTTP/1.2', head(HOST, `GET ${LIST} HTTP/1.2`)],
    ['400', 'bare line feeds', `GET ${LIST} HTTP/1.1\nHost: nn\n\n`],
    ['400', 'a bare carriage return', head(`${HOST}X-A: a\rb\r\n`)],
    ['400', 'NUL in a value', head(`${HOST}X-A: a\0b\r\n`)],
    ['400', 'a header without a name', head(`${HOST}: x\r\n`)],
    ['400', 'a line without a colon', head(`${HOST}nonsense\r\n`)],
    ['400', 'a first line that begins with a blank', head(` X: y\r\n${HOST}`)],
    [
      '400',
      'a chunk size with a blank',
      head(`${HOST}Transfer-Encoding: chunked\r\n`) + '2 \r\nab\r\n0\r\n\r\n',
    ],
    ['400', 'a chunk size of 0x2', head(`${HOST}Transfer-Encoding: chunked\r\n`) + '0x2\r\nab\r\n0\r\n\r\n'],
    [
      '400',
      'a chunk longer than it says',
      head(`${HOST}Transfer-Encoding: chunked\r\n`) + '2\r\nabc\r\n0\r\n\r\n',
    ],
    [
      '400',
      'a chunk extension with a bare line feed',
      head(`${HOST}Transfer-Encoding: chunked\r\n`) + '2;\nxx\r\n0\r\n\r\n',
    ],
    [
      '400',
      'a length among the trailers',
      head(`${HOST}Transfer-Encoding: chunked\r\n`) + '0\r\nContent-Length: 5\r\n\r\n',
    ],
    ['400', 'no host', head('', `GET ${LIST} HTTP/1.1`)],
    ['400', 'two hosts', head(`${HOST}${HOST}`, `GET ${LIST} HTTP/1.1`)],
    ['400', 'a host with a path', head('Host: a/b@c\r\n', `GET ${LIST} HTTP/1.1`)],
    ['400', 'an empty host', head('Host: \r\n', `GET ${LIST} HTTP/1.1`)],
    [
      '400',
      'two Authorizations',
      head(`${HOST}Authorization: a\r\nAuthorization: b\r\n`, `GET ${LIST} HTTP/1.1`),
    ],
    ['400', 'a GET with a body', head(`${HOST}Content-Length: 5\r\n`, `GET ${LIST} HTTP/1.1`) + 'hello'],
    [
      '400',
      'a HEAD with chunks',
      head(`${HOST}Transfer-Encoding: chunked\r\n`, `HEAD ${LIST} HTTP/1.1`) + '0\r\n\r\n',
    ],
    ['417', 'another expectation', head(`${HOST}Expect: foo\r\n`)],
    ['400', 'a lower-case method', head(HOST, `get ${LIST} HTTP/1.1`)],
    ['400', 'a made-up method', head(HOST, `FOO ${LIST} HTTP/1.1`)],
    ['501', 'a method of WebDAV', head(HOST, `PROPFIND ${LIST} HTTP/1.1`)],
    ['405', 'TRACE', head(HOST, `TRACE ${LIST} HTTP/1.1`)],
    ['405', 'CONNECT', head(HOST, 'CONNECT dn:9866 HTTP/1.1')],
    ['400', 'an absolute target', head(HOST, 'GET http://evil/x HTTP/1.1')],
    ['400', 'an asterisk', head(HOST, 'OPTIONS * HTTP/1.1')],
    [
      '400',
      'a web socket',
      head(`${HOST}Connection: Upgrade\r\nUpgrade: websocket\r\n`, `GET ${LIST} HTTP/1.1`),
    ],
    [
      '400',
      'cleartext HTTP/2',
      head(`${HOST}Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n`, `GET ${LIST} HTTP/1.1`),
    ],
    ['431', 'a hundred and one headers', head(HOST + 'X-A: b\r\n'.repeat(100), `GET ${LIST} HTTP/1.1`)],
    ['431', 'two thousand headers', head(HOST + 'A:b\r\n'.repeat(2_000), `GET ${LIST} HTTP/1.1`)],
    ['431', '17 KiB of headers', head(`${HOST}X-A: ${'b'.repeat(17_000)}\r\n`, `GET ${LIST} HTTP/1.1`)],
    ['414', 'a path of 9 KB', head(HOST, `GET /webhdfs/v1/${'a'.repeat(9_000)}?op=LISTSTATUS HTTP/1.1`)],
    ['400', 'Connection naming Host', head(`${HOST}Connection: close, Host\r\n`, `GET ${LIST} HTTP/1.1`)],
    [
      '400',
      'Connection naming X-Forwarded-For',
      head(`${HOST}Connection: x-forwarded-for\r\n`, `GET ${LIST} HTTP/1.1`),
    ],
    [
      '400',
      'Connection naming X-Remote-User',
      head(`${HOST}Connection: X-Remote-User\r\n`, `GET ${LIST} HTTP/1.1`),
    ],
    [
      '400',
      'Connection naming Authorization',
      head(`${HOST}Connection: authorization\r\n`, `GET ${LIST} HTTP/1.1`),
    ],
  ])('%s for %s', async (status, _what, bytes) => {
    const { door, upstream } = await openBefore()
    const smuggled = `GET /webhdfs/v1/smuggled?op=LISTSTATUS&user.name=alice HTTP/1.1\r\nHost: nn\r\n\r\n`
    const answer = await exchangeRaw(door.url, bytes + smuggled)
    expect(statusOf(answer)).toBe(status)
    expect(answer.toLowerCase()).toContain('connection: close')
    expect(answer.match(/HTTP\/1\.1 \d/g)).toHaveLength(1)
    expect(upstream.received).toEqual([])
    expect(await door.telemetry.metrics.text()).toMatch(
      /keddah_proxy_rejected_total\{service="nn",reason="[a-z0-9_]+"\} 1/,
    )
  })

  test('the log holds no byte of the caller', async () => {
    const { door } = await openBefore()
    await exchangeRaw(door.url, `PUT /\x1b[2J?secret HTTP/1.1\r\nHost: nn\r\nX: a\0\x1b[31m\r\n\r\n`)
    expect(door.log.join('')).toContain('a request was rejected')
    for (const byte of ['\u001B', 'secret']) expect(door.log.join('')).not.toContain(byte)
  })
})

describe('a refused request with a body', () => {
  test('is never the beginning of another request', async () => {
    // The attack: the body of a refused request is itself a request, which is read next if the body is not.
    const { door, upstream } = await openBefore()
    const inner = `GET ${LIST} HTTP/1.1\r\nHost: nn\r\n\r\n`
    const outer = `PUT /webhdfs/v1/x?op=MKDIRS&user.name=mallory HTTP/1.1\r\nHost: nn\r\nContent-Length: ${inner.length}\r\n\r\n`
    for (const bytes of [outer + inner, outer + inner + inner]) {
      const answer = await exchangeRaw(door.url, bytes)
      expect(answer.match(/HTTP\/1\.1 \d\d\d/g)?.[0]).toBe('HTTP/1.1 403')
    }
    expect(upstream.received.filter(({ target }) => target.includes('MKDIRS'))).toEqual([])
  })

  test('gets its answer although the body is still coming', async () => {
    const { door, upstream } = await openBefore()
    const answer = await exchangeRaw(
      door.url,
      `PUT /webhdfs/v1/x?op=MKDIRS&user.name=mallory HTTP/1.1\r\nHost: nn\r\nContent-Length: 1000000\r\n\r\n${'x'.repeat(30_000)}`,
    )
    expect(statusOf(answer)).toBe('403')
    expect(answer).toContain('AuthorizationException')
    expect(upstream.received).toEqual([])
  })

  test('is not asked to send it', async () => {
    // The attack on bandwidth: `100 Continue` before the decision would fetch every body that is refused afterwards.
    const { door } = await openBefore()
    const answer = await exchangeRaw(
      door.url,
      'PUT /webhdfs/v1/x?op=MKDIRS&user.name=mallory HTTP/1.1\r\nHost: nn\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n',
    )
    expect(answer).toMatch(/^HTTP\/1\.1 403 /)
    expect(answer).not.toContain('100 Continue')
  })

  test('that never ends is cut off soon', async () => {
    const { door } = await openBefore()
    const { port, hostname } = new URL(door.url)
    const socket = connect(Number(port), hostname)
    let isClosed = false
    let text = ''
    socket.on('close', () => (isClosed = true)).on('error', () => {})
    socket.on('data', (chunk) => (text += chunk.toString('latin1')))
    socket.write(
      'PUT /webhdfs/v1/x?op=MKDIRS&user.name=mallory HTTP/1.1\r\nHost: nn\r\nTransfer-Encoding: chunked\r\n\r\n',
    )
    const flood = setInterval(() => socket.write(`2000\r\n${'x'.repeat(8_192)}\r\n`), 1)
    await until(() => isClosed)
    clearInterval(flood)
    expect(statusOf(text)).toBe('403')
  })
})

describe('requests that are sent ahead', () => {
  test('are decided each on its own, in order', async () => {
    const { door, upstream } = await openBefore()
    const ask = (user: string, rest = ''): string =>
      `GET /webhdfs/v1/?op=LISTSTATUS&user.name=${user} HTTP/1.1\r\nHost: nn\r\n${rest}\r\n`
    const answer = await exchangeRaw(
      door.url,
      ask('alice') + ask('mallory') + ask('bo', 'Connection: close\r\n'),
    )
    expect(answer.match(/HTTP\/1\.1 \d\d\d/g)).toEqual(['HTTP/1.1 200', 'HTTP/1.1 403', 'HTTP/1.1 200'])
    expect(upstream.received).toHaveLength(2)
  })

  test('are done one after another', async () => {
    const running = { now: 0, most: 0 }
    const { door } = await openBefore((_, response) => {
      running.most = Math.max(running.most, ++running.now)
      setTimeout(() => {
        running.now -= 1
        response.end('x')
      }, 20)
    })
    const ask = `PUT /webhdfs/v1/x?op=MKDIRS&user.name=alice HTTP/1.1\r\nHost: nn\r\n`
    await exchangeRaw(door.url, `${ask}\r\n${ask}\r\n${ask}Connection: close\r\n\r\n`)
    expect(running.most).toBe(1)
  })

  test('are dropped behind an answer that is the last one', async () => {
    const { door, upstream } = await openBefore()
    const answer = await exchangeRaw(
      door.url,
      `GET ${LIST} HTTP/1.1\r\n\r\nPUT /webhdfs/v1/x?op=MKDIRS&user.name=alice HTTP/1.1\r\nHost: nn\r\n\r\n`,
    )
    expect(answer.match(/HTTP\/1\.1 \d\d\d/g)).toEqual(['HTTP/1.1 400'])
    expect(upstream.received).toEqual([])
  })
})

describe('refusals look as the clients of the daemon expect', () => {
  const MESSAGE = `User mallory (auth:SIMPLE) is not authorized for protocol interface org.apache.hadoop.yarn.api.ApplicationClientProtocolPB: denied by configured ACL`

  test('WebHDFS: keys in the order of the alphabet', async () => {
    const { door } = await openBefore()
    const answer = await fetch(`${door.url}/webhdfs/v1/?op=LISTSTATUS&user.name=mallory`)
    expect(answer.headers.get('content-type')).toBe('application/json')
    expect(
      Object.keys((JSON.parse(await answer.text()) as { RemoteException: object }).RemoteException),
    ).toEqual(['exception', 'javaClassName', 'message'])
    expect(answer.headers.get('server')).toBeNull()
    expect(answer.headers.get('x-keddah-request-id')).toMatch(/^[\w-]{8}-\w+$/)
    expect(JSON.stringify([...answer.headers])).not.toContain(CLIENT)
  })

  test('RM REST: JSON, or XML where that is preferred', async () => {
    const { door } = await openBefore(undefined, { kind: 'resourcemanager' })
    const url = `${door.url}/ws/v1/cluster/apps?user.name=mallory`
    const json = await fetch(url)
    expect(json.status).toBe(403)
    expect(await json.text()).toBe(
      `{"RemoteException":{"exception":"AuthorizationException","message":"${MESSAGE}","javaClassName":"org.apache.hadoop.security.authorize.AuthorizationException"}}`,
    )
    const xml = await fetch(url, { headers: { Accept: 'application/xml' } })
    expect(xml.headers.get('content-type')).toBe('application/xml')
    expect(await xml.text()).toContain(`<message>${MESSAGE}</message>`)
  })

  test('KMS: message first', async () => {
    const { door } = await openBefore(undefined, {
      kind: 'kms',
      policy: { ...POLICY, 'hadoop.kms.acl.GET_KEYS': 'nobody' },
    })
    const answer = await fetch(`${door.url}/kms/v1/nothing/of/the/kind`)
    expect(answer.status).toBe(403)
    expect(await answer.text()).toMatch(
      /^\{"RemoteException":\{"message":".*","exception":"AuthorizationException",/,
    )
  })

  test('a page says it in words, and nothing that the caller has chosen', async () => {
    const { door } = await openBefore()
    const url = `${door.url}/jmx?user.name=mallory`
    const html = await fetch(url, { headers: { Accept: 'text/html,application/xhtml+xml' } })
    expect(html.status).toBe(403)
    expect(html.headers.get('content-type')).toBe('text/html; charset=utf-8')
    const text = await html.text()
    expect(text).toContain('<code>acl</code>')
    expect(text).not.toContain('mallory')
    expect(await (await fetch(url)).text()).toMatch(/^Access is refused \(acl\)\. Request \S+\n$/)
  })

  test('HEAD has no body', async () => {
    const { door } = await openBefore()
    const answer = await exchangeRaw(
      door.url,
      'HEAD /webhdfs/v1/?op=LISTSTATUS&user.name=mallory HTTP/1.1\r\nHost: nn\r\nConnection: close\r\n\r\n',
    )
    expect(statusOf(answer)).toBe('403')
    expect(answer.split('\r\n\r\n')[1]).toBe('')
  })

  test.each([
    ['TRACE', '/webhdfs/v1/?op=LISTSTATUS', 'GET, HEAD, POST, PUT, DELETE'],
    ['PATCH', '/webhdfs/v1/?op=LISTSTATUS', 'GET, HEAD, POST, PUT, DELETE'],
    ['TRACE', '/jmx', 'GET, HEAD'],
    ['TRACE', '/nothing', ''],
    ['TRACE', '/a;b', ''],
    ['TRACE', '/webhdfs/v1/?op=OPEN&namenoderpcaddress=evil:1', ''],
    ['CONNECT', 'dn:9866', ''],
  ])('405 for %s %s allows %j', async (method, target, allowed) => {
    const { door, upstream } = await openBefore()
    const answer = await exchangeRaw(
      door.url,
      `${method} ${target} HTTP/1.1\r\nHost: nn\r\nConnection: close\r\n\r\n`,
    )
    expect(statusOf(answer)).toBe('405')
    expect(/^Allow: ?(.*)\r$/m.exec(answer)?.[1]).toBe(allowed)
    expect(upstream.received).toEqual([])
  })

  test('401 comes with every challenge', async () => {
    const { door, upstream } = await openBefore()
    const answer = await fetch(`${door.url}/webhdfs/v1/?op=LISTSTATUS`)
    expect(answer.status).toBe(401)
    expect(answer.headers.get('www-authenticate')).toBe('PseudoAuth')
    expect(answer.headers.get('x-keddah-reason')).toBe('unauthenticated')
    expect(upstream.received).toEqual([])
    expect(await door.audit(1)).toMatchObject([
      { effect: 'deny', reason: 'unauthenticated', user: null, path: '/webhdfs/v1/' },
    ])
  })

  test.each([
    ['an unlisted path', 'GET', '/nothing', 403, 'service_unknown'],
    ['the admin surface', 'GET', '/metrics', 403, 'service_unknown'],
    ['a health probe of ours', 'GET', '/healthz', 403, 'service_unknown'],
    ['another spelling of the path', 'GET', '/WEBHDFS/v1/?op=LISTSTATUS', 403, 'service_unknown'],
    ['another method', 'PATCH', '/webhdfs/v1/?op=LISTSTATUS', 405, 'method_not_allowed'],
    ['no operation', 'GET', '/webhdfs/v1/', 400, 'operation'],
    ['an operation of another method', 'GET', '/webhdfs/v1/?op=MKDIRS', 400, 'operation'],
    ['a delegation token', 'GET', '/webhdfs/v1/?op=LISTSTATUS&delegation=AAAA', 400, 'delegation'],
    ['two users', 'GET', '/webhdfs/v1/?op=LISTSTATUS&USER.NAME=bo', 400, 'ambiguous_parameter'],
    ['an empty doas', 'GET', '/webhdfs/v1/?op=LISTSTATUS&doas=', 400, 'empty_parameter'],
    ['an impersonation without a rule', 'GET', '/webhdfs/v1/?op=LISTSTATUS&doAs=bo', 403, 'impersonation'],
    [
      'another NameNode',
      'GET',
      '/webhdfs/v1/?op=LISTSTATUS&namenoderpcaddress=evil:8020',
      400,
      'forbidden_parameter',
    ],
    ['a path that climbs', 'GET', '/webhdfs/..%2f../x', 400, 'encoded_slash'],
  ])('%s: %s %s', async (_what, method, target, status, reason) => {
    const { door, upstream } = await openBefore()
    const mark = target.includes('?') ? '&' : '?'
    const answer = await exchangeRaw(
      door.url,
      `${method} ${target}${mark}user.name=alice HTTP/1.1\r\nHost: nn\r\nUser-Agent: kube-probe/1.27\r\nX-Forwarded-For: 10.0.0.1\r\nConnection: close\r\n\r\n`,
    )
    expect([statusOf(answer), reasonOf(answer)]).toEqual([String(status), reason])
    expect(upstream.received).toEqual([])
  })

  test('405 names the methods of the path, 400 has the words of Hadoop', async () => {
    const { door } = await openBefore()
    const wrong = await fetch(`${door.url}/jmx?user.name=alice`, { method: 'POST' })
    expect([wrong.status, wrong.headers.get('allow')]).toEqual([405, 'GET, HEAD'])
    const missing = await fetch(`${door.url}/webhdfs/v1/?user.name=alice`)
    expect(await missing.text()).toBe(
      '{"RemoteException":{"exception":"UnsupportedOperationException","javaClassName":"java.lang.UnsupportedOperationException","message":"op=NULL is not supported"}}',
    )
  })
})

describe('a form', () => {
  // The attack: daemons believe the `user.name` of a form body, so `PUT …?op=MKDIRS` with such a body runs as root.
  test.each([
    'application/x-www-form-urlencoded',
    'Application/X-WWW-Form-URLencoded; charset=utf-8',
    'text/plain, application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
  ])('%s is refused where none is taken', async (type) => {
    const { door, upstream } = await openBefore()
    const answer = await fetch(`${door.url}/webhdfs/v1/x?op=MKDIRS&user.name=alice`, {
      method: 'PUT',
      body: 'user.name=root',
      headers: { 'Content-Type': type },
    })
    expect([answer.status, answer.headers.get('x-keddah-reason')]).toEqual([400, 'form_body'])
    expect(upstream.received).toEqual([])
  })

  const FORMS = {
    kind: 'custom',
    routes: [{ path: '/f', methods: ['POST'], service: CLIENT, surface: 'page', takesForm: true }],
  } as const

  test('where one is taken, it loses every identity', async () => {
    const { door, upstream } = await openBefore(undefined, FORMS)
    const answer = await fetch(`${door.url}/f?user.name=alice`, {
      method: 'POST',
      body: 'a=b+c&User%2eName=root&%64oas=hdfs&delegation=x&d=%C3%BC&user.name=root&e',
      headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
    })
    expect(answer.status).toBe(200)
    expect(upstream.received[0]?.body).toBe('a=b+c&d=%C3%BC&e')
    expect(upstream.received[0]?.target).toBe('/f?user.name=alice')
  })

  test.each([
    [400, 'another charset', 'application/x-www-form-urlencoded; charset=utf-16', {}, 'a=b'],
    [400, 'a coding', 'application/x-www-form-urlencoded', { 'Content-Encoding': 'gzip' }, 'a=b'],
    [400, 'several parts', 'multipart/form-data; boundary=x', {}, 'a=b'],
    [400, 'escapes that are none', 'application/x-www-form-urlencoded', {}, 'user%2=root'],
    [400, 'bytes that are not UTF-8', 'application/x-www-form-urlencoded', {}, '%FF=root'],
    [413, 'over a megabyte', 'application/x-www-form-urlencoded', {}, `a=${'b'.repeat(1_100_000)}`],
  ])('%i for %s', async (status, _what, type, headers, body) => {
    const { door, upstream } = await openBefore(undefined, FORMS)
    const { port } = new URL(door.url)
    const more = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
    const answer = await exchangeRaw(
      `http://127.0.0.1:${port}`,
      `POST /f?user.name=alice HTTP/1.1\r\nHost: nn\r\nContent-Type: ${type}\r\n${more.join('')}Content-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`,
    )
    expect(statusOf(answer)).toBe(String(status))
    expect(upstream.received).toEqual([])
  })
})
