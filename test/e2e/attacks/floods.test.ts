import { connect, type Socket } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import { parseTrustedPeers } from '../../../src/identity/peers.ts'
import type { Caller } from '../../support/attack/client.ts'
import { ok } from '../../support/attack/lenient-upstream.ts'
import { valuesOf } from '../../support/attack/messages.ts'
import { ALLOWED, DENIED, get, lastGet, useStage } from '../../support/attack/stage.ts'
import { until } from '../../support/until.ts'

const PROXY = '127.0.0.9'
const proxies = parseTrustedPeers([PROXY], 'trustedProxies')
const trustedProxies = (): typeof proxies => proxies
const from = (address: string): string => `X-Forwarded-For: ${address}`

const opened: Socket[] = []
afterEach(() => {
  for (const socket of opened.splice(0)) socket.destroy()
})

/** A connection from an address of the loopback: what has come, and whether it is over. */
function dial(
  url: string,
  localAddress: string,
): { socket: Socket; text: () => string; isOver: () => boolean } {
  const { hostname, port } = new URL(url)
  const socket = connect({ host: hostname, port: Number(port), localAddress })
  let text = ''
  let isOver = false
  socket.on('data', (chunk) => (text += chunk.toString('latin1'))).on('error', () => {})
  socket.on('close', () => (isOver = true))
  opened.push(socket)
  return { socket, text: () => text, isOver: () => isOver }
}

// Attack: one machine opens connection after connection, until there is none left for anybody else.
describe('connections', () => {
  const stage = useStage({
    limits: { connections: 12, connectionsPerAddress: 4 },
    dependencies: { trustedProxies },
  })
  const open = (): Promise<number> => stage.door.metric('keddah_connections{service="nn"}')
  const refused = (reason: string): Promise<number> =>
    stage.door.metric(`keddah_connections_refused_total{service="nn",reason="${reason}"}`)

  test('of one address keep no other address out, and one that ends makes room for one', async () => {
    const held = [1, 2, 3, 4].map(() => dial(stage.door.url, '127.0.0.1'))
    await expect.poll(open).toBe(4)
    const fifth = dial(stage.door.url, '127.0.0.1')
    await until(fifth.isOver)
    expect([fifth.text(), await refused('too_many_from_address'), await open()]).toEqual(['', 1, 4])
    const other = dial(stage.door.url, '127.0.0.2')
    other.socket.write(lastGet(ALLOWED))
    await until(other.isOver)
    expect(other.text()).toMatch(/^HTTP\/1\.1 200 /)
    held[0]?.socket.destroy()
    await expect.poll(open).toBe(3)
    expect((await stage.send(lastGet(ALLOWED))).status).toBe(200)
    for (const { socket } of held) socket.destroy()
    await expect.poll(open).toBe(0)
  })

  test('of a trusted proxy are those of its clients, and only the bound of all of them holds', async () => {
    const many = Array.from({ length: 12 }, () => dial(stage.door.url, PROXY))
    await expect.poll(open).toBe(12)
    const before = await refused('too_many')
    const over = dial(stage.door.url, '127.0.0.1')
    await until(over.isOver)
    expect(await refused('too_many')).toBe(before + 1)
    for (const { socket } of many) socket.destroy()
    await expect.poll(open).toBe(0)
    expect((await stage.send(lastGet(ALLOWED))).status).toBe(200)
  })
})

