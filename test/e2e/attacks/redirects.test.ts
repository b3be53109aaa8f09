import { connect } from 'node:net'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { parseDataNodes } from '../../../src/http/redirects/data-node-list.ts'
import { Locators } from '../../../src/http/redirects/locator.ts'
import { createTrustedHeaderAuthenticator } from '../../../src/identity/trusted-header.ts'
import { parseTrustedPeers } from '../../../src/identity/peers.ts'
import { type LenientUpstream, ok, startLenientUpstream } from '../../support/attack/lenient-upstream.ts'
import { openDoor, type TestDoor } from '../../support/door.ts'
import { CLIENT } from '../../support/policy.ts'

/**
 * Links to DataNodes. A client must not be able to choose where Keddah connects to, as whom, or what the DataNode is
 * told; and a NameNode that was taken over must not be able to send clients, or Keddah, anywhere but to DataNodes.
 */
const DATANODE = 'security.client.datanode.protocol.acl'
const POLICY = {
  [CLIENT]: 'alice,mallory',
  [DATANODE]: 'alice,mallory',
  'hadoop.proxyuser.hue.users': 'alice',
  'hadoop.proxyuser.hue.hosts': '*',
}
const SECRET = Buffer.from('shared secret of the proxy')

let nameNode: LenientUpstream
let dataNode: LenientUpstream
let elsewhere: LenientUpstream
let door: TestDoor
let now = 0
const authorityOf = (upstream: LenientUpstream): string => new URL(upstream.url).host

beforeAll(async () => {
  nameNode = await startLenientUpstream()
  dataNode = await startLenientUpstream()
  elsewhere = await startLenientUpstream()
  door = await openDoor({
    upstreams: [nameNode.url],
    policy: POLICY,
    dataNodes: parseDataNodes([authorityOf(dataNode)], 'dataNodes', []),
    now: () => now,
  })
})
beforeEach(() => {
  now = 0
  nameNode.reset()
  dataNode.reset()
  elsewhere.reset()
  redirectTo(`http://${authorityOf(dataNode)}`)
})
afterAll(async () => {
  await door?.stop()
  for (const upstream of [nameNode, dataNode, elsewhere]) await upstream?.close()
})

/** What the NameNode answers from now on: the URL that a real one would, at another server. */
function redirectTo(origin: string, more = '&namenoderpcaddress=127.0.0.1:8020&user.name=alice'): void {
  nameNode.behave(({ target }) => {
    const op = /[?&]op=([A-Z]+)/i.exec(target)?.[1] ?? 'OPEN'
    const location = `${origin}${target.split('?')[0] ?? ''}?op=${op}${more}`
    return `HTTP/1.1 307 X\r\nLocation: ${location}\r\nContent-Length: 0\r\n\r\n`
  })
}

const ask = (target: string, init: RequestInit = {}): Promise<Response> =>
  fetch(target.startsWith('http') ? target : `${door.url}${target}`, { redirect: 'manual', ...init })
const essence = async (answer: Promise<Response>): Promise<(number | string | null)[]> => {
  const { status, headers } = await answer
  return [status, headers.get('x-keddah-reason'), headers.get('location')]
}
/** The link that alice gets for a file. */
async function link(query = 'op=OPEN&user.name=alice', method = 'GET', of = door): Promise<string> {
  const answer = await fetch(`${of.url}/webhdfs/v1/a?${query}`, { method, redirect: 'manual' })
  expect(answer.status).toBe(307)
  return answer.headers.get('location') ?? ''
}
const sealed = (url: string): string => new URL(url).searchParams.get('keddah-locator') ?? ''
const atDataNode = (): readonly string[] => dataNode.requests().map(({ target }) => target)

test('an honest link leads to the DataNode', async () => {
  expect((await ask(await link())).status).toBe(200)
  expect(atDataNode()).toEqual(['/webhdfs/v1/a?op=OPEN&namenoderpcaddress=127.0.0.1:8020&user.name=alice'])
})

