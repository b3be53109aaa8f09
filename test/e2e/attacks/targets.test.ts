import { describe, expect, test } from 'vitest'
import { valuesOf } from '../../support/attack/messages.ts'
import { ALLOWED, head, lastGet, useStage } from '../../support/attack/stage.ts'

/**
 * A decision on one path, while the upstream serves another one. All is asked by mallory, who may use nothing but
 * what is exempt, or by alice, who may use WebHDFS and no page for administrators.
 */
const stage = useStage()

const AS_MALLORY = 'user.name=mallory'
const AS_ALICE = 'user.name=alice'

// Attack: an escape from an open page into WebHDFS, by every spelling that some server resolves or cuts off.
describe('a way from an open page into WebHDFS', () => {
  const paths: readonly (readonly [trick: string, path: string, status: number])[] = [
    ['dots', '/isActive/../webhdfs/v1/', 403],
    ['dots below the static files', '/static/../webhdfs/v1/', 403],
    ['encoded dots', '/static/%2e%2e/webhdfs/v1/', 403],
    ['half encoded dots', '/static/.%2e/webhdfs/v1/', 403],
    ['one dot', '/./webhdfs/v1/', 403],
    ['dots with a parameter', '/static/..;/webhdfs/v1/', 400],
    ['dots with a parameter of a name', '/static/..;x=y/webhdfs/v1/', 400],
    ['dots with an encoded parameter', '/static/..%3b/webhdfs/v1/', 400],
    ['two slashes', '//webhdfs/v1/', 400],
    ['two slashes after an open page', '/static//../webhdfs/v1/', 400],
    ['two slashes inside', '/webhdfs//v1/', 400],
    ['slashes alone', '///', 400],
    ['a host in front', '//nn/webhdfs/v1/', 400],
    ['encoded letters', '/%77ebhdfs/v1/', 403],
    ['letters that are encoded twice', '/%2577ebhdfs/v1/', 400],
    ['an encoded slash', '/webhdfs%2fv1/', 400],
    ['an encoded slash after dots', '/static/..%2fwebhdfs/v1/', 400],
    ['a slash that is encoded twice', '/static/..%252fwebhdfs/v1/', 400],
    ['a backslash', '/static\\..\\webhdfs/v1/', 400],
    ['an encoded backslash', '/static%5c..%5cwebhdfs/v1/', 400],
    ['a session', '/webhdfs;jsessionid=1/v1/', 400],
    ['a name in the path', '/webhdfs/v1;user.name=alice/', 400],
    ['a null', '/static/%00/../webhdfs/v1/', 400],
    ['an overlong dot', '/static/%c0%ae%c0%ae/webhdfs/v1/', 400],
    ['an escape without digits', '/static/%2/webhdfs/v1/', 400],
    ['an old escape', '/static/%u002e%u002e/webhdfs/v1/', 400],
    ['a fragment', '/static#/../webhdfs/v1/', 400],
    ['another case', '/WEBHDFS/v1/', 403],
    ['mixed case', '/WebHdfs/v1/', 403],
    ['a full-width letter', '/%EF%BD%97ebhdfs/v1/', 403],
    ['a dot at the end', '/webhdfs./v1/', 403],
    ['a climb above the root', '/static/../../webhdfs/v1/', 400],
    ['a raw byte', '/static/\xff/webhdfs/v1/', 400],
  ]
  test.each(paths)('by %s', async (_, path, status) => {
    const reply = await stage.send(lastGet(`${path}?op=LISTSTATUS&${AS_MALLORY}`))
    expect(reply.status).toBe(status)
    expect(await stage.reached()).toEqual([])
  })
})

