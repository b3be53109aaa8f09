import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parseDataNodes } from '../../src/http/data-node-list.ts'
import { type Sandbox, startSandbox } from '../../src/sandbox/cluster.ts'
import { openDoor, type TestDoor } from '../support/door.ts'
import { CLIENT } from '../support/policy.ts'

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
