import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { connect } from 'node:net'
import { describe, expect, test } from 'vitest'
import { exchangeRaw, openDoor } from '../support/door.ts'
import { closeAfterTest, openBefore, openBeforeRaw } from '../support/opened.ts'
import { until } from '../support/until.ts'
import { startRawAnswer, startUpstream } from '../support/upstream.ts'

const READ = '/webhdfs/v1/f?op=LISTSTATUS&user.name=alice'
const WRITE = '/webhdfs/v1/f?op=MKDIRS&user.name=alice'
const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'

/** The address of a port that was free a moment ago. */
async function deadUrl(): Promise<string> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return `http://127.0.0.1:${port}`
}

describe('an upstream that cannot be reached', () => {
  test('is answered with 502 in the form of the surface', async () => {
    const door = await openDoor({ upstreams: [await deadUrl()] })
    closeAfterTest(door.stop)
    const answer = await fetch(`${door.url}${READ}`)
    expect([answer.status, answer.headers.get('x-keddah-reason')]).toEqual([502, 'upstream_connect_refused'])
    expect(await answer.text()).toBe(
      '{"RemoteException":{"exception":"IOException","javaClassName":"java.io.IOException","message":"the upstream cannot be reached"}}',
    )
    expect(await door.metric('keddah_upstream_errors_total{service="nn",kind="connect_refused"}')).toBe(1)
    expect(await door.metric('keddah_upstream_requests_total{service="nn",outcome="error"}')).toBe(1)
  })

  test('whose name is none is answered with 502', async () => {
    const door = await openDoor({ upstreams: ['http://no-such-host.invalid:9870'] })
    closeAfterTest(door.stop)
    expect((await fetch(`${door.url}${READ}`)).status).toBe(502)
    expect(await door.metric('keddah_upstream_errors_total{service="nn",kind="dns"}')).toBe(1)
  })

  test('and one that is not HTTP stand in the log with their address, of which the client learns nothing', async () => {
    const raw = await startRawAnswer('220 ready\r\n')
    closeAfterTest(raw.close)
    for (const [url, reason, cause] of [
      [await deadUrl(), 'upstream_connect_refused', 'ECONNREFUSED'],
      [raw.url, 'upstream_protocol', 'ERR_UPSTREAM_PROTOCOL'],
    ] as const) {
      const door = await openDoor({ upstreams: [url] })
      closeAfterTest(door.stop)
      const answer = await fetch(`${door.url}${READ}`)
      const { host, port } = new URL(url)
      expect(`${[...answer.headers].join('\n')}${await answer.text()}`).not.toContain(port)
      const lines = door.log.map((line): unknown => JSON.parse(line))
      const wanted = { service: 'nn', reason, upstream: host, cause }
      expect(lines).toContainEqual(expect.objectContaining(wanted))
    }
  })

  test('gives way to the next one, with the whole body', async () => {
    const second = await startUpstream()
    const door = await openDoor({ kind: 'httpfs', upstreams: [await deadUrl(), second.url] })
    closeAfterTest(door.stop)
    closeAfterTest(second.close)
    for (const size of [0, 100, 500_000]) {
      const answer = await fetch(`${door.url}${WRITE}`, { method: 'PUT', body: 'x'.repeat(size) })
      expect(answer.status).toBe(200)
    }
    expect(second.received.map(({ body }) => body.length)).toEqual([0, 100, 500_000])
  })

  test('is passed over only as long as nothing was sent', async () => {
    // A request that may have been carried out is not carried out again elsewhere.
    const first = await startRawAnswer('')
    const second = await startUpstream()
    const door = await openDoor({ kind: 'httpfs', upstreams: [first.url, second.url] })
    closeAfterTest(door.stop)
    closeAfterTest(first.close)
    closeAfterTest(second.close)
    const answer = fetch(`${door.url}${READ}`)
    await until(() => (first.connections[0]?.bytes.length ?? 0) > 0)
    first.connections[0]?.socket.destroy()
    expect((await answer).status).toBe(502)
    expect(second.received).toEqual([])
  })
})

