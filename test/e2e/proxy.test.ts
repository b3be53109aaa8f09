import { connect, type Socket } from 'node:net'
import { describe, expect, test } from 'vitest'
import type { Authenticator } from '../../src/identity/authenticator.ts'
import { createPseudoAuthenticator } from '../../src/identity/pseudo.ts'
import { parseTrustedPeers } from '../../src/identity/peers.ts'
import { createRouteTable } from '../../src/routes/table.ts'
import { exchangeRaw, identifierOf, openDoor, pattern, POLICY } from '../support/door.ts'
import { closeAfterTest, openBefore, openBeforeRaw } from '../support/opened.ts'
import { CLIENT } from '../support/policy.ts'
import { until } from '../support/until.ts'
import { headerOf, startUpstream } from '../support/upstream.ts'

const LIST = '/webhdfs/v1/?op=LISTSTATUS'
const ask = (lines: string, target = `${LIST}&user.name=alice`): string =>
  `GET ${target} HTTP/1.1\r\nHost: nn:9870\r\n${lines}Connection: close\r\n\r\n`

/** The names of headers that reached the upstream. */
const namesOf = (received: Parameters<typeof headerOf>[0]): string[] =>
  (received?.headers ?? []).map(([name]) => name)

describe('an allowed request', () => {
  test('reaches the upstream in its canonical form, with the identity that was authenticated', async () => {
    const { door, upstream } = await openBefore()
    const answer = await fetch(`${door.url}/webhdfs/v1/a/../b%41?OP=liststatus&user.name=alice`)
    expect([answer.status, await answer.text()]).toEqual([200, '{"ok":true}'])
    expect(upstream.received).toHaveLength(1)
    expect(upstream.received[0]?.target).toBe('/webhdfs/v1/bA?op=liststatus&user.name=alice')
    expect(headerOf(upstream.received[0], 'host')).toBe(new URL(door.url).host)
    expect(headerOf(upstream.received[0], 'x-forwarded-for')).toBe('127.0.0.1')
  })

  test('carries the impersonated user beside the real one', async () => {
    const { door, upstream } = await openBefore()
    const answer = await fetch(`${door.url}${LIST}&user.name=oozie&doAs=alice`)
    expect(answer.status).toBe(200)
    expect(upstream.received[0]?.target).toBe(`${LIST}&user.name=oozie&doas=alice`)
    expect(await door.audit(1)).toMatchObject([{ user: 'alice', realUser: 'oozie', effect: 'allow' }])
    const refused = await fetch(`${door.url}${LIST}&user.name=oozie&doAs=mallory`)
    expect([refused.status, refused.headers.get('x-keddah-reason')]).toEqual([403, 'acl'])
  })

  test('is on the record, and counted', async () => {
    const { door } = await openBefore()
    await exchangeRaw(door.url, ask('X-Request-Id: from-the-client\r\n', `${LIST}&user.name=alice&secret=x`))
    await fetch(`${door.url}${LIST}&user.name=mallory`)
    expect(await door.audit(2)).toMatchObject([
      {
        service: 'nn',
        kind: 'namenode',
        user: 'alice',
        address: '127.0.0.1',
        method: 'GET',
        path: '/webhdfs/v1/',
        op: 'LISTSTATUS',
        key: CLIENT,
        effect: 'allow',
        reason: 'allowed',
        enforced: true,
        clientRequestId: 'from-the-client',
      },
      {
        user: 'mallory',
        effect: 'deny',
        reason: 'acl',
        rule: `${CLIENT} = alice,bo staff`,
        line: 2,
        enforced: true,
      },
    ])
    expect(await door.metric('keddah_decisions_total{service="nn",effect="allow",reason="allowed"}')).toBe(1)
    expect(await door.metric('keddah_decisions_total{service="nn",effect="deny",reason="acl"}')).toBe(1)
    expect(await door.metric('keddah_upstream_requests_total{service="nn",outcome="2xx"}')).toBe(1)
    await until(() => door.log.length === 0)
    expect(await door.metric('keddah_request_seconds_count{service="nn"}')).toBe(2)
    expect(await door.metric('keddah_decision_seconds_count')).toBe(2)
  })

  test('needs nobody where nothing guards the route', async () => {
    const { door, upstream } = await openBefore()
    expect((await fetch(`${door.url}/isActive`)).status).toBe(200)
    expect(upstream.received[0]?.target).toBe('/isActive')
  })

  test('may be from the anonymous user, who is told to the upstream like any other', async () => {
    const policy = { ...POLICY, [CLIENT]: 'dr.who' }
    const { door, upstream } = await openBefore(undefined, { anonymousUser: 'dr.who', policy })
    expect((await fetch(`${door.url}${LIST}`)).status).toBe(200)
    expect(upstream.received[0]?.target).toBe(`${LIST}&user.name=dr.who`)
  })
})

