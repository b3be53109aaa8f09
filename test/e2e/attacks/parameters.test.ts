import { describe, expect, test } from 'vitest'
import { chunked, head, lastGet, useStage } from '../../support/attack/stage.ts'
import { CLIENT } from '../../support/policy.ts'

/**
 * One parameter that is read in two ways: the decision is made on one user or operation, the upstream acts for
 * another one. Hadoop lower-cases some names and not others, takes the first or the last of several, and reads forms.
 */
const stage = useStage()

const LIST = 'op=LISTSTATUS'
const ALICE = 'user.name=alice'
const query = (text: string): string => lastGet(`/webhdfs/v1/?${text}`)

/**
 * Eight queries that proxies with the usual rules for `user.name` read in one way, and a NameNode in another: none of
 * nginx, HAProxy, Envoy, Caddy and Knox stops all of them.
 * `arrives` is all that may be seen of the query at the upstream; null: nothing.
 */
describe('the hostile queries that other proxies let through', () => {
  test.each<[query: string, status: number, reason: string | null, arrives: string | null]>([
    ['user.name=alice&user.name=mallory', 400, 'ambiguous_parameter', null],
    ['user.name=mallory&user.name=alice', 400, 'ambiguous_parameter', null],
    ['user%2Ename=mallory&user.name=alice', 400, 'ambiguous_parameter', null],
    ['User.Name=mallory&user.name=alice', 400, 'ambiguous_parameter', null],
    ['user.name=alice;user.name=mallory', 400, 'ambiguous_parameter', null],
    ['user.name=alice%00', 400, 'ambiguous_parameter', null],
    ['user.name=%61lice', 200, null, 'op=LISTSTATUS&user.name=alice'],
    ['doas=hdfs&user.name=alice', 403, 'impersonation', null],
  ])('op=LISTSTATUS&%s is answered with %i', async (text, status, reason, arrives) => {
    const reply = await stage.send(lastGet(`/webhdfs/v1/tmp?${LIST}&${text}`))
    expect([reply.status, reply.reason]).toEqual([status, reason])
    const targets = (await stage.reached()).map(({ target }) => target)
    expect(targets).toEqual(arrives === null ? [] : [`/webhdfs/v1/tmp?${arrives}`])
  })
})

// Attack: a name that is given twice, or almost twice; one reader takes the first, another one the last.
describe('a parameter that comes more than once', () => {
  test.each([
    ['user.name=alice&user.name=hdfs', LIST],
    ['user.name=hdfs&user.name=alice', LIST],
    ['user.name=alice&USER.NAME=hdfs', LIST],
    ['User.Name=hdfs&user.name=alice', LIST],
    ['user.name=alice&user%2ename=hdfs', LIST],
    ['user.name=alice&user.name=alice', LIST],
    ['user.name=alice&%75ser.name=hdfs', LIST],
    ['user.name=alice&user.name', LIST],
    ['user.name=oozie&doas=alice&doAs=hdfs', LIST],
    ['user.name=oozie&DOAS=alice&doas=hdfs', LIST],
    ['user.name=oozie&doas=alice&d%6Fas=hdfs', LIST],
    [ALICE, 'op=LISTSTATUS&op=DELETE'],
    [ALICE, 'op=LISTSTATUS&OP=DELETE'],
    [ALICE, 'op=LISTSTATUS&o%70=DELETE'],
    [`${ALICE}&token=a&TOKEN=b`, 'op=RENEWDELEGATIONTOKEN'],
  ])('%s&%s is refused', async (identity, op) => {
    for (const text of [`${op}&${identity}`, `${identity}&${op}`]) {
      const reply = await stage.send(query(text))
      expect([reply.status, reply.reason]).toEqual([400, 'ambiguous_parameter'])
    }
    expect(await stage.reached()).toEqual([])
  })
})

