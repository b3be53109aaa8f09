import { createHash, randomBytes } from 'node:crypto'
import type { Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { afterEach, describe, expect, test } from 'vitest'
import type { CustomRoute } from '../../src/routes/table.ts'
import { printOf } from '../../src/tls/material.ts'
import { call, type Caller } from '../support/attack/client.ts'
import { get, head } from '../support/attack/stage.ts'
import { TestAuthority } from '../support/certificates.ts'
import { type DoorOptions, openDoor, POLICY, type TestDoor } from '../support/door.ts'
import { CLIENT } from '../support/policy.ts'
import { startRawUpstream } from '../support/upstream.ts'
import { until } from '../support/until.ts'
import { startWebSocketServer, type WebSocketServer } from '../support/web-socket-server.ts'

const ROUTES: readonly CustomRoute[] = [
  { path: '/{path}', methods: ['GET'], service: CLIENT, surface: 'rest', takesForm: false, upgrade: true },
]
const HANDSHAKE = get(
  '/a?user.name=alice',
  'Connection: Upgrade',
  'Upgrade: websocket',
  'Sec-WebSocket-Version: 13',
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
)

const ends: (() => unknown)[] = []
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end()
})

interface Opened {
  readonly door: TestDoor
  readonly server: WebSocketServer
}

async function open(
  options: Omit<DoorOptions, 'upstreams'> = {},
  serving: Parameters<typeof startWebSocketServer>[0] = {},
): Promise<Opened> {
  const server = await startWebSocketServer(serving)
  ends.push(() => server.close())
  const door = await openDoor({ kind: 'custom', routes: ROUTES, upstreams: [server.url], ...options })
  ends.push(() => door.stop())
  return { door, server }
}

/** A tunnel of raw bytes, and the two ends of it. */
async function tunnel({ door, server }: Opened): Promise<{ caller: Caller; far: Socket }> {
  const before = server.sockets.length
  const caller = await call(door.url)
  ends.push(() => caller.hangUp())
  caller.write(HANDSHAKE)
  await until(() => caller.received.includes('\r\n\r\n') && server.sockets.length === before + 1)
  const far = server.sockets.at(-1)
  if (far === undefined) throw new Error('no socket')
  return { caller, far }
}

/** A WebSocket of the platform. */
async function webSocket(url: string, protocols: string[] = []): Promise<WebSocket> {
  const socket = new WebSocket(url.replace(/^http/, 'ws'), protocols)
  socket.binaryType = 'arraybuffer'
  ends.push(() => socket.close())
  await new Promise((resolve, reject) => {
    socket.addEventListener('open', resolve)
    socket.addEventListener('error', () => reject(new Error('it could not be opened')))
  })
  return socket
}

const nextMessage = (socket: WebSocket): Promise<unknown> =>
  new Promise((resolve) => {
    socket.addEventListener('message', ({ data }) => resolve(data), { once: true })
  })

const closed = ({ door }: Opened, result: string): Promise<number> =>
  door.metric(`keddah_tunnels_total{service="nn",result="${result}"}`)

const silent = { serve: () => {} }

