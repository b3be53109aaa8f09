import { afterEach, describe, expect, test } from 'vitest'
import { parseDataNodes } from '../../src/http/redirects/data-node-list.ts'
import { Locators } from '../../src/http/redirects/locator.ts'
import { parseTrustedPeers } from '../../src/identity/peers.ts'
import { createTrustedHeaderAuthenticator } from '../../src/identity/trusted-header.ts'
import { type DoorOptions, exchangeRaw, openDoor, POLICY, type TestDoor } from '../support/door.ts'
import { CLIENT } from '../support/policy.ts'

/**
 * Whoever is turned away with 401 or 403 is on the record, also where no policy had to be asked. Attack: somebody tries
 * links and NameNodes until one works, and no line of the audit ever says so.
 */
const DATANODE = 'security.client.datanode.protocol.acl'
/** Nobody answers there: what arrives would be a 502. */
const NOWHERE = 'http://127.0.0.1:1'

let door: TestDoor | null = null
afterEach(async () => {
  await door?.stop()
  door = null
})

async function open(options: Partial<DoorOptions>): Promise<TestDoor> {
  door = await openDoor({ upstreams: [NOWHERE], ...options })
  return door
}

/** Status and reason of an answer, and the audit lines that it left. */
async function tried(
  target: string,
  options: Partial<DoorOptions>,
  headers: Record<string, string> = {},
): Promise<[number, string | null, Record<string, unknown>[]]> {
  const opened = await open(options)
  const answer = await fetch(`${opened.url}${target}`, { headers: { 'X-Request-Id': 'mine', ...headers } })
  return [answer.status, answer.headers.get('x-keddah-reason'), await opened.audit(1)]
}

const REFUSED = {
  service: 'nn',
  address: '127.0.0.1',
  method: 'GET',
  path: '/webhdfs/v1/x',
  effect: 'deny',
  rule: null,
  revision: '',
  enforced: true,
  clientRequestId: 'mine',
}
const OPEN = '/webhdfs/v1/x?op=OPEN&user.name=mallory'

test('contents that are not read through a service', async () => {
  const [status, reason, lines] = await tried(OPEN, { redirects: 'refuse' })
  expect([status, reason]).toEqual([403, 'redirects_refused'])
  expect(lines).toMatchObject([{ ...REFUSED, reason: 'redirects_refused', op: 'OPEN', key: CLIENT }])
})

test('a NameNode that is none', async () => {
  const [status, reason, lines] = await tried(`${OPEN}&namenoderpcaddress=evil:1`, { kind: 'datanode' })
  expect([status, reason]).toEqual([403, 'name_node'])
  expect(lines).toMatchObject([
    { ...REFUSED, kind: 'datanode', reason: 'name_node', op: 'OPEN', key: DATANODE },
  ])
})

test('the address is the one that a trusted proxy vouches for', async () => {
  const proxies = parseTrustedPeers(['127.0.0.1'], 'trustedProxies')
  const options = { redirects: 'refuse', dependencies: { trustedProxies: () => proxies } } as const
  const [, , lines] = await tried(OPEN, options, { 'X-Forwarded-For': '192.0.2.7' })
  expect(lines).toMatchObject([{ ...REFUSED, address: '192.0.2.7' }])
})