describe('a target of the client’s choice', () => {
  // Attack: Knox's form of it, and every other place where a target could stand.
  test.each([
    '/dn/evil:22/webhdfs/v1/a?op=OPEN&user.name=alice',
    '/webhdfs/v1/a?op=OPEN&user.name=alice&keddah-locator=evil:22',
    '/webhdfs/v1/a?op=OPEN&user.name=alice&keddah-locator=',
    '/webhdfs/v1/a?op=OPEN&user.name=alice&KEDDAH-LOCATOR=http://evil:22/',
    `/webhdfs/v1/a?op=OPEN&user.name=alice&keddah-locator=${Buffer.from('{"dataNode":"http://evil:22"}').toString('base64url')}`,
  ])('%s reaches nobody', async (target) => {
    expect((await essence(ask(target)))[0]).toBe(403)
    expect([...nameNode.requests(), ...dataNode.requests()]).toEqual([])
  })

  // Attack: two locators, of which one is checked and the other one used.
  test.each(['keddah-locator', 'Keddah-Locator', 'keddah%2Dlocator', 'keddah_locator', '%20keddah-locator'])(
    'beside the right one, as %s, is refused',
    async (name) => {
      const url = await link()
      const [status, reason] = await essence(ask(`${url}&${name}=http://evil:22`))
      expect(status).toBe(400)
      expect(reason).toMatch(/^(?:ambiguous|forbidden)_parameter$/)
      expect(atDataNode()).toEqual([])
    },
  )

  // Attack: headers that other proxies take a target from.
  test('in a header changes nothing', async () => {
    const headers = { 'X-Forwarded-Host': 'evil', 'X-Target': 'evil:22', 'X-Original-URL': 'http://evil:22/' }
    expect((await ask(await link(), { headers })).status).toBe(200)
    expect(atDataNode()).toHaveLength(1)
  })
})

describe('a link that is used for something else', () => {
  // Attack: a link to a file that may be read, followed to one that may not.
  test.each(['/webhdfs/v1/b', '/webhdfs/v1/a/', '/webhdfs/v1/a/../b', '/webhdfs/v1/%2561'])(
    'for the path %s',
    async (path) => {
      const url = new URL(await link())
      expect(await essence(ask(`${path}${url.search}`))).toEqual([403, 'locator_invalid', null])
      expect(atDataNode()).toEqual([])
    },
  )

  // Attack: the right to read made a right to write.
  test.each([
    ['PUT', 'op=CREATE'],
    ['POST', 'op=APPEND'],
    ['GET', 'op=GETFILECHECKSUM'],
    ['GET', ''],
    ['GET', 'op=LISTSTATUS'],
    ['DELETE', 'op=DELETE'],
    ['OPTIONS', 'op=CREATE'],
    ['PUT', 'op=OPEN'],
  ])('for %s %s', async (method, op) => {
    const locator = sealed(await link())
    const [status] = await essence(ask(`/webhdfs/v1/a?${op}&keddah-locator=${locator}`, { method }))
    expect(status).toBe(403)
    expect(atDataNode()).toEqual([])
  })

  // Attack: pages of the DataNode, behind the same locator.
  test.each(['/jmx', '/conf', '/logs/', '/'])('for the page %s', async (page) => {
    const locator = sealed(await link())
    expect(await essence(ask(`${page}?keddah-locator=${locator}`))).toEqual([403, 'locator_invalid', null])
    expect(atDataNode()).toEqual([])
  })

  // Attack: the question of a browser before an upload is asked of nobody's list.
  test('to ask a DataNode, as nobody in particular, what it takes', async () => {
    const url = await link('op=CREATE&user.name=alice', 'PUT')
    expect(await essence(ask(url, { method: 'OPTIONS' }))).toEqual([403, 'locator_invalid', null])
    expect(atDataNode()).toEqual([])
  })

  // Attack: a link is good at another listener, one that leads nowhere and has the same name and secret.
  test.each([
    { redirects: 'pass' },
    { redirects: 'refuse' },
    { kind: 'httpfs' },
    { kind: 'datanode' },
  ] as const)('at a service with %j', async (options) => {
    const locators = new Locators({ secrets: [Buffer.alloc(32)], lifetimeMs: 60_000, now: () => 0 })
    const same = {
      upstreams: [nameNode.url],
      policy: POLICY,
      dataNodes: parseDataNodes([authorityOf(dataNode)], 'dataNodes', []),
      dependencies: { locators: () => locators },
    }
    const maker = await openDoor(same)
    const other = await openDoor({ ...same, ...options })
    const { pathname, search } = new URL(await link('op=OPEN&user.name=alice', 'GET', maker))
    const follow = (to: TestDoor): Promise<Response> => fetch(`${to.url}${pathname}${search}&user.name=alice`)
    expect(await essence(follow(other))).toEqual([403, 'locator_invalid', null])
    expect(atDataNode()).toEqual([])
    expect((await follow(maker)).status).toBe(200)
    await other.stop()
    await maker.stop()
  })

  test('after its time', async () => {
    const url = await link()
    now = 59_999
    expect((await ask(url)).status).toBe(200)
    now = 60_000
    expect(await essence(ask(url))).toEqual([403, 'locator_expired', null])
    expect(atDataNode()).toHaveLength(1)
  })
})