describe('headers to the upstream', () => {
  // The attack: a header that the upstream believes, and that the caller has written.
  test('carry no identity and no other address than the one that was decided on', async () => {
    const { door, upstream } = await openBefore()
    const lines = [
      'Authorization: Negotiate AAAA',
      'X-Hadoop-Delegation-Token: x',
      'Hadoop-YARN-Auth-Delegation-Token: x',
      'X-Remote-User: root',
      'Remote_User: root',
      'Proxy-Authorization: x',
      'X-Forwarded-For: 10.0.0.1',
      'X_Forwarded_For: 10.0.0.1',
      'X.Forwarded.For: 10.0.0.1',
      'X-Forwarded-Host: evil',
      'X-Forwarded-User: root',
      'Forwarded: for=10.0.0.1',
      'X-Original-URL: /x',
      'X-Rewrite-URL: /x',
      'X-HTTP-Method-Override: DELETE',
      'X-Real-IP: 10.0.0.1',
      'X-Keddah-Reason: x',
      'Keep-Alive: 1',
      'TE: trailers',
      'Trailer: x',
      'Proxy-Connection: x',
      'Content_Length: 5',
      'Transfer.Encoding: chunked',
      'X-Mine: stays',
      'x-nominated: goes',
      'Accept: */*',
    ].map((line) => `${line}\r\n`)
    await exchangeRaw(door.url, ask(`${lines.join('')}Connection: x-nominated, keep-alive\r\n`))
    expect(namesOf(upstream.received[0])).toEqual([
      'host',
      'connection',
      'x-mine',
      'accept',
      'x-forwarded-for',
    ])
    expect(headerOf(upstream.received[0], 'x-forwarded-for')).toBe('127.0.0.1')
    expect(headerOf(upstream.received[0], 'host')).toBe('nn:9870')
  })

  test('carry no cookie that says who somebody is', async () => {
    const { door, upstream } = await openBefore()
    const cookies = [
      'a=b; hadoop.auth="u=root&p=root"; c=d',
      'Hadoop.Auth=x',
      'proxy-user=root;e=f',
      '"hadoop.auth"=x',
    ]
    await exchangeRaw(door.url, ask(cookies.map((cookie) => `Cookie: ${cookie}\r\n`).join('')))
    expect(headerOf(upstream.received[0], 'cookie')).toBe('a=b; c=d; e=f')
  })

  test('lose what an authenticator reads, however it is spelled, and whoever sent it', async () => {
    const authenticator: Authenticator = {
      kind: 'test',
      challenge: null,
      managedHeaders: ['x-user'],
      authenticate: (view) => {
        const [principal] = view.header('x-user')
        return principal === undefined ? null : { principal, method: 'SIMPLE' }
      },
    }
    const { door, upstream } = await openBefore(undefined, { authenticators: [authenticator] })
    await exchangeRaw(door.url, ask('X-User: alice\r\nX_User: root\r\nx.user: root\r\n', LIST))
    expect(upstream.received[0]?.target).toBe(`${LIST}&user.name=alice`)
    expect(namesOf(upstream.received[0]).filter((name) => name.includes('user'))).toEqual([])
    expect(await exchangeRaw(door.url, ask('X-User: alice\r\nX-USER: root\r\n', LIST))).toMatch(
      /^HTTP\/1\.1 400 /,
    )
    expect(await exchangeRaw(door.url, ask('X-User: alice\r\nConnection: x-user\r\n', LIST))).toMatch(
      /^HTTP\/1\.1 400 /,
    )
  })

  test('name the address that a trusted proxy has named', async () => {
    const trustedProxies = parseTrustedPeers(['127.0.0.1'], 'trustedProxies')
    const { door, upstream } = await openBefore(undefined, {
      dependencies: { trustedProxies: () => trustedProxies },
    })
    await exchangeRaw(door.url, ask('X-Forwarded-For: 1.1.1.1, 10.0.0.7\r\n'))
    expect(headerOf(upstream.received[0], 'x-forwarded-for')).toBe('10.0.0.7')
    expect(await exchangeRaw(door.url, ask('X-Forwarded-For: unknown\r\n'))).toMatch(/^HTTP\/1\.1 400 /)
  })
})

