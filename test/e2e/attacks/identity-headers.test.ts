import { describe, expect, test } from 'vitest'
import { MachineList } from '../../../src/hadoop/machine-list.ts'
import { createTrustedHeaderAuthenticator } from '../../../src/identity/trusted-header.ts'
import { namesOf, type SeenRequest, valuesOf } from '../../support/attack/messages.ts'
import { ALLOWED, get, head, lastGet, type Stage, useStage } from '../../support/attack/stage.ts'
import { CLIENT } from '../../support/policy.ts'

/** Headers that say who is calling, from where, or which of the other headers count. */
const stage = useStage()

const machines = (text: string): MachineList =>
  MachineList.parse(text, () => null, {
    ipv6Ranges: true,
    shortAddresses: false,
    unresolvedMatches: false,
    ipv6AgainstRanges: false,
  })
const LOOPBACK = machines('127.0.0.1')

/** Alice's request as it arrives when it has these lines. */
async function arrival(...lines: readonly string[]): Promise<SeenRequest> {
  const reply = await stage.send(lastGet(ALLOWED, ...lines))
  const [request, ...others] = await stage.reached()
  if (reply.status !== 200 || request?.target !== ALLOWED || others.length > 0)
    throw new Error(`answered with ${reply.status}`)
  return request
}

// Attack: the header by which some proxy names the user to a server behind it, sent by the client itself.
describe('an identity that the client has written itself', () => {
  test.each([
    'Remote-User: root',
    'REMOTE_USER: root',
    'X-Remote-User: root',
    'X_Remote_User: root',
    'X.Remote.User: root',
    'x-remote_user: root',
    'X-Remote-Group: root',
    'X-Forwarded-User: root',
    'X_Forwarded_User: root',
    'X-Forwarded-Preferred-Username: root',
    'X-Forwarded-Email: root',
    'SM_USER: root',
    'SM-User: root',
    'X-Hadoop-Delegation-Token: root',
    'Hadoop-YARN-Auth-Delegation-Token: root',
    'Authorization: Negotiate root',
    'Authorization: Basic root',
    'Proxy-Authorization: Basic root',
    'X-Keddah-User: root',
    'X-Keddah-Reason: root',
  ])('%s does not arrive', async (line) => {
    expect((await arrival(line)).raw).not.toContain('root')
  })

  test.each(['Authorization', 'Host', 'Content-Type', 'Content-Length'])(
    'in two lines of %s is refused',
    async (name) => {
      const value = name === 'Content-Length' ? '0' : 'a'
      const reply = await stage.send(get(ALLOWED, `${name}: ${value}`, `${name.toLowerCase()}: ${value}`))
      expect([reply.status, reply.closed]).toEqual([400, true])
      expect(await stage.reached()).toEqual([])
    },
  )
})

// Attack: Hadoop's own cookies. The ResourceManager prefers them to `user.name`.
describe('a cookie', () => {
  test.each([
    'hadoop.auth="u=root&p=root&t=simple&e=9&s=x"',
    'hadoop.auth=u=root',
    'HADOOP.AUTH=u=root',
    'hadoop.auth =u=root',
    ' hadoop.auth=u=root',
    '"hadoop.auth"=u=root',
    '$Version=1; hadoop.auth=u=root; $Path=/',
    '$hadoop.auth=u=root',
    'hadoop.auth=u=root; hadoop.auth=u=root',
    'a=b, hadoop.auth=u=root',
    'a="; hadoop.auth=u=root; b="',
    'a="x\\"; hadoop.auth=u=root',
    'a=b;hadoop.auth=u=root',
    'a=b;\thadoop.auth=u=root',
    'a=b; hadoop.auth="u=root; c=d"',
    'proxy-user=root',
    'a=b; Proxy-User=root',
    'proxy-user',
  ])('%s loses the identity', async (value) => {
    expect((await arrival(`Cookie: ${value}`)).raw).not.toMatch(/hadoop.auth=|proxy-user|=root/i)
  })

  test('in several lines loses the identity in each of them', async () => {
    const request = await arrival('Cookie: a=b', 'COOKIE: hadoop.auth=u=root', 'cookie: c=d; proxy-user=root')
    expect(request.raw).not.toMatch(/hadoop|proxy|root/i)
    expect(valuesOf(request, 'cookie')).toEqual(['a=b; c=d'])
  })

  test('that is none of these arrives as it is', async () => {
    const value = 'JSESSIONID=node01x; checked_application_1_1=true; theme="a b"'
    await stage.send(lastGet(ALLOWED, `Cookie: ${value}`))
    expect((await stage.reached()).flatMap((request) => valuesOf(request, 'cookie'))).toEqual([value])
  })
})