// Attack: a name that one reader takes for another one, because it trims, folds, splits or cuts.
describe('a name that some reader takes for a reserved one', () => {
  test.each([
    'user.name%20=hdfs',
    '+user.name=hdfs',
    'user+name=hdfs',
    '%09user.name=hdfs',
    'user.name%00=hdfs',
    'user.name%00x=hdfs',
    'user.name%0a=hdfs',
    'user.name;x=hdfs',
    'x;user.name=hdfs',
    'x%3Buser.name=hdfs',
    'x%26user.name=hdfs',
    '%3Fuser.name=hdfs',
    'amp;user.name=hdfs',
    'user.name[]=hdfs',
    'user%5B.name%5D=hdfs',
    '%EF%BD%95ser.name=hdfs',
    'u%C5%BFer.name=hdfs',
    'user%E2%80%8B.name=hdfs',
    '%EF%BB%BFuser.name=hdfs',
    'do%C4%81s=hdfs&doa%C5%BF=hdfs',
    'delegat%C4%B1on=AAAA',
    'to%E2%84%AAen=AAAA',
    'user.n%C2%ADame=hdfs',
  ])('%s is refused', async (text) => {
    const reply = await stage.send(query(`${LIST}&${ALICE}&${text}`))
    expect(reply.status).toBe(400)
    expect(await stage.reached()).toEqual([])
  })

  test.each([
    ['User.Name=alice', 'op=LISTSTATUS&user.name=alice'],
    ['USER.NAME=alice', 'op=LISTSTATUS&user.name=alice'],
    ['user%2Ename=%61lice', 'op=LISTSTATUS&user.name=alice'],
    ['user.name=oozie&DoAs=alice', 'op=LISTSTATUS&user.name=oozie&doas=alice'],
  ])('in one odd spelling, `%s` is decided on and sent in the one spelling', async (identity, expected) => {
    const reply = await stage.send(query(`${identity}&${LIST}`))
    expect(reply.status).toBe(200)
    expect((await stage.reached()).map(({ target }) => target)).toEqual([`/webhdfs/v1/?${expected}`])
  })
})

// Attack: an operation that is decided as harmless and read as another one.
describe('an operation', () => {
  test.each([
    'op=LISTSTATUS;op=DELETE',
    'op=LISTSTATUS%3Bop=DELETE',
    'op=LISTSTATUS&amp;op=DELETE',
    'op=LISTSTATUS%00DELETE',
    'op=LISTSTATUS%0d%0aDELETE',
    'op=LISTSTATUS%20',
    'op=+LISTSTATUS',
    'op=L%C4%B1STSTATUS',
    'op=L%C4%B0STSTATUS',
    'op=LI%C5%BFTSTATUS',
    'op=DELETE',
    'op=',
    'op',
    'op=null',
    'x=LISTSTATUS',
    'op=LISTSTATUS,DELETE',
    'op[]=LISTSTATUS',
    'op=toString',
    'op=__proto__',
    'op=constructor',
  ])('%s is refused', async (op) => {
    expect((await stage.send(query(`${op}&${ALICE}`))).status).toBe(400)
    expect(await stage.reached()).toEqual([])
  })

  test('is sent with the letters that were decided on', async () => {
    expect((await stage.send(query(`OP=liststatus&${ALICE}`))).status).toBe(200)
    expect((await stage.reached()).map(({ target }) => target)).toEqual([
      '/webhdfs/v1/?op=liststatus&user.name=alice',
    ])
  })

  test('of a write does not hide behind a read of the same path', async () => {
    for (const user of ['mallory', 'alice']) {
      const reply = await stage.send(lastGet(`/webhdfs/v1/?op=MKDIRS&user.name=${user}`))
      expect(reply.status).toBe(400)
    }
    expect(await stage.reached()).toEqual([])
  })
})