describe('an upstream that does not answer', () => {
  test('in time: 504', async () => {
    const { door, upstream } = await openBeforeRaw(() => {}, { timeouts: { upstreamHeaders: 200 } })
    const answer = await fetch(`${door.url}${READ}`)
    expect([answer.status, answer.headers.get('x-keddah-reason')]).toEqual([504, 'upstream_headers_timeout'])
    await until(() => upstream.connections[0]?.socket.destroyed === true)
  })

  // The attack: a compromised upstream answers with bytes that the client, or the next request on the connection,
  // would take for something else.
  test.each([
    ['nothing at all', '', 'reset'],
    ['no HTTP', 'SSH-2.0-OpenSSH_9.2\r\n\r\n', 'protocol'],
    [
      'a length and chunks',
      'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
      'protocol',
    ],
    ['two lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nok', 'protocol'],
    ['a coding that nobody undoes', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\nok', 'protocol'],
    ['a folded line', 'HTTP/1.1 200 OK\r\nX-A: b\r\n c\r\nContent-Length: 2\r\n\r\nok', 'protocol'],
    [
      'a control character in a header',
      'HTTP/1.1 200 OK\r\nX-A: b\x01c\r\nContent-Length: 2\r\n\r\nok',
      'protocol',
    ],
    [
      'another protocol',
      'HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n',
      'protocol',
    ],
    ['another protocol, half', 'HTTP/1.1 101 Switching Protocols\r\n\r\n', 'protocol'],
    [
      'two places to go',
      'HTTP/1.1 307 x\r\nLocation: http://a/\r\nLocation: http://b/\r\nContent-Length: 0\r\n\r\n',
      'protocol',
    ],
    ['a head of a megabyte', `HTTP/1.1 200 OK\r\nX-A: ${'b'.repeat(1_000_000)}\r\n\r\n`, 'protocol'],
    ['interim answers without end', 'HTTP/1.1 100 Continue\r\n\r\n'.repeat(1_000), 'protocol'],
  ])('in HTTP but with %s: 502', async (_what, bytes, kind) => {
    const { door } = await openBeforeRaw(({ socket }) => {
      socket.once('data', () => socket.end(bytes, 'latin1'))
    })
    const answer = await fetch(`${door.url}${READ}`)
    expect([answer.status, answer.headers.get('x-keddah-reason')]).toEqual([502, `upstream_${kind}`])
    expect(await door.metric(`keddah_upstream_errors_total{service="nn",kind="${kind}"}`)).toBe(1)
    expect(await door.metric('keddah_in_flight_requests{service="nn"}')).toBe(0)
  })

  test('to the end: the client must not take what there is for the whole', async () => {
    const heads = ['Content-Length: 100\r\n\r\nhalf', 'Transfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n']
    for (const head of heads) {
      const { door } = await openBeforeRaw(({ socket }) => {
        socket.once('data', () => {
          socket.write(`HTTP/1.1 200 OK\r\n${head}`)
          setTimeout(() => socket.destroy(), 30)
        })
      })
      const answer = await exchangeRaw(door.url, `GET ${READ} HTTP/1.1\r\nHost: nn\r\n\r\n`)
      expect(answer).toMatch(/half\r?\n?$/)
      expect(answer).not.toMatch(/\n0\r\n\r\n/)
      await expect(fetch(`${door.url}${READ}`).then((response) => response.text())).rejects.toThrow(
        'terminated',
      )
    }
  })

  test('while its body flows: the client is cut off', async () => {
    const { door } = await openBeforeRaw(
      ({ socket }) =>
        socket.once('data', () => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf')),
      { timeouts: { body: 200 } },
    )
    expect(await exchangeRaw(door.url, `GET ${READ} HTTP/1.1\r\nHost: nn\r\n\r\n`)).toMatch(/half$/)
    expect(await door.metric('keddah_upstream_errors_total{service="nn",kind="body_timeout"}')).toBe(1)
  })
})

describe('the connections to the upstream', () => {
  test('are kept for the next request', async () => {
    const { door, upstream } = await openBeforeRaw(({ socket }) => socket.on('data', () => socket.write(OK)))
    for (let count = 0; count < 5; count += 1)
      expect(await (await fetch(`${door.url}${READ}`)).text()).toBe('ok')
    expect(upstream.connections).toHaveLength(1)
  })

  test.each([
    ['it says so', 'HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok'],
    ['it speaks HTTP/1.0', 'HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok'],
    ['it keeps it too short', 'HTTP/1.1 200 OK\r\nKeep-Alive: timeout=1\r\nContent-Length: 2\r\n\r\nok'],
  ])('end with an answer where %s', async (_why, bytes) => {
    const { door, upstream } = await openBeforeRaw(({ socket }) =>
      socket.on('data', () => socket.write(bytes)),
    )
    for (let count = 0; count < 3; count += 1)
      expect(await (await fetch(`${door.url}${READ}`)).text()).toBe('ok')
    expect(upstream.connections).toHaveLength(3)
    await until(() => upstream.connections.every(({ socket }) => socket.destroyed))
  })

  test('that the upstream closes while they wait are not used again', async () => {
    const { door, upstream } = await openBeforeRaw(({ socket }) =>
      socket.on('data', () => socket.write(OK, () => setTimeout(() => socket.end(), 20))),
    )
    for (let count = 0; count < 3; count += 1) {
      expect(await (await fetch(`${door.url}${READ}`)).text()).toBe('ok')
      await until(() => upstream.connections.every(({ socket }) => socket.destroyed))
    }
    expect(upstream.connections).toHaveLength(3)
  })

  /** Answers the first request of each connection, and hangs up at the second one; what came, in order. */
  function closesUnderTheSecond(partial = ''): {
    lines: string[]
    serve: Parameters<typeof openBeforeRaw>[0]
  } {
    const lines: string[] = []
    const serve: Parameters<typeof openBeforeRaw>[0] = ({ socket }) => {
      let count = 0
      socket.on('data', (bytes) => {
        lines.push(bytes.toString('latin1').split(' ', 1)[0] ?? '')
        count += 1
        if (count === 1) socket.write(OK)
        else socket.end(partial)
      })
    }
    return { lines, serve }
  }

  test('that the upstream closes under a question are made anew for it', async () => {
    const { lines, serve } = closesUnderTheSecond()
    const { door, upstream } = await openBeforeRaw(serve)
    for (let count = 0; count < 4; count += 1) expect((await fetch(`${door.url}${READ}`)).status).toBe(200)
    expect([lines.length, upstream.connections.length]).toEqual([7, 4])
    expect(await door.metric('keddah_upstream_retries_total{service="nn",cause="stale"}')).toBe(3)
  })

  test.each([
    ['a write', WRITE, 'PUT', '', {}],
    ['an answer that has begun', READ, 'GET', 'HTTP/1.1 20', {}],
    ['a budget of nothing', READ, 'GET', '', { highAvailability: { retryBudget: 0 } }],
  ] as const)(
    'that the upstream closes are not made anew for %s',
    async (_what, target, method, partial, options) => {
      const { lines, serve } = closesUnderTheSecond(partial)
      const { door } = await openBeforeRaw(serve, options)
      expect((await fetch(`${door.url}${READ}`)).status).toBe(200)
      const answer = await fetch(`${door.url}${target}`, { method })
      expect([answer.status, lines]).toEqual([502, ['GET', method]])
    },
  )

  test('that the upstream closes under each first request are not tried a second time', async () => {
    const { door, upstream } = await openBeforeRaw(({ socket }) => socket.on('data', () => socket.end()))
    expect((await fetch(`${door.url}${READ}`)).status).toBe(502)
    expect(upstream.connections).toHaveLength(1)
  })

  test('bring a small body together with the head', async () => {
    const { door, upstream } = await openBeforeRaw(({ socket }) =>
      socket.once('data', (first) =>
        socket.write(first.toString('latin1').endsWith('\r\n\r\nbody') ? OK : ''),
      ),
    )
    const answer = await fetch(`${door.url}${WRITE}`, { method: 'PUT', body: 'body' })
    expect([answer.status, upstream.connections.length]).toEqual([200, 1])
  })

  test('are thrown away with bytes that belong to no request', async () => {
    // The attack: an answer that nobody asked for waits on a kept connection and is given to the next caller.
    const { door, upstream } = await openBeforeRaw(({ socket }) =>
      socket.on('data', () => socket.write(`${OK}HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil`)),
    )
    for (let count = 0; count < 3; count += 1)
      expect(await (await fetch(`${door.url}${READ}`)).text()).toBe('ok')
    expect(upstream.connections).toHaveLength(3)
  })

  test('survive requests that cannot be sent', async () => {
    // The attack: each request that cannot be sent takes one connection of a bounded pool with it, until none is left.
    const { door } = await openBefore(undefined, { maxInFlight: 4 })
    const lines = [
      'Keep-Alive: timeout=5',
      'Expect: 100-continue',
      'TE: trailers',
      'Upgrade: h2c',
      'Proxy-Connection: x',
    ]
    const targets = [
      READ,
      '/webhdfs/v1/%C3%BC?op=LISTSTATUS&user.name=alice',
      '/webhdfs/v1/a b?op=LISTSTATUS&user.name=alice',
    ]
    const bad = lines.flatMap((line) =>
      targets.map((target) =>
        exchangeRaw(
          door.url,
          `GET ${target} HTTP/1.1\r\nHost: nn\r\n${line}\r\nConnection: close, keep-alive\r\n\r\n`,
        ),
      ),
    )
    await Promise.all([...bad, ...bad])
    for (let count = 0; count < 8; count += 1) expect((await fetch(`${door.url}${READ}`)).status).toBe(200)
  })

  test('are bounded: whoever comes too many is told to come again', async () => {
    let answer: (() => void)[] = []
    const { door } = await openBefore((_, response) => void answer.push(() => response.end('ok')), {
      maxInFlight: 2,
    })
    const running = [fetch(`${door.url}${READ}`), fetch(`${door.url}${READ}`)]
    await until(() => answer.length === 2)
    const refused = await fetch(`${door.url}${READ}`)
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '1'])
    expect(refused.headers.get('x-keddah-reason')).toBe('upstream_busy')
    expect(await refused.text()).toContain('RetriableException')
    for (const end of answer) end()
    answer = []
    expect((await Promise.all(running)).map(({ status }) => status)).toEqual([200, 200])
    const next = fetch(`${door.url}${READ}`)
    await until(() => answer.length === 1)
    answer[0]?.()
    expect((await next).status).toBe(200)
  })

  test('come free when clients hang up, also those that were not connected yet', async () => {
    const { door } = await openBefore((_, response) => void setTimeout(() => response.end('ok'), 50), {
      maxInFlight: 2,
    })
    const { port, hostname } = new URL(door.url)
    for (let round = 0; round < 20; round += 1) {
      const socket = connect(Number(port), hostname)
      socket.on('error', () => {})
      socket.write(`GET ${READ} HTTP/1.1\r\nHost: nn\r\n\r\nGET ${READ} HTTP/1.1\r\nHost: nn\r\n\r\n`)
      await new Promise((resolve) => setTimeout(resolve, round))
      socket.destroy()
    }
    let status = 503
    for (let tries = 0; status === 503 && tries < 200; tries += 1) {
      status = (await fetch(`${door.url}${READ}`)).status
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
    expect(status).toBe(200)
    expect(await door.metric('keddah_in_flight_requests{service="nn"}')).toBe(0)
  })
})
