import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { parseDataNodes } from '../../src/http/redirects/data-node-list.ts'
import { parseTrustedPeers } from '../../src/identity/peers.ts'
import { type Sandbox, startSandbox } from '../../src/sandbox/cluster.ts'
import { type DoorOptions, exchangeRaw, openDoor, type TestDoor } from '../support/door.ts'
import { CLIENT } from '../support/policy.ts'
import { startUpstream } from '../support/upstream.ts'

const DATANODE = 'security.client.datanode.protocol.acl'
const BYTES = { 'Content-Type': 'application/octet-stream' }

let sandbox: Sandbox
let door: TestDoor
beforeAll(async () => {
  sandbox = await startSandbox()
  const { host } = new URL(sandbox.dataNode)
  door = await openDoor({
    upstreams: [sandbox.nameNode],
    policy: {
      [CLIENT]: 'alice,bo,hue',
      [DATANODE]: 'alice',
      'hadoop.proxyuser.hue.users': 'alice',
      'hadoop.proxyuser.hue.hosts': '*',
    },
    dataNodes: parseDataNodes([host], 'dataNodes', []),
  })
})
afterAll(async () => {
  await door?.stop()
  await sandbox?.close()
})

const first = (method: string, path: string, query: string): Promise<Response> =>
  fetch(`${door.url}/webhdfs/v1${path}?${query}`, { method, redirect: 'manual' })

/** The link that a first step is answered with. */
async function link(method: string, path: string, query: string): Promise<string> {
  const answer = await first(method, path, query)
  expect(answer.status).toBe(307)
  return answer.headers.get('location') ?? ''
}

/** What reached the DataNode since. */
const atDataNode = (before: number) =>
  sandbox
    .requests()
    .slice(before)
    .filter(({ daemon }) => daemon === 'datanode')

describe('the contents of a file, all through one address', () => {
  test('are created, appended to, read, and summed up', async () => {
    const path = '/tmp/a%20file%2Bx'
    const create = await link('PUT', path, 'op=CREATE&overwrite=true&user.name=alice')
    const { origin, pathname, searchParams } = new URL(create)
    expect([origin, pathname]).toEqual([door.url, '/webhdfs/v1/tmp/a%20file%2Bx'])
    expect([...searchParams.keys()]).toEqual([
      'op',
      'createflag',
      'createparent',
      'overwrite',
      'keddah-locator',
    ])

    const created = await fetch(create, { method: 'PUT', body: 'one', headers: BYTES })
    expect(created.status).toBe(201)
    expect(created.headers.get('location')).toBe('hdfs://127.0.0.1:8020/tmp/a%20file+x')

    const append = await link('POST', path, 'op=APPEND&user.name=alice')
    expect((await fetch(append, { method: 'POST', body: ' two', headers: BYTES })).status).toBe(200)

    const open = await link('GET', path, 'op=OPEN&user.name=alice')
    expect(await (await fetch(open)).text()).toBe('one two')
    const sum = await link('GET', path, 'op=GETFILECHECKSUM&user.name=alice')
    expect(await (await fetch(sum)).json()).toHaveProperty('FileChecksum')
  })

  // Java's client takes `offset` out of the URL it was given and adds another one when it seeks.
  test('are read from another offset by the same link', async () => {
    const open = await link('GET', '/tmp/a%20file%2Bx', 'op=OPEN&offset=0&user.name=alice')
    const without = open.replace(/offset=0&/, '')
    expect(await (await fetch(`${without}&offset=4&length=2`)).text()).toBe('tw')
  })

  // The file browser of the NameNode and `curl --data-binary` call every file a form. The attack: one that is a form, so
  // that a server behind would believe the name in it.
  test.each(['application/x-www-form-urlencoded; charset=UTF-8', 'multipart/form-data; boundary=x'])(
    'are taken under whatever name, such as %s, and reach the DataNode as bytes',
    async (type) => {
      const create = await link('PUT', '/tmp/form', 'op=CREATE&overwrite=true&user.name=alice')
      const before = sandbox.requests().length
      const body = 'user.name=root&doas=root&a=%zz'
      const answer = await fetch(create, { method: 'PUT', body, headers: { 'Content-Type': type } })
      expect(answer.status).toBe(201)
      const [seen] = atDataNode(before)
      const types = seen?.rawHeaders.filter((_, at, all) => /^content-type$/i.test(all[at - 1] ?? ''))
      expect(types).toEqual(['application/octet-stream'])
      const open = await link('GET', '/tmp/form', 'op=OPEN&user.name=alice')
      expect(await (await fetch(open)).text()).toBe(body)
    },
  )

  test('are found by the JSON that `noredirect` asks for, too', async () => {
    const answer = await first('GET', '/tmp/a%20file%2Bx', 'op=OPEN&noredirect=true&user.name=alice')
    expect(answer.status).toBe(200)
    const body = (await answer.json()) as { Location: string }
    expect(body.Location.startsWith(`${door.url}/webhdfs/v1/tmp/`)).toBe(true)
    expect(await (await fetch(body.Location)).text()).toBe('one two')
  })

  test('are sent to the DataNode under the name of the first step, with the NameNode in the link nowhere', async () => {
    const open = await link('GET', '/tmp/a%20file%2Bx', 'op=OPEN&user.name=hue&doas=alice')
    expect(open).not.toMatch(/hue|alice|8020/)
    const before = sandbox.requests().length
    // What clients of a session add to every request.
    expect((await fetch(`${open}&user.name=hue`)).status).toBe(200)
    const [seen] = atDataNode(before)
    expect(seen?.target).toBe(
      '/webhdfs/v1/tmp/a%20file%2Bx?op=OPEN&offset=0&namenoderpcaddress=127.0.0.1:8020&user.name=hue&doas=alice',
    )
    expect(seen?.rawHeaders.join(' ')).not.toContain('keddah-locator')
    expect(seen?.rawHeaders.join(' ')).toContain(new URL(sandbox.dataNode).host)
  })

  test('are decided again, by the key of DataNodes', async () => {
    const open = await link('GET', '/tmp/a%20file%2Bx', 'op=OPEN&user.name=bo')
    const before = sandbox.requests().length
    const answer = await fetch(open)
    expect([answer.status, answer.headers.get('x-keddah-reason')]).toEqual([403, 'acl'])
    expect(await answer.text()).toContain('ClientDatanodeProtocol')
    expect(atDataNode(before)).toEqual([])
    await expect
      .poll(async () => (await door.audit(1)).at(-1))
      .toMatchObject({
        service: 'nn',
        user: 'bo',
        path: '/webhdfs/v1/tmp/a%20file%2Bx',
        key: DATANODE,
        op: 'OPEN',
        effect: 'deny',
      })
  })
})

