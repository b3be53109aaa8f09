import type { Socket } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type BadUpstream, drip, type Misdeed, once, startBadUpstream } from '../support/bad-upstream.ts'
import { openDoor, type TestDoor } from '../support/door.ts'

/**
 * Everything that an upstream can do wrong, at each stage of a request: what the client gets, what is counted, and that
 * nothing is left behind.
 */
let upstream: BadUpstream
let door: TestDoor
beforeAll(async () => {
  upstream = await startBadUpstream()
  door = await openDoor({
    upstreams: [upstream.url],
    timeouts: { upstreamHeaders: 300, body: 300, connect: 300 },
    limits: { minBodyRate: 0 },
  })
})
afterAll(async () => {
  await door.stop()
  await upstream.close()
})

const reset = (socket: Socket): void => void socket.resetAndDestroy()
const end = (socket: Socket): void => void socket.end()
const hang = (): void => {}

/** Reads nothing, not even that the other side has gone, until that has been long ago. */
const takeNothing = (socket: Socket): void => {
  socket.pause()
  setTimeout(() => socket.resume(), 1_000)
}

const OK = 'HTTP/1.1 200 OK\r\n'
const HALF = `${OK}Content-Length: 100\r\n\r\nhalf`
const CHUNK = `${OK}Transfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n`

/** What is asked for: the status, or `broken` where there was none or the body cannot be taken for a whole one. */
async function outcome(method: string, body: string | null): Promise<number | 'broken'> {
  const target = `/webhdfs/v1/f?op=${method === 'GET' ? 'OPEN' : 'MKDIRS'}&user.name=alice`
  const headers = { 'Content-Type': 'application/octet-stream' }
  try {
    const response = await fetch(`${door.url}${target}`, { method, body, headers })
    await response.text()
    return response.status
  } catch {
    return 'broken'
  }
}

const MEGABYTE = 'x'.repeat(1_048_576)

const ROWS: readonly (readonly [what: string, misdeed: Misdeed, result: number | 'broken', kind: string])[] =
  [
    ['resets each connection', { onConnect: reset }, 502, 'reset'],
    ['resets after the head of the request', once('', reset), 502, 'reset'],
    ['hangs up after the head of the request', once('', end), 502, 'reset'],
    ['resets in its status line', once('HTTP/1.1 20', reset), 502, 'reset'],
    ['resets in its head', once(`${OK}Content-Le`, reset), 502, 'reset'],
    ['says nothing', once('', hang), 504, 'headers_timeout'],
    ['stops in its head', once(`${OK}Content-Le`, hang), 504, 'headers_timeout'],
    ['sends its head byte by byte', once(OK, (socket) => drip(socket, 'x-a: b\r\n')), 504, 'headers_timeout'],
    [
      'sends interim answers for ever',
      once('', (socket) => drip(socket, 'HTTP/1.1 102 Processing\r\n\r\n')),
      504,
      'headers_timeout',
    ],
    ['does not speak HTTP', once('220 ready\r\n'), 502, 'protocol'],
    ['has no end of its head', once(`${OK}${'x: y\r\n'.repeat(100_000)}`), 502, 'protocol'],
    ['has two lengths', once(`${OK}Content-Length: 1\r\nContent-Length: 2\r\n\r\na`), 502, 'protocol'],
    ['resets in its body', once(HALF, reset), 'broken', 'reset_in_body'],
    ['hangs up in its body', once(HALF, end), 'broken', 'reset_in_body'],
    ['resets between chunks', once(CHUNK, reset), 'broken', 'reset_in_body'],
    ['hangs up between chunks', once(CHUNK, end), 'broken', 'reset_in_body'],
    [
      'has chunks that are none',
      once(CHUNK, (socket) => void setTimeout(() => socket.write('zz\r\n'), 50)),
      'broken',
      'protocol',
    ],
    ['stops in its body', once(HALF, hang), 'broken', 'body_timeout'],
    ['stops between chunks', once(CHUNK, hang), 'broken', 'body_timeout'],
  ]

const UPLOADS: typeof ROWS = [
  ['resets each connection', { onConnect: reset }, 502, 'reset'],
  ['resets in the body of the request', once('', reset), 502, 'reset'],
  ['never takes the body of the request', { onConnect: takeNothing }, 504, 'body_timeout'],
  ['answers half before the body is there', once(HALF, hang), 'broken', 'body_timeout'],
]

const errors = (kind: string): Promise<number> =>
  door.metric(`keddah_upstream_errors_total{service="nn",kind="${kind}"}`)

describe.each([
  ['without a body', 'GET', null, ROWS],
  ['with a body', 'PUT', MEGABYTE.repeat(16), UPLOADS],
] as const)('of a request %s, an upstream that', (_, method, body, rows) => {
  test.each(rows)('%s', async (_what, misdeed, result, kind) => {
    upstream.behave(misdeed)
    const before = await errors(kind)
    expect(await outcome(method, body)).toBe(result)
    expect(await errors(kind)).toBe(before + 1)
  })
})

test('of all that nothing is left: no request, no connection to the upstream, no timer', async () => {
  await expect.poll(() => upstream.open(), { timeout: 10_000 }).toBe(0)
  const inFlight = (): Promise<number> => door.metric('keddah_in_flight_requests{service="nn"}')
  await expect.poll(inFlight, { timeout: 10_000 }).toBe(0)
  expect(await door.metric('keddah_defects_total')).toBe(0)
  upstream.behave(once(`${OK}Content-Length: 2\r\n\r\nok`))
  expect(await outcome('GET', null)).toBe(200)
})