describe('a WebSocket', () => {
  test('carries text and bytes, and ends in order', async () => {
    const opened = await open()
    const { door, server } = opened
    const socket = await webSocket(`${door.url}/shell/1?user.name=alice`, ['term', 'other'])
    expect(socket.protocol).toBe('term')
    expect(server.requests[0]?.url).toBe('/shell/1?user.name=alice')
    expect(server.requests[0]?.headers).toMatchObject({ 'x-forwarded-for': '127.0.0.1' })
    socket.send('grüße')
    expect(await nextMessage(socket)).toBe('grüße')
    const bytes = randomBytes(1_000_000)
    socket.send(bytes)
    const back = Buffer.from((await nextMessage(socket)) as ArrayBuffer)
    expect(createHash('sha256').update(back).digest('hex')).toBe(
      createHash('sha256').update(bytes).digest('hex'),
    )
    expect(await door.metric('keddah_tunnels_open{service="nn"}')).toBe(1)
    expect(await door.metric('keddah_in_flight_requests{service="nn"}')).toBe(1)
    const isClosed = new Promise<CloseEvent>((resolve) => socket.addEventListener('close', resolve))
    socket.close(1000)
    expect(await isClosed).toMatchObject({ code: 1000, wasClean: true })
    await until(() => server.sockets[0]?.destroyed === true)
    expect(await closed(opened, 'closed')).toBe(1)
    expect(await door.metric('keddah_tunnels_open{service="nn"}')).toBe(0)
    expect(await door.metric('keddah_in_flight_requests{service="nn"}')).toBe(0)
    expect(await door.metric('keddah_client_aborts_total{service="nn"}')).toBe(0)
    expect(await door.metric('keddah_upstream_requests_total{service="nn",outcome="1xx"}')).toBe(1)
    expect(await door.audit(1)).toMatchObject([{ user: 'alice', path: '/shell/1', effect: 'allow' }])
  })

  test('that is refused is an error to the client', async () => {
    const { door, server } = await open()
    await expect(webSocket(`${door.url}/shell/1?user.name=mallory`)).rejects.toThrow('could not be opened')
    expect(server.requests).toEqual([])
  })

  test('is opened by a page of a listed site alone', async () => {
    const { door } = await open({ origins: new Set(['https://hue.example.com']) })
    const statuses = []
    for (const origin of [
      'https://hue.example.com',
      'https://HUE.example.com',
      'http://nn',
      'https://hue.example.com:8443',
    ]) {
      const caller = await call(door.url)
      ends.push(() => caller.hangUp())
      caller.write(HANDSHAKE.replace('\r\n\r\n', `\r\nOrigin: ${origin}\r\n\r\n`))
      await until(() => caller.received.includes('\r\n\r\n'))
      statuses.push(caller.received.slice(9, 12))
    }
    expect(statuses).toEqual(['101', '101', '403', '403'])
  })

  test('goes over TLS on both sides', async () => {
    const authority = new TestAuthority()
    const [mine, theirs] = [authority.issue(), authority.issue({ alt: ['IP:127.0.0.1'] })]
    const own = { pair: mine, clientCa: null, clientAuth: 'none', minVersion: 'TLSv1.2', names: [] } as const
    const far = { ca: authority.certificate, pair: null, serverName: null }
    const { door, server } = await open(
      { tls: { ...own, print: printOf(own) }, upstreamTls: { ...far, print: printOf(far) } },
      { tls: { cert: theirs.certificate, key: theirs.keyPem }, serve: (socket) => socket.pipe(socket) },
    )
    const { port } = new URL(door.url)
    const socket = connectTls({ port: Number(port), servername: 'localhost', ca: authority.certificate })
    ends.push(() => socket.destroy())
    let received = ''
    socket.on('data', (chunk: Buffer) => (received += chunk.toString('latin1')))
    socket.write(HANDSHAKE.replace('Host: nn', 'Host: localhost'))
    await until(() => received.includes('\r\n\r\n'))
    expect(server.requests[0]?.headers['x-forwarded-proto']).toBe('https')
    socket.write('over TLS')
    await until(() => received.endsWith('over TLS'))
    const isEnded = new Promise((resolve) => socket.on('end', resolve))
    socket.end()
    await isEnded
    await until(() => server.sockets[0]?.destroyed === true)
  })

  test.each(['namenode', 'resourcemanager', 'nodemanager', 'httpfs'] as const)(
    'is not taken by a %s',
    async (kind) => {
      const { door, server } = await open({ kind })
      const paths = ['/', '/jmx', '/static/a', '/container/c1', '/terminal/t', '/ws/v1/node/info']
      const statuses = await Promise.all(
        [...paths, '/webhdfs/v1/a?op=LISTSTATUS'].map(async (path) => {
          const caller = await call(door.url)
          ends.push(() => caller.hangUp())
          caller.write(HANDSHAKE.replace('/a?', path.includes('?') ? `${path}&` : `${path}?`))
          return (await caller.answers(1))[0]?.status
        }),
      )
      expect(new Set(statuses)).toEqual(new Set([400]))
      expect(server.requests).toEqual([])
    },
  )
})

