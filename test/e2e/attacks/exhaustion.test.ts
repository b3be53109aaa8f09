import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import type { Caller } from '../../support/attack/client.ts'
import { ok } from '../../support/attack/lenient-upstream.ts'
import { valuesOf } from '../../support/attack/messages.ts'
import { ALLOWED, DENIED, get, head, lastGet, useStage } from '../../support/attack/stage.ts'
import { until } from '../../support/until.ts'

/**
 * Requests that are made to hold something for ever: a connection, memory, a place at the upstream. The times are
 * short here; that something ends is what counts, not when.
 */
const stage = useStage({
  timeouts: { headers: 400, body: 500, idle: 600, upstreamHeaders: 60_000 },
  maxInFlight: 4,
})
const patient = useStage({ maxInFlight: 4 })

const PUT = 'PUT /webhdfs/v1/d?op=MKDIRS&user.name=alice HTTP/1.1'
const upload = (length: number): string => head(PUT, 'Host: nn', `Content-Length: ${length}`)

/** Sends a byte now and then until the server has closed. */
async function drip(caller: Caller, piece: string): Promise<void> {
  while (!caller.isClosed) {
    caller.write(piece)
    await sleep(50)
  }
}

// Attack: thousands of requests that are never complete (slowloris), each of them alive by a byte now and then.
describe('a request that comes too slowly', () => {
  test('is ended, wherever it is slow', async () => {
    const slow = [
      ['GET /webhdfs', 'a'],
      [`GET ${ALLOWED} HTTP/1.1\r\nHost: nn\r\n`, 'X: y\r\n'],
      [`GET ${ALLOWED} HTTP/1.1\r\nHost: nn\r\nX: `, 'y'],
      ['', '\r\n'],
      ['', ''],
    ] as const
    const ends = slow.map(async ([beginning, piece]) => {
      const caller = await stage.call()
      caller.write(beginning)
      await drip(caller, piece)
      return (await caller.answers(1)).map(({ status }) => status)
    })
    for (const statuses of await Promise.all(ends)) expect([[], [408]]).toContainEqual(statuses)
    expect(await stage.reached()).toEqual([])
  })

  test('in a later request of its connection is ended as well', async () => {
    const caller = await stage.call()
    caller.write(get(ALLOWED))
    await caller.answers(1)
    caller.write('GET /webhdfs')
    await drip(caller, 'a')
    expect(caller.isClosed).toBe(true)
  })

  test.each([
    ['small enough to be read first', 1_000],
    ['that streams', 1_000_000],
  ])('in a body %s is answered with 408, and the upstream is let go', async (_, length) => {
    const caller = await stage.call()
    caller.write(`${upload(length)}abc`)
    const [answer] = await caller.answers(1)
    expect(answer?.status).toBe(408)
    await caller.closed()
    expect(await stage.reached()).toEqual([])
    expect(await stage.door.metric('keddah_in_flight_requests{service="nn"}')).toBe(0)
  })
})

// Attack: an upload that is kept alive by a byte now and then, and holds a place at the upstream for hours; as many of
// them as there are places keep everybody else out.
test.each([
  ['small enough to be read first', 'Content-Length: 1000', ['y']],
  ['that streams', 'Content-Length: 1000000', ['y']],
  ['in chunks', 'Transfer-Encoding: chunked', ['1\r\ny\r\n']],
])(
  'a body %s that only drips is answered with 408, and its place is free again',
  async (_, framing, [piece = '']) => {
    const caller = await stage.call()
    caller.write(head(PUT, 'Host: nn', framing))
    await drip(caller, piece)
    const [answer] = await caller.answers(1)
    expect([answer?.status, answer && valuesOf(answer, 'x-keddah-reason')]).toEqual([408, ['body_too_slow']])
    expect(await stage.reached()).toEqual([])
    expect(await stage.door.metric('keddah_in_flight_requests{service="nn"}')).toBe(0)
  },
)

