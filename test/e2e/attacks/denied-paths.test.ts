import { afterAll, describe, expect, onTestFinished, test } from 'vitest'
import { allowing, denying, useRangerStage } from '../../support/attack/ranger-stage.ts'
import { head, lastGet } from '../../support/attack/stage.ts'
import { CLIENT } from '../../support/policy.ts'
import { startUpstream } from '../../support/upstream.ts'

/**
 * A policy denies alice `/data/secret` and lets her do all else. She writes the path, or the operation, in a way that
 * Keddah takes for another one and HDFS for this one.
 */
const ALL = ['read', 'write', 'execute']
const EVERYTHING = allowing('path', '/', ALL)
const NOT_THAT = denying('path', '/data/secret', ALL)
const dataNode = await startUpstream()
afterAll(dataNode.close)
const stage = useRangerStage({
  kind: 'namenode',
  policies: [EVERYTHING, NOT_THAT],
  acl: { [CLIENT]: 'alice', 'security.client.datanode.protocol.acl': 'alice' },
  honest: '/webhdfs/v1/honest?op=GETFILESTATUS&user.name=alice',
  service: { dataNodes: [new URL(dataNode.url).host], nameNodes: ['127.0.0.1:8020'] },
})

const request = (method: string, target: string): string =>
  head(
    `${method} ${target}${target.includes('?') ? '&' : '?'}user.name=alice HTTP/1.1`,
    'Host: nn',
    'Connection: close',
    ...(method === 'PUT' || method === 'POST' ? ['Content-Length: 0'] : []),
  )

const DENIED = [403, 'ranger_deny'] as const

// Without this, a Keddah that refuses everything would pass all that follows.
describe('what is not denied', () => {
  test.each([
    ['GET', '/webhdfs/v1/data/open/a?op=OPEN'],
    ['GET', '/webhdfs/v1/data/secrets?op=LISTSTATUS'],
    ['GET', '/webhdfs/v1/data/open/%25?op=OPEN'],
    ['GET', '/webhdfs/v1/?op=LISTSTATUS'],
    ['PUT', '/webhdfs/v1/data/open/a?op=RENAME&destination=/data/open/b'],
    ['PUT', '/webhdfs/v1/data/open/a?op=CREATE'],
    ['POST', '/webhdfs/v1/data/open/a?op=CONCAT&sources=/data/open/b,/data/open/c'],
    ['DELETE', '/webhdfs/v1/data/open?op=DELETE'],
    // Nothing is asked about them but the lists of the service.
    ['GET', '/webhdfs/v1/data/secret?op=GETHOMEDIRECTORY'],
    ['GET', '/webhdfs/v1/?op=GETDELEGATIONTOKEN'],
    ['GET', '/jmx'],
  ])('passes: %s %s', async (method, target) => {
    expect((await stage.send(request(method, target))).status).toBe(200)
    expect(await stage.reached()).toHaveLength(1)
  })
})

// Attack: the plain thing, by every operation that touches it.
describe('an operation on the path', () => {
  test.each([
    ['GET', 'OPEN'],
    ['HEAD', 'OPEN'],
    ['GET', 'GETFILECHECKSUM'],
    ['GET', 'LISTSTATUS'],
    ['GET', 'GETCONTENTSUMMARY'],
    ['GET', 'GETXATTRS'],
    ['GET', 'CHECKACCESS&fsaction=r--'],
    ['GET', 'GETSNAPSHOTDIFF&oldsnapshotname=a&snapshotname=b'],
    ['PUT', 'CREATE'],
    ['PUT', 'MKDIRS'],
    ['PUT', 'SETPERMISSION&permission=777'],
    ['PUT', 'SETOWNER&owner=alice'],
    ['PUT', 'SETACL&aclspec=user:alice:rwx'],
    ['PUT', 'SETTIMES'],
    ['PUT', 'RENAME&destination=/data/open/b'],
    ['PUT', 'CREATESNAPSHOT'],
    ['POST', 'APPEND'],
    ['POST', 'TRUNCATE&newlength=0'],
    ['POST', 'CONCAT&sources=/data/open/b'],
    ['DELETE', 'DELETE&recursive=true'],
  ])('is refused: %s %s', async (method, op) => {
    const reply = await stage.send(request(method, `/webhdfs/v1/data/secret/a?op=${op}`), {
      bodiless: method === 'HEAD' ? [0] : [],
    })
    expect([reply.status, reply.reason]).toEqual(DENIED)
    expect(await stage.reached()).toEqual([])
  })

  test('tells the user what HDFS would, and nothing of the policy', async () => {
    const reply = await stage.send(request('GET', '/webhdfs/v1/data/secret?op=LISTSTATUS'))
    expect(JSON.parse(reply.body)).toEqual({
      RemoteException: {
        exception: 'AccessControlException',
        javaClassName: 'org.apache.hadoop.security.AccessControlException',
        message: 'Permission denied: user=alice, access=READ_EXECUTE, inode="/data/secret"',
      },
    })
  })
})