describe('a link of somebody else', () => {
  // Attack: mallory finds alice's link and follows it under her own name, or under one that she may take.
  test.each([
    'user.name=mallory',
    'user.name=hue&doas=alice',
    'user.name=alice&doas=mallory',
    'doas=mallory',
  ])('followed with %s', async (identity) => {
    expect(await essence(ask(`${await link()}&${identity}`))).toEqual([403, 'locator_user', null])
    expect(atDataNode()).toEqual([])
  })

  // Attack: the same, with an identity that a proxy vouches for.
  test('followed by somebody whom a header names', async () => {
    const authenticator = createTrustedHeaderAuthenticator({
      header: 'x-user',
      shared: { header: 'x-secret', secret: SECRET },
      certificateNames: [],
      peers: parseTrustedPeers(['127.0.0.1'], 'peers'),
    })
    const other = await openDoor({
      upstreams: [nameNode.url],
      policy: POLICY,
      dataNodes: parseDataNodes([authorityOf(dataNode)], 'dataNodes', []),
      authenticators: [authenticator],
    })
    const as = (user: string): Record<string, string> => ({ 'x-user': user, 'x-secret': SECRET.toString() })
    const first = await fetch(`${other.url}/webhdfs/v1/a?op=OPEN`, {
      headers: as('alice'),
      redirect: 'manual',
    })
    const url = first.headers.get('location') ?? ''
    expect(await essence(fetch(url, { headers: as('mallory') }))).toEqual([403, 'locator_user', null])
    // Where `user.name` is not believed, it still must not be another.
    expect(await essence(fetch(`${url}&user.name=mallory`))).toEqual([403, 'locator_user', null])
    expect(atDataNode()).toEqual([])
    for (const answer of [
      await fetch(url),
      await fetch(url, { headers: as('alice') }),
      await fetch(`${url}&user.name=alice`),
    ])
      expect(answer.status).toBe(200)
    await other.stop()
  })

  // Attack: a link outlives the right it was given under.
  test('is worth nothing once its user is off the list', async () => {
    const url = await link()
    door.refresh({ ...POLICY, [DATANODE]: 'nobody' })
    expect(await essence(ask(url))).toEqual([403, 'acl', null])
    door.refresh({ ...POLICY, [DATANODE.replace('.acl', '.hosts.blocked')]: '127.0.0.1' })
    expect(await essence(ask(url))).toEqual([403, 'hosts_blocked', null])
    expect(atDataNode()).toEqual([])
    door.refresh(POLICY)
    expect((await ask(url)).status).toBe(200)
  })

  // Attack: a link outlives the list of DataNodes.
  test('is worth nothing once its DataNode is off the list', async () => {
    const url = await link()
    const { service } = door
    door.update({ ...service, dataNodes: parseDataNodes(['dn.example'], 'dataNodes', [9864]) })
    expect(await essence(ask(url))).toEqual([502, 'upstream_redirect_target', null])
    expect(atDataNode()).toEqual([])
    door.update(service)
    expect((await ask(url)).status).toBe(200)
  })
})