// Attack: a page for administrators, reached through WebHDFS, which alice may use.
describe('a way from WebHDFS to a page for administrators', () => {
  test.each([
    '/webhdfs/v1/../../fsck',
    '/webhdfs/v1/%2e%2e/%2E%2e/fsck',
    '/webhdfs/../fsck',
    '/fsck/',
    '/%66sck',
    '/fsck/.',
    '/webhdfs/..%2ffsck',
    '/fsck;/webhdfs/v1/',
    '/webhdfs/v1/..;/..;/fsck',
    '/fsck%3f/webhdfs/v1',
    '/fsck%23/webhdfs/v1',
    '/fsck%20',
    '/jmx/x',
  ])('%s', async (path) => {
    const reply = await stage.send(lastGet(`${path}?op=LISTSTATUS&${AS_ALICE}`))
    expect([400, 403]).toContain(reply.status)
    expect(await stage.reached()).toEqual([])
  })
})

// Attack: what is decided on is not what is sent. The bytes that arrive are those of the canonical form, and the
// audit has the same path.
describe('what is forwarded', () => {
  test.each([
    ['/webhdfs/v1/a/../b?op=OPEN', '/webhdfs/v1/b?op=OPEN'],
    ['/webhdfs/v1/a/./b/%2e%2e/c?op=OPEN', '/webhdfs/v1/a/c?op=OPEN'],
    ['/webhdfs/v1/%7euser/%61?op=OPEN', '/webhdfs/v1/~user/a?op=OPEN'],
    ['/webhdfs/v1/100%25?op=OPEN', '/webhdfs/v1/100%25?op=OPEN'],
    ['/webhdfs/v1/a%3bb?op=OPEN', '/webhdfs/v1/a%3Bb?op=OPEN'],
    ['/webhdfs/v1/a+b?op=OPEN', '/webhdfs/v1/a+b?op=OPEN'],
    ['/webhdfs/v1/%e2%82%ac?op=OPEN', '/webhdfs/v1/%E2%82%AC?op=OPEN'],
    ['/webhdfs/v1/a?op=OPEN&&&', '/webhdfs/v1/a?op=OPEN'],
  ])('%s is %s', async (path, expected) => {
    const reply = await stage.send(lastGet(`${path}&${AS_ALICE}`))
    const reached = await stage.reached()
    expect(reply.status).toBe(200)
    expect(reached.map(({ target }) => target)).toEqual([`${expected}&${AS_ALICE}`])
    await expect
      .poll(async () => (await stage.door.audit(0)).map((line) => line['path']))
      .toContain(expected.split('?')[0])
  })
})

// Attack: a target that names a server or a tunnel; who forwards it as it is asks the upstream to be a proxy.
describe('another form of a target', () => {
  test.each([
    ['absolute', 'GET http://evil/x HTTP/1.1', 400],
    ['absolute, with the listener as host', `GET http://nn${ALLOWED} HTTP/1.1`, 400],
    ['absolute, with credentials', 'GET http://nn:9870@evil/ HTTP/1.1', 400],
    ['absolute, of another protocol', 'GET file:///etc/passwd HTTP/1.1', 400],
    ['absolute, in upper case', `GET HTTP://nn${ALLOWED} HTTP/1.1`, 400],
    ['asterisk', 'OPTIONS * HTTP/1.1', 400],
    ['asterisk with a GET', 'GET * HTTP/1.1', 400],
    ['a word', 'GET foo HTTP/1.1', 400],
    ['only a query', `GET ?op=LISTSTATUS&${AS_ALICE} HTTP/1.1`, 400],
    ['a port', 'GET :9866 HTTP/1.1', 400],
    ['nothing', 'GET  HTTP/1.1', 400],
  ])('%s', async (_, line, status) => {
    const reply = await stage.send(head(line, 'Host: nn', 'Connection: close'))
    expect([reply.status, reply.closed]).toEqual([status, true])
    expect(await stage.reached()).toEqual([])
  })
})

