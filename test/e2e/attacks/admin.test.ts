import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTestApp, type TestApp } from '../../support/attack/app.ts'
import { call, send } from '../../support/attack/client.ts'
import { chunked, get, head, lastGet } from '../../support/attack/stage.ts'
import { CLIENT } from '../../support/policy.ts'

/**
 * The admin listener from raw sockets, in front of a whole app. Who may ask for what is in
 * `test/unit/admin/server.test.ts`; here is what bytes can do.
 */
let keddah: TestApp
beforeAll(async () => {
  keddah = await startTestApp({
    policy: { [CLIENT]: 'alice', 'security.refresh.policy.protocol.acl': 'nobody' },
    settings: {
      services: [
        { name: 'namenode', kind: 'namenode', listen: '127.0.0.1:0', upstreams: ['http://127.0.0.1:9'] },
      ],
    },
  })
})
afterAll(async () => keddah?.stop())

const url = (): string => keddah.app.adminUrl
const bearer = (): string => `Authorization: Bearer ${keddah.token()}`
const REFRESH = 'POST /admin/v1/refresh/service-acl HTTP/1.1'

async function series(name: string): Promise<number> {
  const text = await (await fetch(`${url()}/metrics`)).text()
  return text.split('\n').filter((line) => line.startsWith(name)).length
}

// Attack: a path that is not the one whose token is asked for, and is served as if it were.
test.each([
  '/admin/v1/../v1/policy',
  '/metrics/../admin/v1/policy',
  '//admin/v1/policy',
  '/%61dmin/v1/policy',
  '/admin/v1/policy/',
  '/admin/v1/policy;x',
  '/admin/v1/policy%00',
  '/ADMIN/v1/policy',
  '/admin/v1/__proto__',
  '/constructor',
  'http://127.0.0.1/admin/v1/policy',
])('no other spelling of a path is served: %s', async (path) => {
  for (const line of ['X: y', bearer()]) {
    const reply = await send(url(), lastGet(path, line))
    expect([400, 404]).toContain(reply.status)
    expect(reply.body).not.toMatch(/revision|alice/)
  }
})

// Attack: something that is almost a token.
test.each([
  ['none', []],
  ['an empty one', ['Authorization: Bearer ']],
  ['the word alone', ['Authorization: Bearer']],
  ['a null', ['Authorization: Bearer \0']],
  ['another scheme', ['Authorization: Basic Og==']],
  ['a long one', [`Authorization: Bearer ${'a'.repeat(12_000)}`]],
  ['one beyond every head', [`Authorization: Bearer ${'a'.repeat(40_000)}`]],
  ['a cookie', ['Cookie: token=x']],
  ['a proxy header', ['Proxy-Authorization: Bearer x', 'X-Forwarded-For: 127.0.0.1', 'X-Remote-User: hdfs']],
])('%s is no token', async (_, lines) => {
  const reply = await send(url(), lastGet('/admin/v1/policy', ...lines))
  expect([400, 401, 431]).toContain(reply.status)
  expect(reply.body).not.toContain('alice')
})

test('the token is taken, and only in its header', async () => {
  const reply = await send(url(), lastGet('/admin/v1/policy', bearer()))
  expect(reply.status).toBe(200)
  const inQuery = await send(url(), lastGet(`/admin/v1/policy?access_token=${keddah.token()}`))
  expect(inQuery.status).toBe(401)
  for (const change of [keddah.token().slice(0, -1), `${keddah.token()}a`, keddah.token().toLowerCase()]) {
    const almost = await send(url(), lastGet('/admin/v1/policy', `Authorization: Bearer ${change}`))
    expect(almost.status).toBe(401)
  }
  expect(keddah.log.join('')).not.toContain(keddah.token())
  expect(await (await fetch(`${url()}/metrics`)).text()).not.toContain(keddah.token())
})