// Attack: a body without end, which fills the disks behind.
describe('a body over the limit', () => {
  const bounded = useStage({ limits: { bodyBytes: 100_000 } })

  test.each([100_000, 100_001, 1_000_000_000])('of %i bytes that says so', async (length) => {
    const isTaken = length <= 100_000
    const caller = await bounded.call()
    caller.write(head(PUT, 'Host: nn', `Content-Length: ${length}`) + (isTaken ? 'x'.repeat(length) : ''))
    const [answer] = await caller.answers(1)
    expect(answer?.status).toBe(isTaken ? 200 : 413)
    expect(await bounded.reached()).toHaveLength(isTaken ? 1 : 0)
    caller.hangUp()
  })

  test('in chunks is cut where it crosses the limit, and the upstream has no whole request', async () => {
    const caller = await bounded.call()
    caller.write(head(PUT, 'Host: nn', 'Transfer-Encoding: chunked'))
    for (let sent = 0; sent < 200_000 && !caller.isClosed; sent += 10_000) {
      caller.write(`2710\r\n${'x'.repeat(10_000)}\r\n`)
      await sleep(1)
    }
    const [answer] = await caller.answers(1)
    expect([answer?.status, answer && valuesOf(answer, 'x-keddah-reason')]).toEqual([413, ['body_too_large']])
    await caller.closed()
    expect(await bounded.reached()).toEqual([])
  })
})

// Attack: a head that never ends, or that has more headers than the one who decides gets to see.
describe('a head', () => {
  const headers = (count: number): string[] => Array.from({ length: count }, (_, at) => `x${at}: y`)

  test('has at most a hundred headers', async () => {
    expect((await stage.send(lastGet(ALLOWED, ...headers(98)))).status).toBe(200)
    const reply = await stage.send(get(ALLOWED, ...headers(100)))
    expect([reply.status, reply.closed]).toEqual([431, true])
    expect(await stage.reached()).toHaveLength(1)
  })

  test.each([1_100, 2_200])(
    'of %i headers cannot hide a body behind the last one that is seen',
    async (count) => {
      const hidden = get('/webhdfs/v1/victim?op=GETFILESTATUS&user.name=root')
      const lines = [...Array.from({ length: count }, () => 'a:'), `Content-Length: ${hidden.length}`]
      const reply = await stage.send(head(PUT, 'Host: nn', ...lines) + hidden)
      expect([reply.status, reply.answers.length, reply.closed]).toEqual([431, 1, true])
      expect(await stage.reached()).toEqual([])
    },
  )

  test.each([
    ['value', `X: ${'a'.repeat(17_000)}`],
    ['name', `${'a'.repeat(17_000)}: x`],
    ['cookie', `Cookie: ${'a=b; '.repeat(4_000)}`],
  ])('has at most 16 KiB, in a %s', async (_, line) => {
    const reply = await stage.send(get(ALLOWED, line))
    expect([reply.status, reply.closed]).toEqual([431, true])
  })

  test('that never ends is ended', async () => {
    const caller = await stage.call()
    caller.write(`GET ${ALLOWED} HTTP/1.1\r\nHost: nn\r\n`)
    for (let written = 0; written < 1_000_000 && !caller.isClosed; written += 10_000) {
      caller.write(`X: ${'a'.repeat(9_995)}\r\n`)
      await sleep(1)
    }
    await caller.closed()
    expect(await stage.reached()).toEqual([])
  })
})

// Attack: requests that the upstream never answers, until nobody else gets a place.
describe('requests in flight', () => {
  const metric = (): Promise<number> => patient.door.metric('keddah_in_flight_requests{service="nn"}')

  test('are bounded: one too many is told to come back, and a place is free again after an answer', async () => {
    const held: (() => void)[] = []
    patient.upstream.behave((_, socket) => {
      held.push(() => socket.write(ok()))
      return null
    })
    const callers = await Promise.all(Array.from({ length: 4 }, () => patient.call()))
    for (const caller of callers) caller.write(get(ALLOWED))
    await until(() => held.length === 4)
    const reply = await patient.send(lastGet(ALLOWED))
    expect([reply.status, reply.reason, valuesOf(reply, 'retry-after')]).toEqual([
      503,
      'upstream_busy',
      ['1'],
    ])
    // Who is refused needs no place.
    expect((await patient.send(lastGet(DENIED))).status).toBe(403)
    for (const answer of held.splice(0)) answer()
    for (const caller of callers) expect((await caller.answers(1))[0]?.status).toBe(200)
    for (const caller of callers) caller.hangUp()
    expect(await patient.reached()).toHaveLength(4)
  })

  test('of clients that hang up give their places back, and their connections are not used again', async () => {
    patient.upstream.behave(() => null)
    for (let round = 0; round < 5; round += 1) {
      const callers = await Promise.all(Array.from({ length: 4 }, () => patient.call()))
      const before = patient.upstream.requests().length
      for (const caller of callers) caller.write(get(ALLOWED))
      await until(() => patient.upstream.requests().length === before + 4)
      for (const caller of callers) caller.hangUp()
      await expect.poll(metric, { timeout: 20_000 }).toBe(0)
    }
    await patient.reached()
  })

  test('of one connection are at the upstream one at a time, however many are sent at once', async () => {
    let atOnce = 0
    let most = 0
    patient.upstream.behave((_, socket) => {
      atOnce += 1
      most = Math.max(most, atOnce)
      void sleep(2).then(() => {
        atOnce -= 1
        socket.write(ok())
      })
      return null
    })
    const reply = await patient.send(get(ALLOWED).repeat(49) + lastGet(ALLOWED))
    expect(reply.answers.map(({ status }) => status)).toEqual(Array.from({ length: 50 }, () => 200))
    expect(most).toBe(1)
  })

  test('that fail before they are sent give their places back', async () => {
    const bad = [
      head(PUT, 'Host: nn', 'Content-Length: 3', 'Expect: x'),
      get(ALLOWED, 'Upgrade: x', 'Connection: upgrade'),
      get('/webhdfs/v1/a b?op=OPEN'),
      get(ALLOWED, 'Host: other'),
      get(ALLOWED, 'TE: x', 'Keep-Alive: x', 'Connection: close'),
      head(PUT, 'Host: nn', 'Content-Type: multipart/x', 'Content-Length: 3'),
    ]
    for (let round = 0; round < 4; round += 1)
      for (const bytes of bad) await patient.send(bytes, { answers: 1 })
    await expect.poll(metric, { timeout: 20_000 }).toBe(0)
    const callers = await Promise.all(Array.from({ length: 4 }, () => patient.send(lastGet(ALLOWED))))
    expect(callers.map(({ status }) => status)).toEqual([200, 200, 200, 200])
  })
})