// Attack: the query is taken for a part of the path, by a rule that is tested against both.
test.each([
  `/fsck?/isActive&${AS_MALLORY}`,
  `/fsck?x=/webhdfs/v1/&op=LISTSTATUS&${AS_ALICE}`,
  `/jmx?/../isActive&${AS_MALLORY}`,
])('no query opens a path: %s', async (target) => {
  expect((await stage.send(lastGet(target))).status).toBe(403)
  expect(await stage.reached()).toEqual([])
})

// Attack: what is open on the listener for administrators is open on the one for data as well.
describe('paths of the admin listener', () => {
  test.each([
    '/metrics',
    '/healthz',
    '/readyz',
    '/admin/v1/policy',
    '/admin/v1/refresh/service-acl',
    '/ping',
    '/robots.txt',
  ])('%s is nothing here', async (path) => {
    const agent = 'User-Agent: kube-probe/1.30'
    const reply = await stage.send(lastGet(`${path}?${AS_ALICE}`, agent, 'Authorization: Bearer x'))
    expect([reply.status, reply.reason]).toEqual([403, 'service_unknown'])
    expect(reply.body).not.toMatch(/revision|keddah_/)
    expect(await stage.reached()).toEqual([])
  })
})

// Attack: a path that is longer than what one of the two reads.
describe('a length', () => {
  test.each([
    ['path', `/webhdfs/v1/${'a'.repeat(8_200)}?op=OPEN&${AS_ALICE}`, 414],
    [
      'path that shrinks when it is resolved',
      `/webhdfs/v1/${'a/../'.repeat(1_700)}?op=OPEN&${AS_ALICE}`,
      414,
    ],
    ['path that grows when it is written', `/webhdfs/v1/${'"'.repeat(4_000)}?op=OPEN&${AS_ALICE}`, 414],
    ['query', `/webhdfs/v1/?op=OPEN&${AS_ALICE}&x=${'a'.repeat(8_200)}`, 414],
    ['target that does not fit into a head', `/webhdfs/v1/${'a'.repeat(20_000)}`, 431],
  ])('of a %s is bounded', async (_, target, status) => {
    const reply = await stage.send(lastGet(target))
    expect([reply.status, reply.closed]).toEqual([status, true])
    expect(await stage.reached()).toEqual([])
  })

  test('of an operation is bounded, and the operation is not repeated without bound', async () => {
    const reply = await stage.send(lastGet(`/webhdfs/v1/?op=${'X'.repeat(7_000)}&${AS_ALICE}`))
    expect(reply.status).toBe(400)
    expect(reply.body.length).toBeLessThan(10_000)
    expect(await stage.reached()).toEqual([])
  })
})

// Attack: a name in the path, in the operation or in a parameter comes back as markup or as a header.
describe('what a refusal repeats', () => {
  const MARKUP = '%3Cscript%3Ealert(1)%3C/script%3E'
  test.each([
    ['an operation', `/webhdfs/v1/?op=${MARKUP}&${AS_ALICE}`],
    ['a path', `/${MARKUP.replace('/', '')}?${AS_ALICE}`],
    ['a parameter', `/jmx?qry=${MARKUP}&${AS_ALICE}`],
    ['a user name', `/webhdfs/v1/?op=LISTSTATUS&user.name=${MARKUP}`],
    ['whom somebody acts for', `/webhdfs/v1/?op=LISTSTATUS&user.name=oozie&doas=${MARKUP}`],
    ['a line end in an operation', `/webhdfs/v1/?op=X%0d%0aSet-Cookie:%20a=b&${AS_ALICE}`],
  ])('%s is text, and no header', async (_, target) => {
    const reply = await stage.send(lastGet(target, 'Accept: text/html'))
    expect([400, 401, 403]).toContain(reply.status)
    expect(valuesOf(reply, 'set-cookie')).toEqual([])
    expect(valuesOf(reply, 'x-content-type-options')).toEqual(['nosniff'])
    const isPage = valuesOf(reply, 'content-type').join().includes('html')
    expect(isPage && reply.body.includes('<script')).toBe(false)
    expect(await stage.reached()).toEqual([])
  })
})