// Attack: impersonation that nobody has allowed, or a name that becomes another one further on.
describe('doas', () => {
  test.each([
    ['without a rule for it', 'user.name=alice&doas=bo', 403],
    ['of somebody that the rule does not name', 'user.name=oozie&doas=hdfs', 403],
    ['of somebody who is on no list', 'user.name=oozie&doas=mallory', 403],
    ['of nobody', 'user.name=alice&doas=', 400],
    ['without a value', 'user.name=alice&doas', 400],
    ['with a null', 'user.name=oozie&doas=alice%00x', 400],
    ['with a path', 'user.name=oozie&doas=../alice', 400],
    ['of two', 'user.name=oozie&doas=alice,hdfs', 400],
    ['of everybody', 'user.name=oozie&doas=*', 400],
    ['with a blank', 'user.name=oozie&doas=alice+hdfs', 400],
    ['without a real user', 'doas=alice', 401],
    ['in upper case', 'user.name=oozie&doas=ALICE', 403],
  ])('%s is refused', async (_, identity, status) => {
    const reply = await stage.send(query(`${LIST}&${identity}`))
    expect([status, 400]).toContain(reply.status)
    expect(await stage.reached()).toEqual([])
  })
})

// Attack: a value that one reader cuts off, splits or takes for none, so that another user or operation is left of it.
test.each([
  ['user.name=alice;x', 'ambiguous_parameter'],
  ['user.name=alice%3Bdoas=hdfs', 'ambiguous_parameter'],
  ['user.name=alice%00', 'ambiguous_parameter'],
  ['user.name=oozie&doas=alice;x', 'ambiguous_parameter'],
  [`${ALICE}&token=a;user.name=hdfs`, 'ambiguous_parameter'],
  ['user.name=oozie&doas=', 'empty_parameter'],
  [`${ALICE}&DoAs`, 'empty_parameter'],
])('the value of a reserved name is whole: %s', async (text, reason) => {
  const reply = await stage.send(query(`${LIST}&${text}`))
  expect([reply.status, reply.reason]).toEqual([400, reason])
  expect(await stage.reached()).toEqual([])
})

// Attack: a user name that is somebody else's after trimming, cutting, folding or splitting.
describe('a user name', () => {
  test.each([
    '',
    '%20alice',
    'alice%20',
    'alice%00',
    'alice%00mallory',
    'alice%0a',
    'alice,hdfs',
    'alice+hdfs',
    '*',
    'alice%2C',
    'ALICE',
    'al%C4%B1ce',
    '%EF%BD%81lice',
    'alice%E2%80%8B',
    'alice%EF%BB%BF',
    'a%CC%81lice',
    'alice@EVIL.REALM',
    'alice/host@EVIL.REALM',
    'alice%26doas%3Dhdfs',
    'alice;x',
    'alice%23',
    '__proto__',
    'constructor',
    'alice$$',
    '-alice',
    'a'.repeat(300),
    'alice\\x',
    'alice%1b[2J',
  ])('%s is nobody whom the policy knows', async (name) => {
    const reply = await stage.send(query(`${LIST}&user.name=${name}`))
    expect([400, 401, 403]).toContain(reply.status)
    expect(await stage.reached()).toEqual([])
  })
})

// Attack: a delegation token makes Hadoop skip its authentication filter; with a name beside it that name is believed.
describe('a delegation token', () => {
  test.each([
    'delegation=AAAA',
    `delegation=AAAA&${ALICE}`,
    `${ALICE}&Delegation=`,
    `${ALICE}&delegation=AAAA&doas=hdfs`,
  ])('%s is refused', async (text) => {
    const reply = await stage.send(query(`${LIST}&${text}`))
    expect([400, 401]).toContain(reply.status)
    expect(await stage.reached()).toEqual([])
  })
})

// Attack: the daemon is told to connect to a server of the attacker's, or asked in the name of another user.
describe('parameters that lead a daemon elsewhere', () => {
  test.each(['namenoderpcaddress=evil:8020', 'NameNodeRpcAddress=evil:8020', 'namenoderpcaddress='])(
    '%s is refused on a NameNode',
    async (text) => {
      const reply = await stage.send(query(`${LIST}&${ALICE}&${text}`))
      expect([reply.status, reply.reason]).toEqual([400, 'forbidden_parameter'])
      expect(await stage.reached()).toEqual([])
    },
  )

  test.each(['ugi=root', 'UGI=root,supergroup', 'nnaddr=evil:8020', 'NNAddr=evil'])(
    '%s is taken off',
    async (text) => {
      expect((await stage.send(query(`${text}&${LIST}&${ALICE}`))).status).toBe(200)
      expect((await stage.reached()).map(({ target }) => target)).toEqual([
        '/webhdfs/v1/?op=LISTSTATUS&user.name=alice',
      ])
    },
  )
})