describe('headers of the answer', () => {
  test('are those of the upstream, without identity, connection and what speaks for Keddah', async () => {
    const head = [
      'HTTP/1.1 307 Temporary Redirect',
      'Date: Mon, 01 Jan 2024 00:00:00 GMT',
      'Date: Mon, 01 Jan 2024 00:00:01 GMT',
      'Set-Cookie: hadoop.auth="u=root"; Path=/',
      'Set-Cookie: a=b',
      'Set-Cookie: c=d',
      'Set-Cookie: proxy-user=root',
      'Location: hdfs://nn:8020/f?not=followed',
      'Server: Jetty',
      'X-Keddah-Reason: acl',
      'Keep-Alive: timeout=5',
      'Connection: keep-alive, x-gone',
      'X-Gone: x',
      'X-Stays: y',
      'Content-Length: 0',
    ]
    const { door } = await openBeforeRaw(({ socket }) =>
      socket.once('data', () => socket.write(`${head.join('\r\n')}\r\n\r\n`)),
    )
    const answer = await exchangeRaw(door.url, ask(''))
    expect(answer.split('\r\n').slice(0, -2)).toEqual([
      'HTTP/1.1 307 Temporary Redirect',
      'Date: Mon, 01 Jan 2024 00:00:00 GMT',
      'Set-Cookie: a=b',
      'Set-Cookie: c=d',
      'Location: hdfs://nn:8020/f?not=followed',
      'X-Stays: y',
      'Content-Length: 0',
      'Connection: close',
    ])
  })
})

describe('a delegation token that nobody can check', () => {
  test('is taken out where the settings say so, and is no identity', async () => {
    const { door, upstream } = await openBefore(undefined, {
      dependencies: { delegationParameter: () => 'strip' },
    })
    expect((await fetch(`${door.url}${LIST}&delegation=AAAA`)).status).toBe(401)
    expect((await fetch(`${door.url}${LIST}&delegation=AAAA&user.name=alice`)).status).toBe(200)
    expect(upstream.received.map(({ target }) => target)).toEqual([`${LIST}&user.name=alice`])
  })
})

describe('a service that only observes', () => {
  test.each([
    ['a user who is on no list', `${LIST}&user.name=mallory`, 'acl', `${LIST}&user.name=mallory`],
    ['nobody', LIST, 'unauthenticated', LIST],
    [
      'an impersonation without a rule',
      `${LIST}&user.name=bo&doas=alice`,
      'impersonation',
      `${LIST}&user.name=bo&doas=alice`,
    ],
    ['an unlisted path', '/nothing?user.name=alice', 'service_unknown', '/nothing?user.name=alice'],
    ['no operation', '/webhdfs/v1/?user.name=alice', 'service_unknown', '/webhdfs/v1/?user.name=alice'],
  ])('lets %s through, and says what it would have done', async (_what, target, reason, sent) => {
    const { door, upstream } = await openBefore(undefined, { enforcement: 'observe' })
    expect((await fetch(`${door.url}${target}`)).status).toBe(200)
    expect(upstream.received[0]?.target).toBe(sent)
    expect(await door.audit(1)).toMatchObject([{ effect: 'deny', reason, enforced: false }])
    expect(
      await door.metric(`keddah_decisions_total{service="nn",effect="would_deny",reason="${reason}"}`),
    ).toBe(1)
  })

  test('lets groups be unknown', async () => {
    const { door } = await openBefore(undefined, {
      enforcement: 'observe',
      groupsOf: () => Promise.reject(new Error('down')),
    })
    expect((await fetch(`${door.url}${LIST}&user.name=eve`)).status).toBe(200)
    expect(await door.audit(1)).toMatchObject([{ reason: 'groups_unavailable', enforced: false }])
  })

  test('still refuses what cannot be sent on as it was meant', async () => {
    const { door, upstream } = await openBefore(undefined, { enforcement: 'observe' })
    expect(await exchangeRaw(door.url, ask('', '/webhdfs/v1/a%2fb?op=LISTSTATUS'))).toMatch(
      /^HTTP\/1\.1 400 /,
    )
    expect(upstream.received).toEqual([])
  })
})