describe('parameters beside a link', () => {
  // Attack: the DataNode connects to whatever NameNode it is told, and takes the token it is given.
  test.each([
    ['namenoderpcaddress=evil:8020', 'forbidden_parameter'],
    ['NameNodeRpcAddress=evil:8020', 'forbidden_parameter'],
    ['delegation=AAAA', 'delegation'],
    ['token=AAAA', 'forbidden_parameter'],
    ['nnaddr=evil:8020&x=y', 'forbidden_parameter'],
    ['overwrite=true', 'forbidden_parameter'],
    ['op=CREATE', 'ambiguous_parameter'],
    ['namenoderpcaddress%20=evil:8020', 'ambiguous_parameter'],
  ])('%s is refused', async (parameter, reason) => {
    expect((await essence(ask(`${await link()}&${parameter}`))).slice(0, 2)).toEqual([400, reason])
    expect(atDataNode()).toEqual([])
  })

  // Attack: one more header line, through whatever is decoded and put into the request to the DataNode.
  test.each(['offset=1%0d%0aX-Evil:%201', 'offset=1%20HTTP/1.1%0d%0aX-Evil:%201%0d%0a', 'length=%00'])(
    '%s stays one parameter',
    async (parameter) => {
      await ask(`${await link()}&${parameter}`)
      for (const { headers } of dataNode.requests())
        expect(headers.map(([name]) => name.toLowerCase())).not.toContain('x-evil')
      expect(dataNode.requests().length).toBeLessThanOrEqual(1)
    },
  )
})