// Attack: names that are properties of every object, or so many that looking them up takes for ever.
describe('names as such', () => {
  test('that every object has are names like others', async () => {
    const odd = '__proto__=x&constructor=y&toString=1&hasOwnProperty=2'
    expect((await stage.send(query(`${LIST}&${odd}&${ALICE}`))).status).toBe(200)
    expect((await stage.reached()).map(({ target }) => target)).toEqual([
      `/webhdfs/v1/?${LIST}&${odd}&${ALICE}`,
    ])
  })

  test('are at most 64', async () => {
    const many = (count: number): string => Array.from({ length: count }, (_, at) => `a${at}=`).join('&')
    expect((await stage.send(query(`${LIST}&${ALICE}&${many(62)}`))).status).toBe(200)
    const over = await stage.send(query(`${LIST}&${ALICE}&${many(63)}`))
    expect([over.status, over.reason]).toEqual([400, 'too_many_parameters'])
    expect((await stage.send(query(`${LIST}&${'a&'.repeat(4_000)}${ALICE}`))).status).toBe(400)
    expect(await stage.reached()).toHaveLength(1)
  })

  test('cannot bring in another name by their value', async () => {
    const reply = await stage.send(query(`${LIST}&x=a%26user.name%3Dhdfs&y=%23&${ALICE}`))
    expect(reply.status).toBe(200)
    expect((await stage.reached())[0]?.target).toBe(
      `/webhdfs/v1/?${LIST}&x=a%26user.name%3Dhdfs&y=%23&${ALICE}`,
    )
  })

  test.each(['x=%', 'x=%4', 'x=%zz', 'x=%c0%af', 'x=\xff', '%ff=x', 'x=a#b'])(
    'and values that cannot be read are refused: %s',
    async (text) => {
      expect((await stage.send(query(`${LIST}&${ALICE}&${text}`))).status).toBe(400)
      expect(await stage.reached()).toEqual([])
    },
  )
})

// Attack: Hadoop believes a `user.name` or `doas` that it finds in a form. WebHDFS takes no form, however it is named.
describe('a form on WebHDFS', () => {
  const put = (type: readonly string[], body: string): string =>
    head(
      `PUT /webhdfs/v1/d?op=MKDIRS&${ALICE} HTTP/1.1`,
      'Host: nn',
      ...type,
      `Content-Length: ${body.length}`,
      'Connection: close',
    ) + body

  test.each([
    ['Content-Type: application/x-www-form-urlencoded'],
    ['Content-Type: application/x-www-form-urlencoded; charset=UTF-8'],
    ['Content-Type: APPLICATION/X-WWW-FORM-URLENCODED'],
    ['Content-Type:application/x-www-form-urlencoded;charset=utf-16'],
    ['Content-Type: application/x-www-form-urlencoded;'],
    ['Content-Type: \tapplication/x-www-form-urlencoded\t'],
    ['Content-Type: text/plain, application/x-www-form-urlencoded'],
    ['Content-Type: text/plain; a="application/x-www-form-urlencoded"'],
    ['content-type: application/x-www-form-urlencoded,'],
    ['Content-Type: multipart/form-data; boundary=x'],
    ['Content-Type: MultiPart/Mixed; boundary=x'],
  ])('%s is refused', async (type) => {
    const reply = await stage.send(put([type], 'user.name=root&doas=hdfs'))
    expect([reply.status, reply.closed]).toEqual([400, true])
    expect(await stage.reached()).toEqual([])
  })

  test.each([
    [['Content-Type: text/plain', 'Content-Type: application/x-www-form-urlencoded']],
    [['Content-Type: application/x-www-form-urlencoded', 'Content-Type: text/plain']],
    [['Content-Type: application/x-www-form-urlencoded', 'Content-Encoding: gzip']],
  ])('%s is refused', async (lines) => {
    const reply = await stage.send(put(lines, 'user.name=root'))
    expect([reply.status, reply.closed]).toEqual([400, true])
    expect(await stage.reached()).toEqual([])
  })

  test.each([
    [['Content_Type: application/x-www-form-urlencoded']],
    [['Content.Type: application/x-www-form-urlencoded']],
  ])('in a header that only looks like it, %s, is no form when it arrives', async (lines) => {
    await stage.send(put(lines, 'user.name=root'))
    const raw = (await stage.reached()).map((request) => request.raw).join('')
    expect(raw).not.toMatch(/urlencoded/)
  })
})