describe('something that fails before the decision', () => {
  // The attack: whatever makes a check throw must not make it pass.
  const broken = (): never => {
    throw new Error('broken')
  }
  test.each([
    ['the snapshot', { snapshot: broken }],
    ['the identifier', { identifier: broken }],
    ['the groups', { groups: broken }],
    ['the proxies', { trustedProxies: broken }],
  ])('is a refusal: %s', async (_what, dependencies) => {
    for (const enforcement of ['enforce', 'observe'] as const) {
      const { door, upstream } = await openBefore(undefined, { dependencies, enforcement })
      const headers = { 'x-forwarded-for': '10.0.0.1' }
      const answer = await fetch(`${door.url}${LIST}&user.name=alice`, { headers })
      expect([answer.status, answer.headers.get('x-keddah-reason')]).toEqual([500, 'internal_error'])
      expect(await answer.text()).not.toContain('broken')
      expect(upstream.received).toEqual([])
      expect(door.log.join('')).toContain(answer.headers.get('x-keddah-request-id'))
      expect(await door.metric('keddah_proxy_rejected_total{service="nn",reason="internal_error"}')).toBe(1)
    }
  })

  test('groups that are unknown refuse whom they could admit', async () => {
    const { door } = await openBefore(undefined, { groupsOf: () => Promise.reject(new Error('down')) })
    expect((await fetch(`${door.url}${LIST}&user.name=alice`)).status).toBe(200)
    const answer = await fetch(`${door.url}${LIST}&user.name=eve`)
    expect([answer.status, answer.headers.get('x-keddah-reason')]).toEqual([403, 'groups_unavailable'])
  })
})

/** A connection of a client, and what it has read since it was last emptied. */
function connectTo(url: string): { socket: Socket; text: string } {
  const { port, hostname } = new URL(url)
  const socket = connect(Number(port), hostname)
  const client = { socket, text: '' }
  socket.on('data', (chunk) => (client.text += chunk.toString('latin1')))
  return client
}

const UPLOAD = `PUT /webhdfs/v1/f?op=MKDIRS&user.name=alice HTTP/1.1\r\nHost: nn\r\nContent-Length: 3\r\n\r\nab`