describe('a NameNode that was taken over', () => {
  const served = (): readonly unknown[] => [...elsewhere.requests(), ...dataNode.requests()]

  // Attack: clients are sent to a server of the attacker's, which reads their token and their data.
  test.each([
    ['another server', () => elsewhere.url],
    ['another port of a DataNode', () => 'http://127.0.0.1:22'],
    ['the link-local address of a cloud', () => 'http://169.254.169.254'],
    ['a name that begins alike', () => `http://${authorityOf(dataNode)}.evil.example`],
    ['credentials in front', () => `http://${authorityOf(dataNode)}@evil.example`],
    ['another protocol', () => `ftp://${authorityOf(dataNode)}`],
    ['no protocol', () => `//${authorityOf(dataNode)}`],
    ['a script', () => 'javascript:alert(1)//'],
    ['data', () => 'data:text/html,x'],
    ['a backslash', () => `http:\\\\${authorityOf(elsewhere)}`],
    ['a tabulator', () => `/\t/${authorityOf(elsewhere)}`],
    ['a number for an address', () => 'http://2130706433:9864'],
    ['a hexadecimal address', () => 'http://0x7f000001:9864'],
  ])('sends nobody to %s', async (_, origin) => {
    redirectTo(origin())
    const [status, reason, location] = await essence(ask('/webhdfs/v1/a?op=OPEN&user.name=alice'))
    expect([status, reason, location]).toEqual([502, 'upstream_redirect_target', null])
    expect(served()).toEqual([])
  })

  // Attack: the DataNode is told to connect to a NameNode of the attacker's, and to give it the token.
  test.each(['&namenoderpcaddress=evil:8020', '&namenoderpcaddress=127.0.0.1:8020.evil', ''])(
    'names no NameNode but one of the cluster: %j',
    async (more) => {
      redirectTo(dataNode.url, more)
      const [status, reason] = await essence(ask('/webhdfs/v1/a?op=OPEN&user.name=alice'))
      expect([status, reason]).toEqual([502, 'upstream_redirect_target'])
    },
  )

  // Attack: a link to read is asked for, and one to write comes back.
  test.each(['?op=CREATE&namenoderpcaddress=127.0.0.1:8020', '', '?op=OPEN&op=CREATE'])(
    'gives no link to something else: %j',
    async (query) => {
      const location = `${dataNode.url}/webhdfs/v1/a${query}`
      nameNode.behave(() => `HTTP/1.1 307 X\r\nLocation: ${location}\r\nContent-Length: 0\r\n\r\n`)
      expect((await essence(ask('/webhdfs/v1/a?op=OPEN&user.name=alice')))[0]).toBe(502)
    },
  )

  // Attack: a page of it sends browsers away, by either of the headers they follow.
  test.each([
    ['Location: https://evil.example/', '/webhdfs/v1/?op=LISTSTATUS&user.name=alice'],
    ['Refresh: 0; url=https://evil.example/', '/webhdfs/v1/?op=LISTSTATUS&user.name=alice'],
    ["Refresh: 0;URL='https://evil.example/'", '/webhdfs/v1/?op=LISTSTATUS&user.name=alice'],
    ['Refresh: 0 url=https://evil.example/', '/webhdfs/v1/?op=LISTSTATUS&user.name=alice'],
  ])('with %s', async (line, target) => {
    nameNode.behave(() => `HTTP/1.1 302 X\r\n${line}\r\nContent-Length: 0\r\n\r\n`)
    const answer = await ask(target)
    expect([answer.status, answer.headers.get('location'), answer.headers.get('refresh')]).toEqual([
      502,
      null,
      null,
    ])
  })

  // Attack: a header that nobody follows tells the client where the DataNode is, with a token to go there.
  test.each([
    ['Content-Location: http://dn1:9864/x?delegation=SECRET', null],
    ['Link: <http://dn1:9864/x?delegation=SECRET>; rel=preload', null],
    ['Link: </here>; rel=next, <//dn1:9864/SECRET>; rel=preload', null],
    ['Link: </here>; rel=next; anchor="http://dn1:9864/x?delegation=SECRET"', null],
    ['Link: </here>; rel=next, <http://dn1:9864/SECRET', null],
    ['Content-Location: /webhdfs/v1/here', '/webhdfs/v1/here'],
    ['Link: </here>; rel=next, <there>; rel="prev"', '</here>; rel=next, <there>; rel="prev"'],
  ])('with %s', async (line, kept) => {
    nameNode.behave(() => ok('{}').replace('Content-Length', `${line}\r\nX-Other: kept\r\nContent-Length`))
    const answer = await ask('/webhdfs/v1/?op=LISTSTATUS&user.name=alice')
    const name = line.split(':', 1)[0] ?? ''
    expect([answer.status, answer.headers.get(name), answer.headers.get('x-other')]).toEqual([
      200,
      kept,
      'kept',
    ])
    expect(JSON.stringify([...answer.headers])).not.toContain('SECRET')
  })

  test('has its links to itself turned to Keddah in every header', async () => {
    const lines = `Content-Location: ${nameNode.url}/x?a=1\r\nLink: <${nameNode.url}/y>; rel=next`
    nameNode.behave(() => ok('{}').replace('Content-Length', `${lines}\r\nContent-Length`))
    const answer = await ask('/webhdfs/v1/?op=LISTSTATUS&user.name=alice')
    expect([answer.headers.get('content-location'), answer.headers.get('link')]).toEqual([
      `${door.url}/x?a=1`,
      `<${door.url}/y>; rel=next`,
    ])
  })

  const json = (body: string): string =>
    ok(body).replace('Content-Length', 'Content-Type: application/json\r\nContent-Length')
  const good = (): string =>
    `${dataNode.url}/webhdfs/v1/a?op=OPEN&namenoderpcaddress=127.0.0.1:8020&delegation=TOKEN`

  // Attack: the same in the body, where nobody might look.
  test.each([
    ['another server', () => JSON.stringify({ Location: elsewhere.url })],
    ['two places', () => `{"Location":${JSON.stringify(good())},"Location":"http://evil/"}`],
    ['no place', () => '{}'],
    ['a list', () => '["http://evil/"]'],
    ['null', () => 'null'],
    ['a place that is no text', () => '{"Location":{"toString":"http://evil/"}}'],
    ['half of it', () => '{"Location":"http://evil/'],
    ['nothing', () => ''],
    ['bytes that are not UTF-8', () => '{"Location":"http://evil/\xff"}'],
    ['more than is read', () => `{"Location":${JSON.stringify(good())},"x":"${'x'.repeat(70_000)}"}`],
  ])('answers `noredirect` with %s', async (_, body) => {
    nameNode.behave(() => json(body()))
    const answer = await ask('/webhdfs/v1/a?op=OPEN&noredirect=true&user.name=alice')
    expect(answer.status).toBe(502)
    expect(await answer.text()).not.toMatch(/evil|TOKEN|9864/)
  })

  test('puts nothing beside the place into the body', async () => {
    nameNode.behave(() =>
      json(`{"x":"http://evil/","Location":${JSON.stringify(good())},"__proto__":{"y":1}}`),
    )
    const answer = await ask('/webhdfs/v1/a?op=OPEN&NoRedirect=TRUE&user.name=alice')
    const body = (await answer.json()) as Record<string, string>
    expect(Object.keys(body)).toEqual(['Location'])
    expect(body['Location']).toMatch(`${door.url}/webhdfs/v1/a?op=OPEN&keddah-locator=`)
    expect(answer.headers.get('content-length')).toBe(String(JSON.stringify(body).length))
    expect((await ask(body['Location'] ?? '')).status).toBe(200)
  })
})

