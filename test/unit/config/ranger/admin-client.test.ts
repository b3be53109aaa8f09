import { gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { RangerAdminClient } from '../../../../src/config/ranger/admin-client.ts'
import { Secret } from '../../../../src/config/secret.ts'
import { printOf } from '../../../../src/tls/material.ts'
import { TestAuthority } from '../../../support/certificates.ts'
import { startRangerAdmin } from '../../../support/ranger-admin.ts'
import { addressOf, failureOf, LIMITS, never, noWait, policiesOf, policy } from './support.ts'

const FIRST = { version: -1, activatedAt: 0 }
const secretOf = (text: string): Secret => new Secret(Buffer.from(text))

/** A stand-in with one service, and a client that asks it. */
async function pair(parts: Parameters<typeof addressOf>[1] = {}) {
  const admin = await startRangerAdmin()
  admin.services.set('hadoopdev', {
    policies: policiesOf(7, [policy(1, ['amy'])]),
    roles: { serviceName: 'hadoopdev', roleVersion: 3, rangerRoles: [] },
  })
  return { admin, client: new RangerAdminClient(addressOf([admin.url], parts), noWait) }
}

describe('what Ranger Admin is asked', () => {
  test('policies are asked for with what is known, who asks and what it can do', async () => {
    const { admin, client } = await pair()
    await client.policies({ version: 4, activatedAt: 1_700_000_000_000 }, never)
    expect(admin.asked).toMatchObject([
      {
        path: '/service/plugins/policies/download/hadoopdev',
        query: {
          lastKnownVersion: '4',
          lastActivationTime: '1700000000000',
          pluginId: 'hdfs@edge1-hadoopdev',
          clusterName: 'c1',
          supportsPolicyDeltas: 'false',
        },
      },
    ])
    expect(admin.asked[0]?.query['pluginCapabilities']).toMatch(/^[0-9a-f]+$/)
  })

  test('roles are asked for with a version of their own', async () => {
    const { admin, client } = await pair({ isSecure: true })
    expect(await client.roles(FIRST, never)).toMatchObject({ kind: 'new' })
    expect(await client.roles({ version: 3, activatedAt: 1 }, never)).toEqual({ kind: 'unchanged' })
    expect(admin.asked.map(({ path }) => path)).toEqual(
      Array(2).fill('/service/roles/secure/download/hadoopdev'),
    )
    expect(admin.asked[1]?.query).toMatchObject({ lastKnownRoleVersion: '3', lastActivationTime: '1' })
  })

  test('the secure download has a path of its own, and a plugin id is cut at 255 characters', async () => {
    const { admin, client } = await pair({ isSecure: true, pluginHost: 'h'.repeat(250) })
    await client.policies(FIRST, never)
    expect(admin.asked[0]?.path).toBe('/service/plugins/secure/policies/download/hadoopdev')
    expect(admin.asked[0]?.query['pluginId']).toHaveLength(255)
  })

  test('the name of a service is one segment of the path, whatever is in it', async () => {
    const { admin, client } = await pair({ serviceName: 'a b.c' })
    admin.services.set('a b.c', { policies: policiesOf(1, []) })
    expect(await client.policies(FIRST, never)).toMatchObject({ kind: 'new' })
  })
})

describe('what Ranger Admin answers (11.1)', () => {
  test('200 is something new, packed or not', async () => {
    const { admin, client } = await pair()
    for (const packs of [false, true]) {
      admin.packs = packs
      const answer = await client.policies(FIRST, never)
      expect(answer.kind === 'new' && JSON.parse(answer.body.toString())).toMatchObject({ policyVersion: 7 })
    }
  })

  test('304 and 204 are nothing new', async () => {
    const { admin, client } = await pair()
    expect(await client.policies({ version: 7, activatedAt: 1 }, never)).toEqual({ kind: 'unchanged' })
    admin.fault = (_, response) => response.writeHead(204).end()
    expect(await client.policies(FIRST, never)).toEqual({ kind: 'unchanged' })
  })

  test('a lower version than the known one is new as well', async () => {
    const { client } = await pair()
    expect(await client.policies({ version: 9, activatedAt: 1 }, never)).toMatchObject({ kind: 'new' })
  })

  test('404 that names the service, with its quotes, means that it is gone', async () => {
    const { admin, client } = await pair()
    admin.services.clear()
    expect(await client.policies(FIRST, never)).toEqual({ kind: 'gone' })
  })

  test.each([
    ['without quotes', 'RANGER_ERROR_SERVICE_NOT_FOUND: ServiceName=hadoopdev'],
    ['of a longer name', '"RANGER_ERROR_SERVICE_NOT_FOUND: ServiceName=hadoopdev2"'],
    ['with text before', 'x "RANGER_ERROR_SERVICE_NOT_FOUND: ServiceName=hadoopdev"'],
    ['of a page', '<html>404</html>'],
    ['without a body', ''],
  ])('404 %s is a failure and changes nothing', async (_, body) => {
    const { admin, client } = await pair()
    admin.fault = (_request, response) => response.writeHead(404).end(body)
    expect(await failureOf(client.policies(FIRST, never))).toMatchObject({ reason: 'not_found' })
  })

  test.each([
    [400, 'bad_request', 1],
    [401, 'unauthorized', 1],
    [403, 'forbidden', 1],
    [429, 'status', 3],
    [500, 'server_error', 3],
    [503, 'server_error', 3],
    [302, 'redirect', 3],
  ])('%d is the failure %s after %d attempts', async (status, reason, attempts) => {
    const { admin, client } = await pair()
    admin.fault = (_, response) =>
      response
        .writeHead(status, { location: 'http://192.0.2.1/login' })
        .end("User doesn't have\u0000 permission\n")
    const failure = await failureOf(client.policies(FIRST, never))
    expect(failure).toMatchObject({ reason, message: `status ${status}: User doesn't have permission` })
    expect(admin.count()).toBe(attempts)
  })

  test('a login page in front of it is no set of policies', async () => {
    const { admin, client } = await pair()
    admin.fault = (_, response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<html/>')
    expect(await failureOf(client.policies(FIRST, never))).toMatchObject({ reason: 'content_type' })
  })
})

describe('several servers', () => {
  test('the next one is asked when one fails, and kept', async () => {
    const { admin } = await pair()
    const broken = await startRangerAdmin()
    broken.fault = (_, response) => response.writeHead(502).end()
    const client = new RangerAdminClient(addressOf([broken.url, admin.url]), noWait)
    await client.policies(FIRST, never)
    await client.policies(FIRST, never)
    expect([broken.count(), admin.count()]).toEqual([1, 2])
    expect(client.url).toBe(admin.url)
  })

  test('all of them are asked three times, a second apart', async () => {
    const broken = await startRangerAdmin()
    broken.fault = (_, response) => response.writeHead(503).end()
    const waits: number[] = []
    const client = new RangerAdminClient(addressOf([broken.url, broken.url]), (ms) => {
      waits.push(ms)
      return Promise.resolve()
    })
    await failureOf(client.policies(FIRST, never))
    expect([broken.count(), waits]).toEqual([6, [1_000, 1_000]])
  })

  test('nobody at the address is a failure to connect', async () => {
    const client = new RangerAdminClient(addressOf(['http://127.0.0.1:1']), noWait)
    expect(await failureOf(client.policies(FIRST, never))).toMatchObject({ reason: 'connect' })
  })
})

describe('who asks', () => {
  test('a password is sent as basic authentication, without the line end of its file', async () => {
    const { admin, client } = await pair({ user: { name: 'keddah', password: secretOf('s3cret\n') } })
    admin.user = { name: 'keddah', password: 's3cret' }
    expect(await client.policies(FIRST, never)).toMatchObject({ kind: 'new' })
    admin.user = { name: 'keddah', password: 'other' }
    const failure = await failureOf(client.policies(FIRST, never))
    expect(failure.reason).toBe('unauthorized')
    expect(`${failure.message} ${JSON.stringify(failure)}`).not.toContain('s3cret')
  })

  test('a session is kept, and asked anew when it has ended', async () => {
    const { admin, client } = await pair({ user: { name: 'keddah', password: secretOf('s3cret') } })
    admin.user = { name: 'keddah', password: 's3cret' }
    admin.session = 'one'
    await client.policies(FIRST, never)
    await client.policies(FIRST, never)
    expect(admin.asked.map(({ headers }) => headers.cookie)).toEqual([undefined, 'RANGERADMINSESSIONID=one'])
    admin.faults.push((_, response) => response.writeHead(401).end())
    expect(await client.policies(FIRST, never)).toMatchObject({ kind: 'new' })
    expect(admin.asked.at(-1)?.headers.cookie).toBeUndefined()
  })

  test.each([
    ['another cookie', 'JSESSIONID=1'],
    ['a value that would be two cookies', 'RANGERADMINSESSIONID=a,b'],
    ['a huge value', `RANGERADMINSESSIONID=${'a'.repeat(2_000)}`],
    ['no value', 'RANGERADMINSESSIONID='],
  ])('%s of a hostile server is not sent back', async (_, cookie) => {
    const { admin, client } = await pair()
    admin.faults.push((_request, response) =>
      response.writeHead(304, { 'set-cookie': [cookie, 'x=1'] }).end(),
    )
    await client.policies(FIRST, never)
    await client.policies(FIRST, never)
    expect(admin.asked[1]?.headers.cookie).toBeUndefined()
  })

  test('TLS with a client certificate: the server has to prove itself, and so does the client', async () => {
    const [ours, theirs] = [new TestAuthority(), new TestAuthority('another authority')]
    const { certificate: cert, keyPem: key } = ours.issue()
    const admin = await startRangerAdmin({
      cert,
      key,
      ca: ours.certificate,
      requestCert: true,
      rejectUnauthorized: true,
    })
    admin.services.set('hadoopdev', { policies: policiesOf(1, []) })
    const own = ours.issue({ name: 'keddah' })
    const ask = async (ca: string, hasPair: boolean) => {
      const parts = { ca, pair: hasPair ? own : null, serverName: null }
      const tls = { ...parts, print: printOf(parts) }
      return new RangerAdminClient(addressOf([admin.url], { tls, isSecure: true }), noWait).policies(
        FIRST,
        never,
      )
    }
    expect(await ask(ours.certificate, true)).toMatchObject({ kind: 'new' })
    expect(await failureOf(ask(theirs.certificate, true))).toMatchObject({ reason: 'tls' })
    expect((await failureOf(ask(ours.certificate, false))).reason).toMatch(/^(?:tls|truncated)$/)
  })
})

describe('bad input', () => {
  test.each([['with its length said'], ['in chunks']])(
    'a download of 200 MB %s is cut off at the limit and refused, and asked for once only',
    async (form) => {
      const { admin, client } = await pair()
      const block = Buffer.alloc(65_536, 0x20)
      let sent = 0
      admin.fault = (_, response) => {
        const length = form === 'with its length said' ? { 'content-length': 209_715_200 } : {}
        response.writeHead(200, { 'content-type': 'application/json', ...length })
        const more = (): void => {
          while (sent < 209_715_200 && !response.destroyed) {
            sent += block.length
            if (!response.write(block)) {
              response.once('drain', more)
              return
            }
          }
          response.end()
        }
        more()
      }
      const failure = await failureOf(client.policies(FIRST, never))
      expect(failure).toMatchObject({
        reason: 'too_large',
        message: 'the answer is larger than the limit of 1048576 bytes',
      })
      expect(admin.count()).toBe(1)
      expect(sent).toBeLessThan(209_715_200)
    },
  )

  test('a small body that unpacks to 200 MB is cut off at the same limit', async () => {
    const { admin, client } = await pair()
    const bomb = gzipSync(Buffer.alloc(209_715_200, 0x20))
    admin.fault = (_, response) =>
      response.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' }).end(bomb)
    expect(bomb.length).toBeLessThan(LIMITS.maxBytes)
    expect(await failureOf(client.policies(FIRST, never))).toMatchObject({ reason: 'too_large' })
  })

  test('a packed download that ends in the middle is refused too', async () => {
    const { admin, client } = await pair()
    const half = gzipSync(JSON.stringify(policiesOf(1, [policy(1, ['amy'])]))).subarray(0, 60)
    admin.fault = (_, response) =>
      response.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' }).end(half)
    expect(await failureOf(client.policies(FIRST, never))).toMatchObject({ reason: 'truncated' })
  })

  test('a download that ends in the middle is no set of policies', async () => {
    const { admin, client } = await pair()
    admin.fault = (_, response) => {
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': 100 })
      response.write('{"policies": [')
      setImmediate(() => response.destroy())
    }
    expect(await failureOf(client.policies(FIRST, never))).toMatchObject({ reason: 'truncated' })
    expect(admin.count()).toBe(3)
  })

  test('a server that says nothing is given up, connected or in the middle of an answer', async () => {
    const limits = { ...LIMITS, readMs: 30 }
    const { admin, client } = await pair({ limits })
    admin.fault = () => undefined
    expect(await failureOf(client.policies(FIRST, never))).toMatchObject({ reason: 'timeout' })
    admin.fault = (_, response) => {
      response.writeHead(200, { 'content-type': 'application/json' }).write('{')
    }
    expect(await failureOf(client.policies(FIRST, never))).toMatchObject({ reason: 'timeout' })
  })

  test('a server that drips is given up when the whole takes too long', async () => {
    const limits = { ...LIMITS, downloadMs: 60 }
    const { admin, client } = await pair({ limits })
    admin.fault = (_, response) => {
      response.writeHead(200, { 'content-type': 'application/json' })
      const drip = setInterval(() => response.write(' '), 5)
      response.on('close', () => clearInterval(drip))
    }
    expect(await failureOf(client.policies(FIRST, never))).toMatchObject({ reason: 'timeout' })
  })

  test.each([
    ['br', 'encoding'],
    ['gzip, gzip', 'encoding'],
  ])('a body encoded as `%s` is refused', async (encoding, reason) => {
    const { admin, client } = await pair()
    admin.fault = (_, response) =>
      response.writeHead(200, { 'content-type': 'application/json', 'content-encoding': encoding }).end('{}')
    expect(await failureOf(client.policies(FIRST, never))).toMatchObject({ reason })
  })

  test('what says that it is packed and is not is refused', async () => {
    const { admin, client } = await pair()
    admin.fault = (_, response) =>
      response
        .writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' })
        .end('{"a":1}')
    expect(await failureOf(client.policies(FIRST, never))).toMatchObject({ reason: 'encoding' })
  })

  test('headers without end are no answer', async () => {
    const { admin, client } = await pair()
    admin.fault = (_, response) => response.writeHead(200, { 'x-a': 'a'.repeat(100_000) }).end('{}')
    expect(await failureOf(client.policies(FIRST, never))).toMatchObject({ reason: 'protocol' })
  })

  test('a download is given up when nobody wants it any more', async () => {
    const { admin, client } = await pair()
    const stop = new AbortController()
    admin.fault = () => stop.abort()
    expect(await failureOf(client.policies(FIRST, stop.signal))).toMatchObject({ reason: 'timeout' })
    expect(admin.count()).toBe(1)
  })
})