describe('a link', () => {
  let now = 0
  const locators = new Locators({ secrets: [Buffer.alloc(32)], lifetimeMs: 60_000, now: () => now })
  const identity = {
    principal: 'alice',
    user: 'alice',
    method: 'SIMPLE',
    doAs: null,
    doAsPrincipal: null,
    anonymous: false,
  } as const
  const options = {
    dataNodes: parseDataNodes(['127.0.0.1:9864'], 'dataNodes', []),
    dependencies: { locators: () => locators },
  }
  const sealed = (): string => {
    now = 0
    return locators.seal(
      {
        dataNode: 'http://127.0.0.1:9864',
        nameNode: null,
        delegation: null,
        parameters: [],
        identity,
      },
      { service: 'nn', op: 'OPEN', path: '/webhdfs/v1/x' },
    )
  }

  test('that is forged', async () => {
    const [status, reason, lines] = await tried('/webhdfs/v1/x?op=OPEN&keddah-locator=AAAA', options)
    expect([status, reason]).toEqual([403, 'locator_invalid'])
    expect(lines).toMatchObject([{ ...REFUSED, reason: 'locator_invalid', user: null }])
  })

  test('that has expired', async () => {
    const link = sealed()
    now = 60_000
    const [status, reason, lines] = await tried(`/webhdfs/v1/x?op=OPEN&keddah-locator=${link}`, options)
    expect([status, reason]).toEqual([403, 'locator_expired'])
    expect(lines).toMatchObject([{ ...REFUSED, reason: 'locator_expired' }])
  })

  test('of somebody else: the record names who used it, and nothing that is sealed', async () => {
    const [status, reason, lines] = await tried(`${OPEN}&keddah-locator=${sealed()}`, options)
    expect([status, reason]).toEqual([403, 'locator_user'])
    expect(lines).toMatchObject([
      { ...REFUSED, reason: 'locator_user', user: 'mallory', op: 'OPEN', key: DATANODE },
    ])
    expect(JSON.stringify(lines)).not.toContain('9864')
  })

  test('with credentials that are wrong', async () => {
    const authenticator = createTrustedHeaderAuthenticator({
      header: 'x-user',
      shared: { header: 'x-secret', secret: Buffer.from('shared') },
      certificateNames: [],
      peers: parseTrustedPeers(['127.0.0.1'], 'peers'),
    })
    const target = `/webhdfs/v1/x?op=OPEN&keddah-locator=${sealed()}`
    const headers = { 'x-user': 'a@b@c', 'x-secret': 'shared' }
    const [status, reason, lines] = await tried(
      target,
      { ...options, authenticators: [authenticator] },
      headers,
    )
    expect([status, reason]).toEqual([401, 'unauthenticated'])
    expect(lines).toMatchObject([{ ...REFUSED, reason: 'unauthenticated', user: null, key: DATANODE }])
  })
})

test('a WebSocket of a page elsewhere', async () => {
  const route = {
    path: '/shell',
    methods: ['GET'],
    service: CLIENT,
    surface: 'rest',
    takesForm: false,
    upgrade: true,
  } as const
  const opened = await open({ kind: 'custom', routes: [route] })
  const answer = await exchangeRaw(
    opened.url,
    'GET /shell HTTP/1.1\r\nHost: nn\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nOrigin: http://evil.example\r\n' +
      'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n',
  )
  expect(answer).toMatch(/^HTTP\/1.1 403 [^]*x-keddah-reason: origin/i)
  expect(await opened.audit(1)).toMatchObject([
    { path: '/shell', effect: 'deny', reason: 'origin', key: CLIENT },
  ])
})

// The key is that of the service that was asked for, whichever rule refused: refusals by default can be told apart.
describe('the key of a line', () => {
  const LIST = '/webhdfs/v1/?op=LISTSTATUS&user.name='
  const DEFAULT = 'security.service.authorization.default.acl'

  test('is not that of the default', async () => {
    const policy = { [DEFAULT]: 'alice' }
    for (const [user, effect] of [
      ['alice', 'allow'],
      ['mallory', 'deny'],
    ] as const) {
      const [, , lines] = await tried(`${LIST}${user}`, { policy })
      expect(lines).toMatchObject([{ effect, key: CLIENT, rule: `${DEFAULT} = alice` }])
      await door?.stop()
      door = null
    }
  })

  test('is not that of a proxy user or a host list', async () => {
    const [, , lines] = await tried(`${LIST}oozie&doas=bo`, {})
    expect(lines).toMatchObject([
      { reason: 'impersonation', key: CLIENT, rule: 'hadoop.proxyuser.oozie.users = alice,mallory' },
    ])
    await door?.stop()
    const hosts = CLIENT.replace('.acl', '.hosts')
    const [, , more] = await tried(`${LIST}alice`, { policy: { ...POLICY, [hosts]: '10.0.0.1' } })
    expect(more).toMatchObject([{ reason: 'hosts', key: CLIENT, rule: `${hosts} = 10.0.0.1` }])
  })
})