// Attack: one machine sends as fast as it can, and all of it has to be looked up, decided and sent on.
describe('requests of one address', () => {
  let lookedUp = 0
  const stage = useStage({
    limits: { requestsPerSecondPerAddress: 1, burstPerAddress: 3 },
    dependencies: { trustedProxies },
    groupsOf: () => {
      lookedUp += 1
      return Promise.resolve([])
    },
  })

  test('beyond its rate are refused before anybody is looked up, and the connection may stay', async () => {
    const caller = await stage.call()
    caller.write(get('/webhdfs/v1/?op=LISTSTATUS&user.name=alice').repeat(3))
    await caller.answers(3)
    const before = lookedUp
    caller.write(get('/webhdfs/v1/?op=LISTSTATUS&user.name=somebodynew'))
    const answer = (await caller.answers(4))[3]
    expect([answer?.status, answer && valuesOf(answer, 'x-keddah-reason')]).toEqual([429, ['address_rate']])
    expect(answer && valuesOf(answer, 'retry-after')).toEqual(['1'])
    expect(JSON.parse(answer?.body ?? '')).toMatchObject({
      RemoteException: { javaClassName: 'org.apache.hadoop.ipc.RetriableException' },
    })
    expect([lookedUp, caller.isClosed, stage.upstream.requests()]).toEqual([
      before,
      false,
      expect.objectContaining({ length: 3 }),
    ])
    caller.hangUp()
  })

  // Attack: what is no right request costs no token, so that it may come as often as somebody likes.
  test('that are refused as they are count as well', async () => {
    const caller = dial(stage.door.url, '127.0.0.8')
    for (let count = 0; count < 5; count += 1) caller.socket.write(get('/webhdfs/v1/?op=LISTSTATUS&op=OPEN'))
    await until(() => caller.text().match(/HTTP\/1\.1 \d+/g)?.length === 5)
    expect(caller.text().match(/HTTP\/1\.1 \d+/g)).toEqual([
      ...Array.from({ length: 3 }, () => 'HTTP/1.1 400'),
      ...Array.from({ length: 2 }, () => 'HTTP/1.1 429'),
    ])
    caller.socket.destroy()
  })

  test('that a trusted proxy names are counted each by itself', async () => {
    const proxy = dial(stage.door.url, PROXY)
    for (const client of [1, 2, 3, 4]) proxy.socket.write(get(ALLOWED, from(`192.0.2.${client}`)))
    for (const _ of [1, 2, 3, 4]) proxy.socket.write(get(ALLOWED, from('192.0.2.9')))
    await until(() => proxy.text().match(/HTTP\/1\.1 \d+/g)?.length === 8)
    expect(proxy.text().match(/HTTP\/1\.1 \d+/g)).toEqual([
      ...Array.from({ length: 7 }, () => 'HTTP/1.1 200'),
      'HTTP/1.1 429',
    ])
  })

  test('cannot be spread over addresses that the client makes up', async () => {
    const liar = dial(stage.door.url, '127.0.0.3')
    for (const client of [1, 2, 3, 4]) liar.socket.write(get(ALLOWED, from(`198.51.100.${client}`)))
    await until(() => liar.text().match(/HTTP\/1\.1 \d+/g)?.length === 4)
    expect(
      liar
        .text()
        .match(/HTTP\/1\.1 \d+/g)
        ?.at(-1),
    ).toBe('HTTP/1.1 429')
  })
})

describe('requests of one address to routes of settings', () => {
  const stage = useStage({
    kind: 'custom',
    routes: [{ path: '/api/x', methods: ['GET'], service: null, surface: 'rest', takesForm: false }],
    limits: { requestsPerSecondPerAddress: 1, burstPerAddress: 1 },
  })

  test('beyond its rate are refused in the form of their surface', async () => {
    await stage.send(lastGet('/api/x?user.name=alice'))
    const reply = await stage.send(lastGet('/api/x?user.name=alice'))
    expect([reply.status, valuesOf(reply, 'content-type')]).toEqual([429, ['application/json']])
  })
})

// Attack: one user keeps the daemon so busy that nobody else gets an answer.
describe('requests of one user', () => {
  const stage = useStage({ limits: { requestsPerSecondPerUser: 1, burstPerUser: 2 } })
  const as = (query: string): string => lastGet(`/webhdfs/v1/?op=LISTSTATUS&${query}`)

  test('beyond the rate are refused, and those of others are not', async () => {
    for (const status of [200, 200, 429]) {
      const reply = await stage.send(as('user.name=alice'))
      expect([reply.status, reply.reason]).toEqual([status, status === 429 ? 'user_rate' : null])
    }
    expect((await stage.send(as('user.name=bo'))).status).toBe(200)
  })

  test('that are refused take nothing of it: nobody can use up the share of another', async () => {
    for (let count = 0; count < 5; count += 1) {
      expect((await stage.send(lastGet(DENIED))).status).toBe(403)
      expect((await stage.send(as('user.name=mallory&doas=bo'))).status).toBe(403)
    }
    expect((await stage.send(as('user.name=bo'))).status).toBe(200)
  })
})

describe('requests of one user from one address', () => {
  const stage = useStage({
    limits: {
      requestsPerSecondPerUser: 1,
      burstPerUser: 1,
      requestsPerSecondPerAddress: 1,
      burstPerAddress: 3,
    },
  })

  test('have a burst of each of the two', async () => {
    const reasons: (string | null)[] = []
    for (const user of ['alice', 'alice', 'bo', 'alice'])
      reasons.push((await stage.send(lastGet(`/webhdfs/v1/?op=LISTSTATUS&user.name=${user}`))).reason)
    expect(reasons).toEqual([null, 'user_rate', null, 'address_rate'])
  })
})