// Attack: requests that are smuggled past the token of somebody else behind a shared proxy.
describe('framing', () => {
  const hidden = (): string => get('/admin/v1/policy', bearer())
  test.each([
    ['length and chunks', ['Content-Length: 5', 'Transfer-Encoding: chunked'], '0\r\n\r\n'],
    ['two lengths', ['Content-Length: 1', 'Content-Length: 2'], 'ab'],
    ['a folded line', ['Transfer-Encoding:\r\n chunked'], chunked('a')],
    ['a blank before a colon', ['Content-Length : 2'], 'ab'],
    ['identity', ['Transfer-Encoding: identity'], 'ab'],
  ])('%s is refused', async (_, lines, body) => {
    const reply = await send(url(), head(REFRESH, 'Host: a', ...lines) + body + hidden())
    expect([reply.status, reply.answers.length, reply.closed]).toEqual([400, 1, true])
  })

  test('a request in the body of a GET is a body', async () => {
    const bytes = `${get('/healthz', `Content-Length: ${hidden().length}`, 'Connection: close')}${hidden()}`
    const reply = await send(url(), bytes)
    expect(reply.answers.map(({ status }) => status)).toEqual([200])
    expect(reply.received).not.toContain('alice')
  })

  test('more headers than are seen cannot hide a body', async () => {
    const lines = [...Array.from({ length: 2_200 }, () => 'a:'), `Content-Length: ${hidden().length}`]
    const reply = await send(url(), head('GET /healthz HTTP/1.1', 'Host: a', ...lines) + hidden())
    expect(reply.received).not.toContain('alice')
  })

  test.each([
    ['CONNECT', 'CONNECT /admin/v1/policy HTTP/1.1'],
    ['TRACE', 'TRACE /admin/v1/policy HTTP/1.1'],
    ['PUT', 'PUT /admin/v1/policy HTTP/1.1'],
    ['HTTP/2.0', 'PRI * HTTP/2.0'],
  ])('%s is not answered with anything', async (_, line) => {
    const reply = await send(url(), head(line, 'Host: a', bearer(), 'Connection: close'))
    expect(reply.status === 0 || reply.status >= 400).toBe(true)
    expect(reply.received).not.toMatch(/alice|Bearer/)
  })
})

// Attack: a refresh that nobody has asked for, or that only its head has asked for.
describe('a refresh', () => {
  test.each([
    ['by GET', 'GET /admin/v1/refresh/service-acl HTTP/1.1', ['X-HTTP-Method-Override: POST']],
    ['by HEAD', 'HEAD /admin/v1/refresh/service-acl HTTP/1.1', []],
  ])('%s is none', async (_, line, lines) => {
    const reply = await send(url(), head(line, 'Host: a', bearer(), ...lines, 'Connection: close'), {
      bodiless: line.startsWith('HEAD') ? [0] : [],
    })
    expect(reply.status).toBe(405)
  })

  test('whose body never arrives is none', async () => {
    const before = await (await fetch(`${url()}/metrics`)).text()
    const caller = await call(url())
    caller.write(
      `${head(REFRESH, 'Host: a', bearer(), 'Content-Type: application/json', 'Content-Length: 10')}{`,
    )
    caller.hangUp()
    const results = (text: string): string[] =>
      text.split('\n').filter((line) => line.startsWith('keddah_policy_refresh'))
    expect(results(await (await fetch(`${url()}/metrics`)).text())).toEqual(results(before))
    expect(keddah.log.join('')).not.toContain('the admin listener failed')
  })

  test('by somebody whom the policy in force does not name is refused, with the token of this machine too', async () => {
    const reply = await send(
      url(),
      head(REFRESH, 'Host: a', bearer(), 'Content-Length: 0', 'Connection: close'),
    )
    expect(reply.status).toBe(403)
    expect(reply.body).not.toContain('nobody')
  })
})

// Attack: questions that are made to break the one who reads them.
describe('a question', () => {
  const ask = (body: string): string =>
    head(
      'POST /admin/v1/explain HTTP/1.1',
      'Host: a',
      bearer(),
      'Content-Type: application/json',
      `Content-Length: ${Buffer.byteLength(body, 'latin1')}`,
      'Connection: close',
    ) + body

  test.each([
    ['nested without end', '['.repeat(60_000)],
    ['a prototype', '{"__proto__":{"user":"alice"},"constructor":{"prototype":{}}}'],
    ['a number for a name', '{"user":1e999,"service":"x"}'],
    ['no UTF-8', '{"user":"\xff\xfe","service":"security.client.protocol.acl"}'],
    ['a list of lists', '[[[[]]]]'],
    ['nothing', 'null'],
    ['an endless name', `{"user":"${'a'.repeat(60_000)}","service":"security.client.protocol.acl"}`],
  ])('of %s is answered with an error or a refusal', async (_, body) => {
    const reply = await send(url(), ask(body))
    expect(reply.status).toBeGreaterThanOrEqual(200)
    expect(reply.status).not.toBe(500)
    expect(reply.body).not.toMatch(/^\{"effect":"allow"/)
    expect(keddah.log.join('')).not.toContain('the admin listener failed')
  })
})

// Attack: words of callers become labels, until the metrics are all there is.
test('no caller can make a series of metrics', async () => {
  const data = keddah.url('namenode')
  const refuse = (at: number): string =>
    lastGet(`/webhdfs/v1/p${at}?op=X${at}&user.name=u${at}`, `X-${at}: y`, `Host: h${at}`)
  for (let at = 0; at < 3; at += 1) await send(data, refuse(at))
  const before = await series('keddah_')
  for (let at = 3; at < 40; at += 1) {
    await send(data, refuse(at))
    await send(url(), lastGet(`/admin/v1/x${at}`))
  }
  expect(await series('keddah_')).toBe(before)
})