describe('a tunnel', () => {
  test('is read no faster than the other side takes it, and loses nothing', async () => {
    const total = 32_000_000
    const bytes = randomBytes(total)
    const opened = await open({}, silent)
    const { caller, far } = await tunnel(opened)
    caller.socket.pause()
    far.write(bytes)
    let [before, still] = [-1, 0]
    // Once nothing moves any more, buffers of both sockets and of the system are full, and no more than these.
    await until(() => {
      still = far.writableLength === before ? still + 1 : 0
      before = far.writableLength
      return still === 100
    })
    expect(far.writableLength).toBeGreaterThan(total / 3)
    const hash = createHash('sha256')
    let size = 0
    caller.socket.removeAllListeners('data').on('data', (chunk: Buffer) => {
      size += chunk.length
      hash.update(chunk)
    })
    caller.socket.resume()
    await until(() => size === total)
    expect(hash.digest('hex')).toBe(createHash('sha256').update(bytes).digest('hex'))
  })

  test.each(['client', 'server'])(
    'passes the end of the %s on, and what is still said to it',
    async (first) => {
      const opened = await open({}, silent)
      const { caller, far } = await tunnel(opened)
      const [near, other] = first === 'client' ? [caller.socket, far] : [far, caller.socket]
      near.allowHalfOpen = true
      other.allowHalfOpen = true
      const said = { near: '', other: '' }
      near.on('data', (chunk: Buffer) => (said.near += chunk.toString('latin1')))
      other.on('data', (chunk: Buffer) => (said.other += chunk.toString('latin1')))
      const isTold = new Promise((resolve) => other.on('end', resolve))
      near.end('last words')
      await isTold
      expect(said.other).toBe('last words')
      other.write('an answer to them')
      await until(() => said.near === 'an answer to them')
      other.end()
      await until(() => caller.isClosed && far.destroyed)
      expect(await closed(opened, 'closed')).toBe(1)
    },
  )

  test('that is cut at the server is cut for the client', async () => {
    const opened = await open({}, silent)
    const { caller, far } = await tunnel(opened)
    const codes: (string | undefined)[] = []
    caller.socket.on('error', (error: NodeJS.ErrnoException) => codes.push(error.code))
    far.resetAndDestroy()
    await caller.closed()
    expect(codes).toEqual(['ECONNRESET'])
    expect(await closed(opened, 'upstream_gone')).toBe(1)
    expect(await opened.door.metric('keddah_client_aborts_total{service="nn"}')).toBe(0)
  })

  test('that the client leaves is cut at the server', async () => {
    const opened = await open({}, silent)
    const { caller, far } = await tunnel(opened)
    const codes: (string | undefined)[] = []
    far.on('error', (error: NodeJS.ErrnoException) => codes.push(error.code)).resume()
    caller.socket.resetAndDestroy()
    await until(() => far.destroyed)
    expect(codes).toEqual(['ECONNRESET'])
    expect(await closed(opened, 'client_gone')).toBe(1)
    expect(await opened.door.metric('keddah_tunnels_open{service="nn"}')).toBe(0)
  })

  test('that is silent for too long is cut, and one that says something now and then is not', async () => {
    const opened = await open({ timeouts: { tunnel: 500 } }, silent)
    const { caller, far } = await tunnel(opened)
    far.resume()
    const began = performance.now()
    const talking = setInterval(() => caller.write('.'), 20)
    await until(() => performance.now() - began > 1_200)
    expect(caller.isClosed).toBe(false)
    clearInterval(talking)
    await caller.closed()
    await until(() => far.destroyed)
    expect(await closed(opened, 'idle')).toBe(1)
  })

  test('is cut at the end of the grace when a listener closes', async () => {
    const opened = await open({}, silent)
    const { caller } = await tunnel(opened)
    await opened.door.close({ graceMs: 50 })
    await caller.closed()
    expect(await closed(opened, 'drained')).toBe(1)
  })
})