// Attack: more requests than the upstream can take, for so long that everything in between fills up with those of
// clients that have given up.
describe('the queue before an upstream', () => {
  const stage = useStage({ maxInFlight: 2, limits: { queue: { length: 2, wait: 60_000 } } })
  const brief = useStage({ maxInFlight: 1, limits: { queue: { length: 9, wait: 100 } } })
  const queued = (): Promise<number> => stage.door.metric('keddah_queued_requests{service="nn"}')
  const target = (name: string): string => `/webhdfs/v1/${name}?op=LISTSTATUS&user.name=alice`

  /** Has the upstream keep its answers; what it was asked for, and what makes it answer the oldest. */
  function hold(upstream: typeof stage.upstream): { asked: string[]; answer: () => void } {
    const held: (() => void)[] = []
    const asked: string[] = []
    upstream.behave((request, socket) => {
      asked.push(request.target.slice('/webhdfs/v1/'.length).split('?')[0] ?? '')
      held.push(() => socket.write(ok()))
      return null
    })
    return { asked, answer: () => held.shift()?.() }
  }

  test('is short: one too many is told so at once, and the others are served in their order', async () => {
    const { asked, answer } = hold(stage.upstream)
    const callers: Caller[] = []
    for (const [index, name] of ['a', 'b', 'c', 'd'].entries()) {
      const caller = await stage.call()
      callers.push(caller)
      caller.write(get(target(name)))
      await expect.poll(async () => asked.length + (await queued())).toBe(index + 1)
    }
    expect([asked, await queued()]).toEqual([['a', 'b'], 2])
    const reply = await stage.send(lastGet(target('e')))
    expect([reply.status, reply.reason, valuesOf(reply, 'retry-after')]).toEqual([
      503,
      'upstream_queue_full',
      ['1'],
    ])
    expect(await stage.door.metric('keddah_upstream_errors_total{service="nn",kind="queue_full"}')).toBe(1)
    for (let count = 0; count < 4; count += 1) {
      answer()
      await until(() => asked.length === Math.min(4, 3 + count))
    }
    for (const caller of callers) expect((await caller.answers(1))[0]?.status).toBe(200)
    expect([asked, await queued()]).toEqual([['a', 'b', 'c', 'd'], 0])
    for (const caller of callers) caller.hangUp()
  })

  test('is left by clients that go, and what they wanted is never sent', async () => {
    const { asked, answer } = hold(stage.upstream)
    const callers = await Promise.all([1, 2, 3, 4].map(() => stage.call()))
    for (const [index, caller] of callers.entries()) caller.write(get(target(`x${index}`)))
    await expect.poll(async () => asked.length + (await queued())).toBe(4)
    const waiting = callers.filter((_, index) => !asked.includes(`x${index}`))
    for (const caller of waiting) caller.hangUp()
    await expect.poll(queued).toBe(0)
    answer()
    answer()
    await until(() => callers.every((caller) => caller.isClosed || caller.received !== ''))
    expect(asked).toHaveLength(2)
    for (const caller of callers) caller.hangUp()
  })

  test('is waited in for a bounded time', async () => {
    const { asked, answer } = hold(brief.upstream)
    const first = await brief.call()
    first.write(get(target('a')))
    await until(() => asked.length === 1)
    const reply = await brief.send(lastGet(target('b')))
    expect([reply.status, reply.reason, asked]).toEqual([503, 'upstream_busy', ['a']])
    answer()
    expect((await first.answers(1))[0]?.status).toBe(200)
    first.hangUp()
  })

  test('does not outlive the policy: what has waited is decided anew', async () => {
    const { asked, answer } = hold(stage.upstream)
    const callers = await Promise.all([1, 2, 3].map(() => stage.call()))
    for (const [index, caller] of callers.entries()) caller.write(get(target(`p${index}`)))
    await expect.poll(async () => asked.length + (await queued())).toBe(3)
    stage.door.refresh({ 'security.client.protocol.acl': 'bo' })
    const waiting = callers.find((_, index) => !asked.includes(`p${index}`))
    answer()
    expect((await waiting?.answers(1))?.[0]?.status).toBe(403)
    answer()
    expect(asked).toHaveLength(2)
    for (const caller of callers) caller.hangUp()
    await expect.poll(() => stage.door.metric('keddah_in_flight_requests{service="nn"}')).toBe(0)
  })
})