describe('a refresh', () => {
  test('holds for a request that was waiting for groups when it came', async () => {
    // The attack: begin a request before a revocation, and have it decided by the policy of that time.
    let found: (groups: readonly string[]) => void = () => {}
    const { door, upstream } = await openBefore(undefined, {
      groupsOf: () => new Promise((resolve) => (found = resolve)),
    })
    const answer = fetch(`${door.url}${LIST}&user.name=eve`)
    await new Promise((resolve) => setTimeout(resolve, 50))
    door.refresh({ ...POLICY, [`${CLIENT}.blocked`]: 'eve' })
    found(['staff'])
    expect((await answer).headers.get('x-keddah-reason')).toBe('acl_blocked')
    expect(upstream.received).toEqual([])
  })

  test('that takes an authenticator away holds for a request that was waiting for groups', async () => {
    // The attack: begin a request before `user.name` is no longer believed, and have it believed all the same.
    let found: (groups: readonly string[]) => void = () => {}
    let identifier = identifierOf([createPseudoAuthenticator({ pattern })])
    const { door, upstream } = await openBefore(undefined, {
      groupsOf: () => new Promise((resolve) => (found = resolve)),
      dependencies: { identifier: () => identifier },
    })
    const answer = fetch(`${door.url}${LIST}&user.name=eve`)
    await new Promise((resolve) => setTimeout(resolve, 50))
    identifier = identifierOf([])
    found(['staff'])
    expect((await answer).status).toBe(401)
    expect(upstream.received).toEqual([])
  })

  test('holds for a request whose body was not there yet', async () => {
    // The attack: get a request allowed in advance, keep its last byte, and send that once the right is gone.
    const { door, upstream } = await openBefore()
    const client = connectTo(door.url)
    const { socket } = client
    socket.write(UPLOAD)
    await door.audit(1)
    door.refresh({ ...POLICY, [CLIENT]: 'bo' })
    socket.write('c')
    await until(() => client.text.includes('\r\n\r\n'))
    expect(client.text).toMatch(/^HTTP\/1\.1 403 /)
    expect(upstream.received).toEqual([])
    expect((await door.audit(2)).map(({ effect }) => effect)).toEqual(['allow', 'deny'])
    // The body is there by now, so the connection goes on.
    client.text = ''
    socket.write(`GET ${LIST}&user.name=bo HTTP/1.1\r\nHost: nn\r\n\r\n`)
    await until(() => client.text.includes('"ok"'))
    socket.destroy()
  })

  test('that changes nothing for a request lets its body through', async () => {
    const { door, upstream } = await openBefore()
    const client = connectTo(door.url)
    const { socket } = client
    socket.write(UPLOAD)
    await door.audit(1)
    door.refresh({ ...POLICY, [CLIENT]: 'alice' })
    socket.write('c')
    await until(() => client.text.includes('"ok"'))
    expect(upstream.received).toMatchObject([{ method: 'PUT', body: 'abc' }])
    socket.destroy()
  })

  test('of the service changes everything without losing a connection', async () => {
    const { door, upstream } = await openBefore()
    const second = await startUpstream((_, response) => response.end('second'))
    closeAfterTest(second.close)
    const client = connectTo(door.url)
    const { socket } = client
    const get = (target: string): boolean => socket.write(`GET ${target} HTTP/1.1\r\nHost: nn\r\n\r\n`)
    get(`${LIST}&user.name=mallory`)
    await until(() => client.text.includes('403'))
    door.update({ ...door.service, enforcement: 'observe', upstreams: [second.url] })
    get(`${LIST}&user.name=mallory`)
    await until(() => client.text.endsWith('second'))
    door.update({ ...door.service, routes: createRouteTable('custom', []), upstreams: [second.url] })
    client.text = ''
    get(`${LIST}&user.name=alice`)
    await until(() => client.text.includes('service_unknown'))
    expect([upstream.received.length, second.received.length]).toEqual([0, 1])
    socket.destroy()
  })

  test('lets what is at the old upstream end there', async () => {
    let answer: () => void = () => {}
    const { door } = await openBefore((_, response) => (answer = () => response.end('old')))
    const running = fetch(`${door.url}${LIST}&user.name=alice`)
    await new Promise((resolve) => setTimeout(resolve, 50))
    door.update({ ...door.service, upstreams: ['http://127.0.0.1:1'] })
    answer()
    expect(await (await running).text()).toBe('old')
  })
})

describe('an address that is none', () => {
  // The attack: behind a proxy that Hadoop's rule believes, name an address that is on no list, blocked ones included.
  test('is refused, because no host list could be asked about it', async () => {
    const { door, upstream } = await openBefore(undefined, {
      policy: { ...POLICY, 'security.client.protocol.hosts.blocked': '0.0.0.0/1,128.0.0.0/1' },
      dependencies: { hadoopProxies: () => new Set(['127.0.0.1']) },
    })
    const answer = await fetch(`${door.url}${LIST}&user.name=alice`, {
      headers: { 'x-forwarded-for': 'nowhere' },
    })
    expect([answer.status, answer.headers.get('x-keddah-reason')]).toEqual([400, 'forwarded_address'])
    expect(upstream.received).toEqual([])
  })
})