describe('after a refresh', () => {
  const WITHOUT_ALICE = { ...POLICY, [CLIENT]: 'bo' }

  test('a tunnel of somebody who has lost the right is cut on both sides, and the others go on', async () => {
    const opened = await open({}, { serve: (socket) => socket.pipe(socket) })
    const { door, server } = opened
    const { caller } = await tunnel(opened)
    const bo = await call(door.url)
    ends.push(() => bo.hangUp())
    bo.write(HANDSHAKE.replace('alice', 'bo'))
    await until(() => bo.received.includes('\r\n\r\n'))

    door.refresh(WITHOUT_ALICE)
    await door.judgeAgain()

    await caller.closed()
    await until(() => server.sockets[0]?.destroyed === true)
    expect(await closed(opened, 'revoked')).toBe(1)
    expect(await door.metric('keddah_revoked_total{service="nn",kind="tunnel"}')).toBe(1)
    expect(await door.metric('keddah_client_aborts_total{service="nn"}')).toBe(0)
    expect((await door.audit(3))[2]).toMatchObject({
      user: 'alice',
      effect: 'deny',
      reason: 'acl',
      path: '/a',
    })
    bo.write('still here')
    await until(() => bo.received.endsWith('still here'))
  })

  test('a handshake that waits for its answer is refused', async () => {
    const mute = await startRawUpstream(() => {})
    ends.push(() => mute.close())
    const door = await openDoor({ kind: 'custom', routes: ROUTES, upstreams: [mute.url] })
    ends.push(() => door.stop())
    const caller = await call(door.url)
    ends.push(() => caller.hangUp())
    caller.write(HANDSHAKE)
    await until(() => mute.connections[0]?.bytes.includes('\r\n\r\n') === true)
    door.refresh(WITHOUT_ALICE)
    await door.judgeAgain()
    expect((await caller.answers(1))[0]?.status).toBe(403)
    await caller.closed()
    await until(() => mute.connections[0]?.socket.destroyed === true)
  })

  test('a tunnel of a page whose site is not listed any more is cut', async () => {
    const opened = await open({ origins: new Set(['http://ui']) }, silent)
    const { door } = opened
    const caller = await call(door.url)
    ends.push(() => caller.hangUp())
    caller.write(HANDSHAKE.replace('\r\n\r\n', '\r\nOrigin: http://ui\r\n\r\n'))
    await until(() => caller.received.includes('\r\n\r\n'))
    door.update({ ...door.service, origins: new Set() })
    await door.judgeAgain()
    await caller.closed()
    expect(await closed(opened, 'revoked')).toBe(1)
  })
})

test('requests without an upgrade go by the same route as ever', async () => {
  const { door } = await open()
  const caller = await call(door.url)
  ends.push(() => caller.hangUp())
  caller.write(head('GET /a?user.name=alice HTTP/1.1', 'Host: nn'))
  expect((await caller.answers(1))[0]).toMatchObject({ status: 200, body: 'no socket' })
})

test('a handshake may follow other requests on its connection', async () => {
  const { door, server } = await open({}, { serve: (socket) => socket.pipe(socket) })
  const caller = await call(door.url)
  ends.push(() => caller.hangUp())
  caller.write(get('/a?user.name=alice'))
  await caller.answers(1)
  caller.write(HANDSHAKE)
  await until(() => caller.received.includes(' 101 ') && server.sockets.length === 1)
  caller.write('after all')
  await until(() => caller.received.endsWith('after all'))
  expect(server.requests).toHaveLength(1)
})