// Attack: the same path in other letters.
describe('another spelling of the path', () => {
  test.each<[target: string, status: number, reason: string]>([
    ['/webhdfs/v1/data/%73ecret/a?op=OPEN', ...DENIED],
    ['/webhdfs/v1/%64%61%74%61/%73%65%63%72%65%74/a?op=OPEN', ...DENIED],
    ['/webhdfs/v1/data/%2573ecret/a?op=OPEN', ...DENIED],
    ['/webhdfs/v1/data/%252573ecret/a?op=OPEN', ...DENIED],
    ['/webhdfs/v1/data/secret/?op=LISTSTATUS', ...DENIED],
    ['/webhdfs/v1/data/secret?op=LISTSTATUS', ...DENIED],
    ['/webhdfs/v1/data/.snapshot/s1/secret/a?op=OPEN', ...DENIED],
    ['/webhdfs/v1/data/secret/.snapshot/s1/a?op=OPEN', ...DENIED],
    ['/webhdfs/v1/.snapshot/s1/data/secret?op=LISTSTATUS', ...DENIED],
    ['/webhdfs/v1/.reserved/raw/data/secret/a?op=OPEN', ...DENIED],
    ['/webhdfs/v1/.reserved/raw/data/.snapshot/s1/secret/a?op=OPEN', ...DENIED],
    ['/webhdfs/v1/%2ereserved/raw/data/secret/a?op=OPEN', ...DENIED],
    ['/webhdfs/v1/.reserved/.inodes/16387?op=OPEN', 403, 'ranger_none'],
  ])('is decided as what it stands for: %s', async (target, status, reason) => {
    const reply = await stage.send(request('GET', target))
    expect([reply.status, reply.reason]).toEqual([status, reason])
    expect(await stage.reached()).toEqual([])
  })

  test.each([
    '/webhdfs/v1/data//secret/a?op=OPEN',
    '/webhdfs/v1//data/secret/a?op=OPEN',
    '/webhdfs/v1/data/secret//?op=LISTSTATUS',
    '/webhdfs/v1/data/./secret/a?op=OPEN',
    '/webhdfs/v1/data/open/../secret/a?op=OPEN',
    '/webhdfs/v1/data/open/%2e%2e/secret/a?op=OPEN',
    '/webhdfs/v1/data%2Fsecret/a?op=OPEN',
    '/webhdfs/v1/data/open/..%2fsecret/a?op=OPEN',
    '/webhdfs/v1/data/open;/../secret?op=OPEN',
    '/webhdfs/v1/data/secret;x=y/a?op=OPEN',
    '/webhdfs/v1/data%5Csecret/a?op=OPEN',
    '/webhdfs/v1/data/secret%00/a?op=OPEN',
    '/webhdfs/v1/data/%c0%afsecret/a?op=OPEN',
    '/WEBHDFS/v1/data/secret/a?op=OPEN',
  ])('is not taken: %s', async (target) => {
    const reply = await stage.send(request('GET', target))
    expect([400, 403]).toContain(reply.status)
    expect(await stage.reached()).toEqual([])
  })
})

// Attack: an operation that is not known by its name does what a known one does.
describe('another spelling of the operation', () => {
  test.each(['op=open', 'OP=OPEN', 'Op=oPeN', 'o%70=OPEN', 'op=%4fPEN'])('is refused: %s', async (op) => {
    const reply = await stage.send(request('GET', `/webhdfs/v1/data/secret/a?${op}`))
    expect([reply.status, reply.reason]).toEqual(DENIED)
    expect(await stage.reached()).toEqual([])
  })

  test.each(['op=OPEN&op=GETHOMEDIRECTORY', 'op=GETHOMEDIRECTORY&OP=OPEN', 'op=OPENN', 'op=', 'op=OPEN%00'])(
    'is not taken: %s',
    async (op) => {
      expect((await stage.send(request('GET', `/webhdfs/v1/data/secret/a?${op}`))).status).toBe(400)
      expect(await stage.reached()).toEqual([])
    },
  )
})