describe('a token in a link', () => {
  const TOKEN = 'HAAEaGRmcwRoZGZzAIoBTOKEN'

  // Attack: tokens are read out of links, logs, audit lines, metrics and errors.
  test('is sealed, reaches the DataNode alone, and is written down nowhere', async () => {
    redirectTo(dataNode.url, `&delegation=${TOKEN}&namenoderpcaddress=127.0.0.1:8020`)
    const own = await openDoor({
      upstreams: [nameNode.url],
      policy: POLICY,
      dataNodes: parseDataNodes([authorityOf(dataNode)], 'dataNodes', []),
    })
    const url = await link('op=OPEN&user.name=alice', 'GET', own)
    expect(url).not.toContain(TOKEN)
    expect((await ask(`${url}&user.name=alice`)).status).toBe(200)
    expect(atDataNode()).toEqual([
      `/webhdfs/v1/a?op=OPEN&namenoderpcaddress=127.0.0.1:8020&delegation=${TOKEN}`,
    ])
    redirectTo(elsewhere.url, `&delegation=${TOKEN}&namenoderpcaddress=127.0.0.1:8020`)
    const stopped = await ask(`${own.url}/webhdfs/v1/a?op=OPEN&user.name=alice`)
    const told = [await stopped.text(), JSON.stringify([...stopped.headers])]
    await ask(`${url}x`)
    const lines = await own.audit(3)
    const written = [...told, JSON.stringify(lines), own.log.join('\n'), await own.telemetry.metrics.text()]
    for (const text of written) {
      expect(text).not.toContain(TOKEN)
      expect(text).not.toContain(sealed(url))
    }
    expect(own.log.join('\n')).toContain(`"server":"${authorityOf(elsewhere)}"`)
    await own.stop()
  })

  // Attack: the client names the DataNode as its `Host`, so that the URL with the token seems to lead back here.
  test('is not handed out to who calls Keddah by the name of the DataNode', async () => {
    redirectTo(dataNode.url, `&delegation=${TOKEN}&namenoderpcaddress=127.0.0.1:8020`)
    const { hostname, port } = new URL(door.url)
    const text = await new Promise<string>((resolve) => {
      let received = ''
      const socket = connect(Number(port), hostname)
      socket.write(
        `GET /webhdfs/v1/a?op=OPEN&user.name=alice HTTP/1.1\r\nHost: ${authorityOf(dataNode)}\r\nConnection: close\r\n\r\n`,
      )
      socket.on('data', (chunk) => (received += chunk.toString('latin1')))
      socket.on('close', () => resolve(received))
    })
    expect(text).toContain('keddah-locator=')
    expect(text).not.toContain(TOKEN)
  })
})