describe('a link', () => {
  const opened: { stop(): Promise<void> }[] = []
  afterEach(async () => {
    for (const one of opened.splice(0)) await one.stop()
  })
  const open = async (options: Partial<DoorOptions>): Promise<TestDoor> => {
    const { host } = new URL(sandbox.dataNode)
    const made = await openDoor({
      upstreams: [sandbox.nameNode],
      policy: { [CLIENT]: 'alice,bo', [DATANODE]: 'alice' },
      dataNodes: parseDataNodes([host], 'dataNodes', []),
      ...options,
    })
    opened.push(made)
    return made
  }
  const CREATE = '/webhdfs/v1/tmp/l?op=CREATE&overwrite=true&user.name=alice'
  const ask = (url: string, headers: Record<string, string> = {}): Promise<Response> =>
    fetch(url, { method: 'PUT', redirect: 'manual', headers })

  test('of `redirects: pass` is that of the NameNode', async () => {
    const passing = await open({ redirects: 'pass', reviewers: [] })
    const location = (await ask(passing.url + CREATE)).headers.get('location') ?? ''
    expect(location.startsWith(sandbox.dataNode)).toBe(true)
    expect(location).toContain('namenoderpcaddress=')
  })

  test('of `redirects: refuse` is not there, and the NameNode is not asked', async () => {
    const refusing = await open({ redirects: 'refuse' })
    const before = sandbox.requests().length
    const answer = await ask(refusing.url + CREATE)
    expect([answer.status, answer.headers.get('x-keddah-reason')]).toEqual([403, 'redirects_refused'])
    expect(await answer.json()).toHaveProperty('RemoteException.exception', 'AuthorizationException')
    expect(sandbox.requests()).toHaveLength(before)
    const list = await fetch(`${refusing.url}/webhdfs/v1/?op=LISTSTATUS&user.name=alice`)
    expect(list.status).toBe(200)
  })

  test('where a service only observes is followed whatever the policy says, and what it says is recorded', async () => {
    const observing = await open({ enforcement: 'observe' })
    const created = await ask(observing.url + CREATE.replace('alice', 'bo'))
    const url = created.headers.get('location') ?? ''
    expect(url.startsWith(observing.url)).toBe(true)
    expect((await fetch(url, { method: 'PUT', body: 'x', headers: BYTES })).status).toBe(201)
    await expect
      .poll(async () => (await observing.audit(1)).at(-1))
      .toMatchObject({
        user: 'bo',
        key: DATANODE,
        effect: 'deny',
        enforced: false,
      })
    const away = await open({
      enforcement: 'observe',
      dataNodes: parseDataNodes(['dn'], 'dataNodes', [9864]),
    })
    expect((await ask(away.url + CREATE)).headers.get('location')).toContain(sandbox.dataNode)
  })

  // A server that ends TLS in front is believed about it, and nobody else is.
  test('has the protocol and host that a trusted proxy was asked by', async () => {
    const headers = { 'X-Forwarded-Proto': 'https', 'X-Forwarded-Host': 'hdfs.example.com' }
    const origin = async (of: TestDoor, sent: Record<string, string>): Promise<string> =>
      new URL((await ask(of.url + CREATE, sent)).headers.get('location') ?? '').origin
    const trusted = await open({
      dependencies: { trustedProxies: () => parseTrustedPeers(['127.0.0.1'], 'trustedProxies') },
    })
    const plain = await open({})
    expect(await origin(trusted, headers)).toBe('https://hdfs.example.com')
    expect(await origin(trusted, { ...headers, 'X-Forwarded-Host': 'a@evil/' })).toBe(
      `https://${new URL(trusted.url).host}`,
    )
    expect(await origin(trusted, { 'X-Forwarded-Proto': 'gopher' })).toBe(trusted.url)
    expect(await origin(plain, headers)).toBe(plain.url)
  })

  test('of a name that resolves to no DataNode leads nowhere, and to one, there', async () => {
    const { port } = new URL(sandbox.dataNode)
    const nameNode = await startUpstream((_, response) => {
      const location = `http://localhost:${port}/webhdfs/v1/tmp/l?op=OPEN&namenoderpcaddress=127.0.0.1:8020`
      response.writeHead(307, { Location: location }).end()
    })
    const target = '/webhdfs/v1/tmp/l?op=OPEN&user.name=alice'
    const follow = async (range: string): Promise<(number | string | null)[]> => {
      const own = await open({
        upstreams: [nameNode.url],
        dataNodes: parseDataNodes([range], 'dataNodes', [Number(port)]),
      })
      const { status, headers } = await fetch(own.url + target)
      return [status, headers.get('x-keddah-reason')]
    }
    expect(await follow('10.0.0.0/8')).toEqual([502, 'upstream_redirect_target'])
    expect(await follow('127.0.0.0/8')).toEqual([200, null])
    await nameNode.close()
  })

  test('to a DataNode that is away is answered as for any upstream', async () => {
    const gone = await startUpstream()
    await gone.close()
    const nameNode = await startUpstream((_, response) => {
      const location = `${gone.url}/webhdfs/v1/x?op=OPEN&namenoderpcaddress=127.0.0.1:8020`
      response.writeHead(307, { Location: location }).end()
    })
    const own = await open({
      upstreams: [nameNode.url],
      dataNodes: parseDataNodes([new URL(gone.url).host], 'dataNodes', []),
    })
    const answer = await fetch(`${own.url}/webhdfs/v1/x?op=OPEN&user.name=alice`)
    expect([answer.status, answer.headers.get('x-keddah-reason')]).toEqual([502, 'upstream_connect_refused'])
    expect(await own.metric('keddah_upstream_errors_total{service="nn",kind="connect_refused"}')).toBe(1)
    await nameNode.close()
  })

  // A client that asks first sends no byte of a body that is refused.
  test('is decided before the body is asked for', async () => {
    const url = new URL(await link('PUT', '/tmp/m', 'op=CREATE&user.name=bo'))
    const text = await exchangeRaw(
      door.url,
      `PUT ${url.pathname}${url.search} HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 9000000\r\n\r\n`,
    )
    expect(text).toMatch(/^HTTP\/1\.1 403 /)
  })
})