// Attack: the denied path stands where nobody looks, in a parameter.
describe('the path in a parameter', () => {
  test.each([
    'destination=/data/secret/b',
    'destination=%2Fdata%2Fsecret%2Fb',
    'destination=/data//secret/b',
    'destination=/data/./secret/b',
    'destination=/data/open/../secret/b',
    'destination=/data/secret/b/',
    'destination=/.reserved/raw/data/secret/b',
    'Destination=/data/secret/b',
    'DESTINATION=/data/secret/b',
    'destinatio%6E=/data/secret/b',
    'renameoptions=OVERWRITE&destination=/data/secret/b',
    // Where it is a directory, the source goes into it.
    'destination=/data/secret',
  ])('of a RENAME is decided on: %s', async (parameters) => {
    const reply = await stage.send(request('PUT', `/webhdfs/v1/data/open/a?op=RENAME&${parameters}`))
    expect([reply.status, reply.reason]).toEqual(DENIED)
    expect(await stage.reached()).toEqual([])
  })

  test.each([
    'destination=/data/open/b&destination=/data/secret/b',
    'destination=/data/secret/b&destination=/data/open/b',
    'destination=/data/open/b&Destination=/data/secret/b',
    'destination=/data/open/b&de%73tination=/data/secret/b',
    'destination=hdfs://nn:8020/data/secret/b',
    'destination=//nn/data/secret/b',
    'destination=/../data/secret/b',
    'destination=data/secret/b',
    'destination=/data/secret%00/b',
    'destination=/data%5Csecret/b',
    'destination=',
    'op2=x',
  ])('of a RENAME is not taken: %s', async (parameters) => {
    const reply = await stage.send(request('PUT', `/webhdfs/v1/data/open/a?op=RENAME&${parameters}`))
    expect(reply.status).toBe(400)
    expect(await stage.reached()).toEqual([])
  })

  test.each([
    'sources=/data/secret/b',
    'sources=/data/open/b,/data/secret/c',
    'sources=/data/open/b%2C/data/secret/c',
    'sources=/data/open/b,/data//secret/c',
    'sources=/data/open/b,/data/open/../secret/c',
    'SOURCES=/data/open/b,/data/secret/c',
  ])('of a CONCAT is decided on: %s', async (parameters) => {
    const reply = await stage.send(request('POST', `/webhdfs/v1/data/open/a?op=CONCAT&${parameters}`))
    expect([reply.status, reply.reason]).toEqual(DENIED)
    expect(await stage.reached()).toEqual([])
  })

  test.each([
    'sources=/data/open/b&sources=/data/secret/c',
    'sources=/data/open/b&Sources=/data/secret/c',
    'sources=/data/open/b,data/secret/c',
    'sources=/data/open/b,',
  ])('of a CONCAT is not taken: %s', async (parameters) => {
    const reply = await stage.send(request('POST', `/webhdfs/v1/data/open/a?op=CONCAT&${parameters}`))
    expect(reply.status).toBe(400)
    expect(await stage.reached()).toEqual([])
  })
})

describe('the link of a first step', () => {
  /** The link for a CREATE of `/data/open/a`. */
  async function opened(): Promise<string> {
    const location = `${dataNode.url}/webhdfs/v1/data/open/a?op=CREATE&user.name=alice&namenoderpcaddress=127.0.0.1:8020&createflag=&createparent=true&overwrite=false`
    stage.upstream.behave(({ target }) =>
      target.includes('op=CREATE')
        ? `HTTP/1.1 307 Temporary Redirect\r\nLocation: ${location}\r\nContent-Length: 0\r\n\r\n`
        : 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok',
    )
    const first = `${stage.url}/webhdfs/v1/data/open/a?op=CREATE&user.name=alice`
    const answer = await fetch(first, { method: 'PUT', redirect: 'manual' })
    expect(answer.status).toBe(307)
    return answer.headers.get('location') ?? ''
  }
  const put = (link: string): Promise<Response> =>
    fetch(link, { method: 'PUT', body: 'x', headers: { 'Content-Type': 'application/octet-stream' } })

  test('leads where it was made for', async () => {
    const link = await opened()
    const before = dataNode.received.length
    expect((await put(link)).status).toBe(200)
    expect(dataNode.received.slice(before).map(({ body }) => body)).toEqual(['x'])
  })

  // Attack: an allowed first step, and the denied path in its link.
  test('leads to no other path', async () => {
    const link = await opened()
    const before = dataNode.received.length
    const answer = await put(link.replace('/data/open/a', '/data/secret/a'))
    expect(answer.status).toBe(403)
    expect(dataNode.received.slice(before)).toEqual([])
  })

  // Attack: a link is got while it is allowed, and kept until it is not.
  test('is decided on by its path once more, by what counts then', async () => {
    const link = await opened()
    const before = dataNode.received.length
    await stage.replace([EVERYTHING, denying('path', '/data/open', ['write'])])
    onTestFinished(() => stage.replace([EVERYTHING, NOT_THAT]))
    const answer = await put(link)
    expect([answer.status, answer.headers.get('x-keddah-reason')]).toEqual(DENIED)
    expect(dataNode.received.slice(before)).toEqual([])
  })

  // Attack: a first step that creates, and a link that overwrites what may not be written.
  test('is decided on by what it does, not by what was asked for', async () => {
    const link = await opened()
    const before = dataNode.received.length
    await stage.replace([EVERYTHING, denying('path', '/data/open/a', ['write'])])
    onTestFinished(() => stage.replace([EVERYTHING, NOT_THAT]))
    const overwriting = link.replace('overwrite=false', 'overwrite=true')
    expect(overwriting).not.toBe(link)
    expect((await put(overwriting)).status).toBe(403)
    expect(dataNode.received.slice(before)).toEqual([])
    expect((await put(link)).status).toBe(200)
  })
})

// Attack: somebody else does it for her.
test('a question without a user is not answered by the policies', async () => {
  const reply = await stage.send(lastGet('/webhdfs/v1/data/secret?op=LISTSTATUS'))
  expect(reply.status).toBe(401)
  expect(await stage.reached()).toEqual([])
})