// Attack (CVE-2026-33805 and its kin): `Connection` names a header, so that the proxy takes away what it has added,
// or what it has read.
describe('a header that Connection names', () => {
  test.each([
    'X-Forwarded-For',
    'Host',
    'Content-Length',
    'Transfer-Encoding',
    'Authorization',
    'Cookie',
    'Content-Type',
    'Content-Encoding',
    'Expect',
    'Forwarded',
  ])('%s is refused', async (name) => {
    for (const value of [name, `close, ${name}`, `${name.toLowerCase()} , keep-alive`, `,${name}`]) {
      const reply = await stage.send(
        get(ALLOWED, `${name === 'Host' ? 'X' : name}: 1`, `Connection: ${value}`),
      )
      expect([reply.status, reply.closed]).toEqual([400, true])
    }
    expect(await stage.reached()).toEqual([])
  })

  test.each(['User-Agent', 'Accept', 'X-Custom'])('%s is taken off, and nothing else', async (name) => {
    const request = await arrival(`${name}: trace`, `Connection: close, ${name}`, 'X-Other: here')
    expect(request.raw).not.toMatch(new RegExp(`trace|${name}`, 'i'))
    expect(valuesOf(request, 'x-other')).toEqual(['here'])
    expect(valuesOf(request, 'x-forwarded-for')).toEqual(['127.0.0.1'])
  })

  test.each(['a b', '"close"', 'close; x', 'x\xff', '()'])('%j is refused', async (value) => {
    const reply = await stage.send(get(ALLOWED, `Connection: ${value}`))
    expect([reply.status, reply.closed]).toEqual([400, true])
  })
})

// Attack: headers of one connection, forwarded to the next one, change how it is read.
test.each([
  'Keep-Alive: timeout=trace',
  'TE: trace',
  'Trailer: trace',
  'Proxy-Connection: trace',
  'Proxy-Authenticate: trace',
  'Upgrade: trace',
  'HTTP2-Settings: trace',
])('a header of this connection stays on it: %s', async (line) => {
  expect((await arrival(line)).raw).not.toContain('trace')
})

// Attack: a server that honours one of these serves another path, method or host than was decided on.
test.each([
  'X-Original-URL: /trace',
  'X-Rewrite-URL: /trace',
  'X-Original-Host: trace',
  'X-Forwarded-Uri: /trace',
  'X-Forwarded-Prefix: /trace',
  'X-Forwarded-Host: trace',
  'X-Forwarded-Proto: trace',
  'X-Forwarded-Port: 1trace',
  'X-Forwarded-Method: trace',
  'X-Forwarded-Server: trace',
  'X-HTTP-Method-Override: trace',
  'X-Real-IP: 10.trace',
  'Client-IP: 10.trace',
  'True-Client-IP: 10.trace',
  'X-Cluster-Client-IP: 10.trace',
  'Forwarded: for=10.0.0.1;host=trace',
  'X-Host: trace',
])('a header that makes another request of it does not arrive: %s', async (line) => {
  expect((await arrival(line)).raw).not.toContain('trace')
})

// Attack: a Host that is a list, a URL or another server's name.
describe('a Host', () => {
  test.each([
    'a/b',
    'a/b@c',
    'a b',
    'a,b',
    'a@b',
    'a:b',
    'a:99999999',
    '',
    'http://a',
    'a?b',
    '[::1',
    'a\\b',
    'a#b',
  ])('%j is refused', async (value) => {
    const reply = await stage.send(head(`GET ${ALLOWED} HTTP/1.1`, `Host: ${value}`))
    expect([reply.status, reply.closed]).toEqual([400, true])
    expect(await stage.reached()).toEqual([])
  })

  test('that is missing is refused', async () => {
    const reply = await stage.send(head(`GET ${ALLOWED} HTTP/1.1`, 'X: y'))
    expect([reply.status, reply.closed]).toEqual([400, true])
  })

  test('changes neither the service nor the decision', async () => {
    for (const host of ['localhost', 'admin', '127.0.0.1:1', 'resourcemanager', '[::1]:9870']) {
      const denied = `/webhdfs/v1/?op=LISTSTATUS&user.name=mallory`
      const reply = await stage.send(head(`GET ${denied} HTTP/1.1`, `Host: ${host}`, 'Connection: close'))
      expect(reply.status).toBe(403)
    }
    expect(await stage.reached()).toEqual([])
  })
})

// Attack: headers with names that are properties of every object.
test('a header named __proto__ is a header', async () => {
  const lines = ['__proto__: x', 'constructor: y', 'toString: z', 'hasOwnProperty: w']
  expect((await stage.send(lastGet(ALLOWED, ...lines))).status).toBe(200)
  const [request] = await stage.reached()
  expect(request && namesOf(request)).toEqual(expect.arrayContaining(['constructor', 'tostring']))
  expect(request && valuesOf(request, 'x-forwarded-for')).toEqual(['127.0.0.1'])
})