// Attack: the same on a service that takes forms. What is left of one must hold nothing that some reader takes for a
// name, and what cannot be read in one way must not arrive at all.
describe('a form where one is taken', () => {
  const custom = useStage({
    kind: 'custom',
    routes: [{ path: '/{path}', methods: ['POST'], service: CLIENT, surface: 'rest', takesForm: true }],
  })
  const post = (body: string, ...lines: readonly string[]): string =>
    head('POST /f?user.name=alice HTTP/1.1', 'Host: nn', 'Connection: close', ...lines) + body
  const FORM = 'Content-Type: application/x-www-form-urlencoded'

  test.each([
    ['user.name=root&a=1', 'a=1'],
    ['User.Name=root&USER.NAME=root', ''],
    ['user%2ename=root&%75ser.name=root&a', 'a'],
    ['doas=root&DoAs=root&delegation=root&ugi=root&nnaddr=root&namenoderpcaddress=root', ''],
    ['+user.name=root&user.name+=root&user+name=root', ''],
    ['amp;user.name=root&user.name;a=root&[user.name]=root', ''],
    ['a=1;user.name=x', 'a=1%3Buser.name%3Dx'],
    ['a=1\r\nuser.name=x', 'a=1%0D%0Auser.name%3Dx'],
    ['user.name&user.name=', ''],
    ['\xef\xbb\xbfuser.name=root', ''],
    ['a=b%26user.name%3Dx', 'a=b%26user.name%3Dx'],
    ['user.name%00=root&%00user.name=root', ''],
    ['&&&a=1&&=root&&', 'a=1&=root'],
    ['%EF%BD%95ser.name=root', ''],
  ])('%j arrives as %j', async (body, expected) => {
    for (const bytes of [
      post(body, FORM, `Content-Length: ${body.length}`),
      post(chunked(...body.split('')), `${FORM}; charset="utf-8"`, 'Transfer-Encoding: chunked'),
    ])
      expect((await custom.send(bytes)).status).toBe(200)
    expect(custom.upstream.requests().map((request) => request.body)).toEqual([expected, expected])
    expect(custom.upstream.requests().map(({ target }) => target)).toEqual([
      '/f?user.name=alice',
      '/f?user.name=alice',
    ])
  })

  test.each([
    ['bytes that are no UTF-8', 'user.n\xffame=root', [FORM]],
    ['escapes that are no UTF-8', '%c0%afuser.name=root', [FORM]],
    ['an escape that is none', 'user%2=root', [FORM]],
    ['another charset', 'a=b', [`${FORM}; charset=utf-16`]],
    ['two charsets', 'a=b', [`${FORM}; charset=utf-8; charset=utf-16`]],
    ['another coding', 'a=b', [FORM, 'Content-Encoding: gzip']],
    ['two codings', 'a=b', [FORM, 'Content-Encoding: identity', 'Content-Encoding: gzip']],
    ['several parts', 'a=b', ['Content-Type: multipart/form-data; boundary=x']],
    ['two types', 'a=b', [FORM, 'Content-Type: text/plain']],
    ['a type in a type', 'a=b', ['Content-Type: text/plain; x=application/x-www-form-urlencoded']],
  ])('with %s is refused', async (_, body, lines) => {
    const reply = await custom.send(post(body, ...lines, `Content-Length: ${body.length}`))
    expect(reply.status).toBe(400)
    expect(custom.upstream.requests()).toEqual([])
  })
})