const MIB = 1_048_576

// Attack: a client that asks for much and reads nothing, or an upstream that takes nothing, while the other side
// goes on: what is in between piles up in memory.
describe('what nobody reads', () => {
  test('of an answer stays at the upstream, and its connection ends', async () => {
    let sent = 0
    let isOver = false
    stage.upstream.behave((_, socket) => {
      socket.on('close', () => (isOver = true))
      socket.write(head('HTTP/1.1 200 OK', `Content-Length: ${256 * MIB}`))
      const block = Buffer.alloc(MIB / 4)
      const pour = (): void => {
        if (sent >= 256 * MIB || !socket.writable) return
        sent += block.length
        if (socket.write(block)) setImmediate(pour)
        else socket.once('drain', pour)
      }
      pour()
      return null
    })
    const caller = await stage.call()
    caller.socket.pause()
    caller.write(get(ALLOWED))
    await until(() => isOver)
    caller.hangUp()
    expect(sent).toBeGreaterThan(MIB / 4)
    expect(sent).toBeLessThan(64 * MIB)
    await stage.reached()
  })

  test('of a body stays at the client, and its connection ends', async () => {
    let isPaused = false
    stage.upstream.onBytes((socket, bytes) => {
      if (!bytes.includes('/stuck?')) return
      socket.pause()
      isPaused = true
    })
    const caller = await stage.call()
    caller.write(
      head(
        'PUT /webhdfs/v1/stuck?op=MKDIRS&user.name=alice HTTP/1.1',
        'Host: nn',
        `Content-Length: ${256 * MIB}`,
      ),
    )
    const block = Buffer.alloc(MIB / 4)
    let offered = 0
    while (offered < 64 * MIB && !caller.isClosed && caller.socket.writableLength < 4 * MIB) {
      caller.write(block)
      offered += block.length
      await sleep(1)
    }
    await until(() => isPaused)
    expect(offered - caller.socket.writableLength).toBeLessThan(48 * MIB)
    caller.hangUp()
    await expect
      .poll(() => stage.door.metric('keddah_in_flight_requests{service="nn"}'), { timeout: 20_000 })
      .toBe(0)
    await stage.reached()
  })
})

// Attack: requests that are sent without end and without reading an answer, so that requests or answers pile up.
test.each([
  ['are not answered', ALLOWED],
  ['are refused', DENIED],
])('requests that %s are not taken without end', async (_, target) => {
  patient.upstream.behave(() => null)
  const caller = await patient.call()
  caller.socket.pause()
  const block = get(target, `X: ${'a'.repeat(200)}`).repeat(1_000)
  let offered = 0
  while (offered < 64 * MIB && !caller.isClosed && caller.socket.writableLength < 2 * MIB) {
    caller.write(block)
    offered += block.length
    await sleep(1)
  }
  const taken = offered - caller.socket.writableLength
  caller.hangUp()
  expect(taken).toBeLessThan(32 * MIB)
  await expect
    .poll(() => patient.door.metric('keddah_in_flight_requests{service="nn"}'), { timeout: 20_000 })
    .toBe(0)
  await patient.reached()
})