/** Only whoever comes from 10.0.0.1 may use WebHDFS; all tests come from 127.0.0.1. */
const HOSTS = { [CLIENT]: 'alice', 'security.client.protocol.hosts': '10.0.0.1' }
const FORGED: readonly string[] = [
  'X-Forwarded-For: 10.0.0.1',
  'X-Forwarded-For: 10.0.0.1, 127.0.0.1',
  'X_Forwarded_For: 10.0.0.1',
  'X.Forwarded.For: 10.0.0.1',
  'Forwarded: for=10.0.0.1',
  'X-Real-IP: 10.0.0.1',
  'Client-IP: 10.0.0.1',
  'True-Client-IP: 10.0.0.1',
  'X-Forwarded-For: 10.0.0.1\r\nX-Forwarded-For: 10.0.0.1',
]

// Attack: an address that the policy allows, written into a header.
describe('an address that nobody vouches for', () => {
  const strict = useStage({ policy: HOSTS })

  test.each(FORGED)('%s does not satisfy a list of hosts', async (line) => {
    const reply = await strict.send(lastGet(ALLOWED, line))
    expect([reply.status, reply.reason]).toEqual([403, 'hosts'])
    expect(strict.upstream.requests()).toEqual([])
  })

  test('is overwritten on the way', async () => {
    const request = await arrival('X-Forwarded-For: 10.0.0.1', 'X-Forwarded-For: 10.0.0.2')
    expect(valuesOf(request, 'x-forwarded-for')).toEqual(['127.0.0.1'])
  })
})

// Attack: behind a trusted proxy, the client's own text stands left of what the proxy has appended.
describe('a chain of addresses from a trusted proxy', () => {
  const behind = useStage({ policy: HOSTS, dependencies: { trustedProxies: () => LOOPBACK } })

  test.each([
    ['the address of the client', ['X-Forwarded-For: 10.0.0.1'], 200],
    ['an address of IPv4 in IPv6', ['X-Forwarded-For: ::ffff:10.0.0.1'], 200],
    ['a port', ['X-Forwarded-For: 10.0.0.1:4711'], 200],
    ['garbage left of it, which the client has written', ['X-Forwarded-For: <script>, 10.0.0.1'], 200],
    ['a wish of the client, left of its address', ['X-Forwarded-For: 10.0.0.1, 192.0.2.9'], 403],
    ['the same in two lines', ['X-Forwarded-For: 10.0.0.1', 'X-Forwarded-For: 192.0.2.9'], 403],
    ['the same in the other header', ['Forwarded: for=10.0.0.1, for=192.0.2.9'], 403],
    ['a quote that is never closed', ['Forwarded: for="10.0.0.1, for=192.0.2.9'], 400],
    ['two headers that disagree', ['X-Forwarded-For: 10.0.0.1', 'Forwarded: for=192.0.2.9'], 400],
    ['nobody', ['X-Forwarded-For: unknown'], 400],
    ['somebody hidden', ['Forwarded: for=_hidden'], 400],
    ['octal digits', ['X-Forwarded-For: 012.0.0.1'], 400],
    ['a hexadecimal number', ['X-Forwarded-For: 0x0a000001'], 400],
    ['a decimal number', ['X-Forwarded-For: 167772161'], 400],
    ['a short form', ['X-Forwarded-For: 10.1'], 400],
    ['a zone', ['X-Forwarded-For: fe80::1%eth0'], 400],
    ['a name', ['X-Forwarded-For: localhost'], 400],
    ['an address inside a long line', [`X-Forwarded-For: 10.0.0.1${' '.repeat(15_000)}1`], 400],
    ['an empty hop at the end', ['X-Forwarded-For: 10.0.0.1,'], 400],
    ['a blank header', ['X-Forwarded-For:'], 403],
  ])('%s: %j is answered with %i', async (_, lines, status) => {
    const reply = await behind.send(lastGet(ALLOWED, ...lines))
    expect(reply.status).toBe(status)
    expect(behind.upstream.requests()).toHaveLength(status === 200 ? 1 : 0)
    const claimed = behind.upstream.requests().flatMap((request) => valuesOf(request, 'x-forwarded-for'))
    expect(claimed).toEqual(status === 200 ? ['10.0.0.1'] : [])
  })
})