describe('bodies that wait in memory', () => {
  // The attack: a thousand forms without their last byte, each a megabyte that has to be kept.
  test('are refused beyond what all of them may take, and give room again', async () => {
    const { door } = await openBefore(undefined, { kind: 'resourcemanager' })
    const { port, hostname } = new URL(door.url)
    const head = `POST /proxy/application_1_1/x?user.name=alice HTTP/1.1\r\nHost: rm\r\nContent-Length: 1048576\r\n`
    const form = `Content-Type: application/x-www-form-urlencoded\r\n\r\n${'a'.repeat(1_048_575)}`
    let refused = 0
    const sockets = Array.from({ length: 70 }, () => {
      const socket = connect(Number(port), hostname, () => socket.write(head + form))
      socket.on('error', () => {})
      socket.on('data', (chunk) => (refused += Number(chunk.toString('latin1').startsWith('HTTP/1.1 503 '))))
      return socket
    })
    await until(() => refused >= 6)
    for (const socket of sockets) socket.destroy()
    const again = (): Promise<number> =>
      fetch(`${door.url}/proxy/application_1_1/x?user.name=alice`, {
        method: 'POST',
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        body: 'a=b',
      }).then(({ status }) => status)
    await expect
      .poll(() => door.metric('keddah_in_flight_requests{service="nn"}'), { timeout: 20_000 })
      .toBe(0)
    expect(await again()).toBe(200)
  })
})

describe('closing', () => {
  test('lets what is in flight end, and takes nothing new', async () => {
    let answer: () => void = () => {}
    const { door } = await openBefore((_, response) => (answer = () => response.end('done')))
    const { port, hostname } = new URL(door.url)
    const idle = connect(Number(port), hostname)
    let isIdleClosed = false
    idle.on('close', () => (isIdleClosed = true)).on('error', () => {})
    const running = fetch(`${door.url}${LIST}&user.name=alice`)
    await new Promise((resolve) => setTimeout(resolve, 50))
    const closed = door.close({ graceMs: 20_000 })
    await until(() => isIdleClosed)
    await expect(fetch(`${door.url}${LIST}&user.name=alice`)).rejects.toThrow('fetch failed')
    answer()
    const response = await running
    expect([await response.text(), response.headers.get('connection')]).toEqual(['done', 'close'])
    await closed
  })

  test('cuts what does not end in time', async () => {
    const { door } = await openBefore(() => {})
    const running = fetch(`${door.url}${LIST}&user.name=alice`)
    await new Promise((resolve) => setTimeout(resolve, 50))
    await door.close({ graceMs: 50 })
    await expect(running).rejects.toThrow('fetch failed')
    expect(await door.metric('keddah_in_flight_requests{service="nn"}')).toBe(0)
  })
})

describe('connections of clients', () => {
  test('that say nothing, or not all, are closed', async () => {
    const { door } = await openBefore(undefined, { timeouts: { headers: 300 } })
    const answers = await Promise.all([`GET ${LIST}`, ''].map((bytes) => exchangeRaw(door.url, bytes)))
    for (const answer of answers) expect(answer).toMatch(/^HTTP\/1\.1 408 /)
    expect(await door.metric('keddah_proxy_rejected_total{service="nn",reason="request_timeout"}')).toBe(2)
  })

  test('are closed when they have been idle, or at once where none is kept', async () => {
    for (const idle of [200, 0]) {
      const { door } = await openBefore(undefined, { timeouts: { idle } })
      const answer = await exchangeRaw(door.url, `GET ${LIST}&user.name=alice HTTP/1.1\r\nHost: nn\r\n\r\n`)
      expect(answer).toContain(idle === 0 ? 'Connection: close' : 'Connection: keep-alive')
    }
  })

  test('a port that is taken is named', async () => {
    const { door } = await openBefore()
    const port = Number(new URL(door.url).port)
    const again = openDoor({ upstreams: ['http://127.0.0.1:1'], listen: { host: '127.0.0.1', port } })
    await expect(again).rejects.toThrow(`service \`nn\`: cannot listen on 127.0.0.1:${port}`)
  })
})