// Attack: a group provider that hangs, asked for a new name by each of many clients that do not wait.
describe('a look-up that never ends', () => {
  const stuck = useStage({ groupsOf: () => new Promise(() => {}) })

  test('holds no client that has gone, and nothing that needs no groups', async () => {
    for (let round = 0; round < 50; round += 1) {
      const caller = await stuck.call()
      caller.write(get(`/webhdfs/v1/?op=LISTSTATUS&user.name=u${round}`))
      if (round % 2 === 0) await sleep(1)
      caller.hangUp()
    }
    expect((await stuck.send(lastGet('/isActive'))).status).toBe(200)
    await expect
      .poll(() => stuck.door.metric('keddah_in_flight_requests{service="nn"}'), { timeout: 20_000 })
      .toBe(0)
  })
})

// Attack: connections that do nothing at all.
test('hundreds of idle connections keep nobody out, and are closed', async () => {
  const callers = await Promise.all(Array.from({ length: 200 }, () => stage.call()))
  expect((await stage.send(lastGet(ALLOWED))).status).toBe(200)
  await Promise.all(callers.map((caller) => caller.closed()))
})

// Attack: a client that ends its half of the connection, so that a server that waits for its other half waits for ever.
test('a connection whose client has ended its half is closed', async () => {
  const caller = await stage.call()
  caller.socket.end(get(ALLOWED))
  await caller.closed()
  expect((await caller.answers(1)).length).toBeLessThanOrEqual(1)
  await stage.reached()
})

// Attack: connections that are reset in every state they can be in, again and again.
test('resets at any byte leave nothing behind', async () => {
  const bytes = `${get(DENIED)}${upload(4)}abcd${lastGet(ALLOWED)}`
  for (let at = 0; at <= bytes.length; at += 23) {
    const caller = await patient.call()
    caller.write(bytes.slice(0, at))
    await sleep(at % 3)
    caller.socket.resetAndDestroy()
  }
  await expect
    .poll(() => patient.door.metric('keddah_in_flight_requests{service="nn"}'), { timeout: 20_000 })
    .toBe(0)
  await patient.reached()
})

// Attack: names that nobody has, so that what is remembered about names grows without bound.
test('thousands of header names and user names that are never seen again change nothing', async () => {
  const caller = await patient.call()
  for (let round = 0; round < 40; round += 1) {
    const lines = Array.from({ length: 60 }, (_, at) => `x-${round}-${at}: y`)
    caller.write(get(`/webhdfs/v1/?op=LISTSTATUS&user.name=u${round}`, ...lines))
    const answers = await caller.answers(round + 1)
    expect(answers.at(-1)?.status).toBe(403)
  }
  caller.hangUp()
  const identity = await patient.send(lastGet(ALLOWED, 'X-Remote-User: root'))
  expect(identity.status).toBe(200)
  expect((await patient.reached())[0]?.raw).not.toContain('root')
})

// Attack: a line that takes time in the square of its length to be read: milliseconds of the attacker's, seconds of
// everybody's. Read in that way, these would outlast the time of a test.
describe('a line that is made to be slow to read', () => {
  test('in the cookies of an upstream is read at once', async () => {
    const cookie = `Set-Cookie: hadoop${'"'.repeat(60_000)}x=1`
    patient.upstream.behave(() => head('HTTP/1.1 200 OK', cookie, 'Content-Length: 0'))
    for (let round = 0; round < 30; round += 1)
      expect((await patient.send(lastGet(ALLOWED))).status).toBe(200)
  })

  test.each([
    ['cookies', `Cookie: hadoop${' "'.repeat(7_500)}x=1`],
    ['nominations', `Connection: ${' ,'.repeat(7_500)}`],
    ['preferences', `Accept: ${'application/xml;q=0.1;;;;,'.repeat(600)}`],
    ['an address', `X-Forwarded-For: 1${' '.repeat(15_000)}1`],
    ['an agent', `User-Agent: ${'(('.repeat(7_500)}`],
  ])('in %s of a client is read at once', async (_, line) => {
    for (let round = 0; round < 3; round += 1) {
      expect((await patient.send(get(ALLOWED, line), { answers: 1 })).status).toBe(200)
      expect((await patient.send(get(DENIED, line), { answers: 1 })).status).toBe(403)
    }
  })
})