// Attack: the header of a proxy that authenticates, without the proxy or without its secret.
describe('a header that is believed from a proxy with a secret', () => {
  const shared = { header: 'X-Auth-Secret', secret: Buffer.from('s3cret') }
  const options = { header: 'X-Auth-User', shared, certificateNames: [] }
  const proxied = useStage({
    authenticators: [createTrustedHeaderAuthenticator({ ...options, peers: LOOPBACK })],
    anonymousUser: 'bo',
  })
  const elsewhere = useStage({
    authenticators: [createTrustedHeaderAuthenticator({ ...options, peers: machines('10.0.0.1') })],
  })
  const LIST = '/webhdfs/v1/?op=LISTSTATUS'
  const SECRET = 'X-Auth-Secret: s3cret'
  const callers = (on: Stage): string[] => on.upstream.requests().map(({ target }) => target)

  test('is believed with it, and neither of the two arrives', async () => {
    expect((await proxied.send(lastGet(LIST, 'X-Auth-User: alice', SECRET))).status).toBe(200)
    expect(callers(proxied)).toEqual([`${LIST}&user.name=alice`])
    expect(proxied.upstream.bytes().join('')).not.toMatch(/x-auth|s3cret/i)
  })

  test.each([
    ['no secret', ['X-Auth-User: alice']],
    ['a wrong secret', ['X-Auth-User: alice', 'X-Auth-Secret: S3cret']],
    ['an empty secret', ['X-Auth-User: alice', 'X-Auth-Secret:']],
    ['an underscore', ['X_Auth_User: alice', SECRET]],
    ['a dot', ['X.Auth.User: alice', SECRET]],
    ['an underscore in the secret', ['X-Auth-User: alice', 'X_Auth_Secret: s3cret']],
  ])('is nothing with %s: whoever sends it is anonymous', async (_, lines) => {
    expect((await proxied.send(lastGet(LIST, ...lines))).status).toBe(200)
    expect(callers(proxied)).toEqual([`${LIST}&user.name=bo`])
    expect(proxied.upstream.requests()[0]?.raw).not.toMatch(/auth.user|alice|cret/i)
  })

  test.each([
    ['two names', ['X-Auth-User: alice', 'X-Auth-User: hdfs', SECRET], 400],
    ['a name twice', ['X-Auth-User: alice', 'x-auth-user: alice', SECRET], 400],
    ['two secrets', ['X-Auth-User: alice', SECRET, 'X-Auth-Secret: x'], 400],
    ['two names in one', ['X-Auth-User: alice, hdfs', SECRET], 401],
    ['no name', ['X-Auth-User:', SECRET], 401],
    ['a name that is no UTF-8', ['X-Auth-User: \xff', SECRET], 401],
    [
      'a name in the secret header of Connection',
      ['X-Auth-User: alice', SECRET, 'Connection: X-Auth-User'],
      400,
    ],
    [
      'a secret that Connection names',
      ['X-Auth-User: alice', SECRET, 'Connection: close, x-auth-secret'],
      400,
    ],
    ['a name that differs from user.name', ['X-Auth-User: alice', SECRET], 400, '&user.name=hdfs'],
  ])('is refused with %s', async (_, lines, status, more = '') => {
    const reply = await proxied.send(lastGet(LIST + more, ...lines))
    expect(reply.status).toBe(status)
    expect(proxied.upstream.requests()).toEqual([])
  })

  test('is nothing from another peer, even with the secret', async () => {
    const reply = await elsewhere.send(lastGet(LIST, 'X-Auth-User: alice', SECRET))
    expect(reply.status).toBe(401)
    expect(valuesOf(reply, 'www-authenticate')).toEqual(['Keddah'])
    expect(reply.body).not.toContain('s3cret')
    expect(elsewhere.upstream.requests()).toEqual([])
  })
})

// Attack: a name or header that breaks out of its line in the audit or log, or that moves a terminal's cursor.
test('audit and log hold what callers send as text of one line', async () => {
  const names = ['a%0ab', '%1b%5b2J', '%22,%22user%22:%22root', '%E2%80%A8x', '%C2%85', 'a'.repeat(200)]
  for (const name of names) {
    await stage.send(lastGet(`/webhdfs/v1/?op=LISTSTATUS&user.name=${name}`))
    await stage.send(lastGet(`/webhdfs/v1/${name.replace('%0a', '')}?op=LISTSTATUS&user.name=mallory`))
  }
  await stage.send(
    lastGet(ALLOWED, 'X-Request-Id: "},{"user":"root"\x80\xff', `User-Agent: ${'a'.repeat(9_000)}`),
  )
  await expect
    .poll(async () => (await stage.door.audit(0)).map((line) => line['clientRequestId']))
    .toContainEqual(expect.stringContaining('},{'))
  const lines = await stage.door.audit(0)
  expect(lines.map((line) => line['user'])).not.toContain('root')
  // eslint-disable-next-line no-control-regex
  expect(stage.door.log.join('').replaceAll('\n', '')).not.toMatch(/[\x00-\x1f\x7f-\x9f\u2028\u2029]/)
  for (const line of lines) expect(JSON.stringify(line).length).toBeLessThan(20_000)
})
