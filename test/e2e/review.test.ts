import { connect } from 'node:net'
import { describe, expect, test } from 'vitest'
import type { AnswerHead, Reviewer, WholeAnswer } from '../../src/http/review.ts'
import { UnavailableError } from '../../src/errors.ts'
import { exchangeRaw, openDoor } from '../support/door.ts'
import { closeAfterTest, openBefore, openBeforeRaw } from '../support/opened.ts'
import { until } from '../support/until.ts'
import { startUpstream } from '../support/upstream.ts'

const READ = '/webhdfs/v1/f?op=LISTSTATUS&user.name=alice'
const WRITE = '/webhdfs/v1/f?op=MKDIRS&user.name=alice'
const KIB_64 = 65_536
const ELSEWHERE = { kind: 'elsewhere', cause: 'standby', otherwise: null } as const

/** Reads every answer as a whole, and remembers it. */
function holding(
  verdict: ReturnType<Reviewer['whole']>,
  tooLong: 'pass' | 'refuse' = 'pass',
): Reviewer & { readonly seen: WholeAnswer[] } {
  const seen: WholeAnswer[] = []
  return {
    seen,
    head: () => ({ kind: 'hold', tooLong }),
    whole(answer) {
      seen.push(answer)
      return verdict
    },
  }
}

/** Sends elsewhere what the named upstream answers. */
const awayFrom = (url: string): Reviewer => ({
  head: ({ upstream }) => (upstream === url ? { kind: 'hold', tooLong: 'refuse' } : 'pass'),
  whole: () => ELSEWHERE,
})

describe('an answer that is held', () => {
  test.each([
    ['of known length', 0, true],
    ['of known length', KIB_64, true],
    ['in chunks', 300, false],
  ])('and passed arrives as it was: %s, %i bytes', async (_what, size, hasLength) => {
    const reviewer = holding('pass')
    const { door } = await openBefore(
      (_, response) => {
        if (hasLength) response.setHeader('Content-Length', size)
        response.setHeader('X-A', 'b')
        response.end('x'.repeat(size))
      },
      { reviewers: [reviewer] },
    )
    const answer = await fetch(`${door.url}${READ}`)
    expect([answer.status, answer.headers.get('x-a')]).toEqual([200, 'b'])
    expect(await answer.text()).toBe('x'.repeat(size))
    expect(reviewer.seen.map(({ body, upstream }) => [body.length, upstream])).toEqual([
      [size, door.service.upstreams[0]],
    ])
  })

  test.each([65_537, 5_000_000])('and too long goes on as it comes, %i bytes', async (size) => {
    const reviewer = holding('pass')
    const { door } = await openBefore((_, response) => response.end('x'.repeat(size)), {
      reviewers: [reviewer],
    })
    expect(await (await fetch(`${door.url}${READ}`)).text()).toBe('x'.repeat(size))
    expect(reviewer.seen).toEqual([])
  })

  test('and too long where it must not be is refused, and its connection is not used again', async () => {
    const { door } = await openBefore((_, response) => response.end('x'.repeat(KIB_64 + 1)), {
      reviewers: [holding('pass', 'refuse')],
    })
    for (let count = 0; count < 40; count += 1) {
      const answer = await fetch(`${door.url}${READ}`)
      expect([answer.status, answer.headers.get('x-keddah-reason')]).toEqual([502, 'upstream_protocol'])
      expect(await answer.text()).toContain('IOException')
    }
    expect(await door.metric('keddah_in_flight_requests{service="nn"}')).toBe(0)
  })

  test.each([
    ['HEAD', 200, 'Content-Length: 500\r\n\r\n'],
    ['GET', 204, '\r\n'],
    ['GET', 304, 'Content-Length: 500\r\n\r\n'],
  ])('and has no body is a whole one: %s %i', async (method, status, rest) => {
    const reviewer = holding('pass')
    const { door } = await openBeforeRaw(
      ({ socket }) => socket.on('data', () => socket.write(`HTTP/1.1 ${status} x\r\n${rest}`)),
      { reviewers: [reviewer] },
    )
    const request = `${method} ${READ} HTTP/1.1\r\nHost: nn\r\nConnection: close\r\n\r\n`
    const text = await exchangeRaw(door.url, request)
    expect(text).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `))
    expect(text.endsWith('\r\n\r\n')).toBe(true)
    expect(/^content-length: (\d+)/im.exec(text)?.[1]).toBe(rest.includes('500') ? '500' : undefined)
    expect(reviewer.seen.map(({ body }) => body.length)).toEqual([0])
  })

  test('can be answered with another one', async () => {
    const reviewer = holding({
      kind: 'change',
      status: 203,
      headers: ['X-C', 'd'],
      body: Buffer.from('other'),
    })
    const { door } = await openBefore(undefined, { reviewers: [reviewer] })
    const answer = await fetch(`${door.url}${READ}`)
    expect([answer.status, answer.headers.get('content-length'), answer.headers.get('x-c')]).toEqual([
      203,
      '5',
      'd',
    ])
    expect([answer.headers.get('content-type'), await answer.text()]).toEqual([null, 'other'])
    const head = await fetch(`${door.url}${READ}`, { method: 'HEAD' })
    expect([head.headers.get('content-length'), await head.text()]).toEqual(['5', ''])
  })

  test('can be refused, seen or not', async () => {
    const error = new UnavailableError('ERR_UPSTREAM_PROTOCOL', 'not like this', { retryable: false })
    const refuse = { kind: 'refuse', error } as const
    for (const reviewer of [holding(refuse), { head: () => refuse, whole: () => refuse }]) {
      const { door } = await openBefore(undefined, { reviewers: [reviewer] })
      const answer = await fetch(`${door.url}${READ}`)
      expect([answer.status, answer.headers.get('x-keddah-reason')]).toEqual([502, 'upstream_protocol'])
    }
  })

  test('of which a part is missing is a refusal, for the client has seen nothing of it', async () => {
    const reviewer = holding('pass')
    const { door } = await openBeforeRaw(
      ({ socket }) =>
        socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf')),
      { reviewers: [reviewer] },
    )
    const answer = await fetch(`${door.url}${READ}`)
    expect([answer.status, answer.headers.get('x-keddah-reason')]).toEqual([502, 'upstream_reset'])
    expect(await answer.text()).not.toContain('half')
    expect(reviewer.seen).toEqual([])
  })

  test('and stops in the middle is given up in time', async () => {
    const { door } = await openBeforeRaw(
      ({ socket }) =>
        socket.once('data', () => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf')),
      { reviewers: [holding('pass')], timeouts: { body: 200 } },
    )
    expect((await fetch(`${door.url}${READ}`)).status).toBe(504)
  })

  test('ends with its client, and asks nobody else', async () => {
    const other = await startUpstream()
    closeAfterTest(other.close)
    let open = 0
    const first = await startUpstream((_, response) => {
      open += 1
      response.on('close', () => (open -= 1))
      response.write('half')
    })
    closeAfterTest(first.close)
    const door = await openDoor({
      kind: 'httpfs',
      upstreams: [first.url, other.url],
      reviewers: [awayFrom(first.url)],
    })
    closeAfterTest(door.stop)
    const { port, hostname } = new URL(door.url)
    const socket = connect(Number(port), hostname)
    socket.write(`GET ${READ} HTTP/1.1\r\nHost: nn\r\n\r\n`)
    await until(() => open === 1)
    socket.destroy()
    await until(() => open === 0)
    await until(() => first.received.length === 1)
    expect(other.received).toEqual([])
    expect(await door.metric('keddah_in_flight_requests{service="nn"}')).toBe(0)
  })
})

describe('an answer that proves that nothing was done', () => {
  test.each([0, 100, KIB_64])('sends the request elsewhere with its body of %i bytes', async (size) => {
    const first = await startUpstream((_, response) => response.writeHead(403).end('standby'))
    const second = await startUpstream((_, response) => response.end('done'))
    const door = await openDoor({
      kind: 'httpfs',
      upstreams: [first.url, second.url],
      reviewers: [awayFrom(first.url)],
    })
    closeAfterTest(door.stop)
    closeAfterTest(first.close)
    closeAfterTest(second.close)
    const answer = await fetch(`${door.url}${WRITE}`, { method: 'PUT', body: 'x'.repeat(size) })
    expect([answer.status, await answer.text()]).toEqual([200, 'done'])
    expect(second.received).toEqual(first.received)
    expect(await door.metric('keddah_upstream_requests_total{service="nn",outcome="4xx"}')).toBe(1)
    expect(await door.metric('keddah_upstream_requests_total{service="nn",outcome="2xx"}')).toBe(1)
  })

  test('does not where a body has been streamed, of which nobody has the beginning any more', async () => {
    const first = await startUpstream((_, response) => response.writeHead(403).end('standby'))
    const second = await startUpstream()
    const door = await openDoor({
      kind: 'httpfs',
      upstreams: [first.url, second.url],
      reviewers: [awayFrom(first.url)],
    })
    closeAfterTest(door.stop)
    closeAfterTest(first.close)
    closeAfterTest(second.close)
    const answer = await fetch(`${door.url}${WRITE}`, { method: 'PUT', body: 'x'.repeat(KIB_64 + 1) })
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '1'])
    expect(answer.headers.get('x-keddah-reason')).toBe('upstream_standby')
    expect(await answer.text()).toContain('"exception":"RetriableException"')
    expect(second.received).toEqual([])
  })

  test('is answered with 503 where there is no other server', async () => {
    const { door, upstream } = await openBefore(undefined, {
      reviewers: [holding(ELSEWHERE)],
    })
    expect((await fetch(`${door.url}${READ}`)).status).toBe(503)
    expect(upstream.received).toHaveLength(1)
    expect(await door.metric('keddah_upstream_errors_total{service="nn",kind="standby"}')).toBe(1)
  })
})

test('a head can be changed while the body goes on as it comes', async () => {
  const heads: AnswerHead[] = []
  const reviewer: Reviewer = {
    head(answer) {
      heads.push(answer)
      return { kind: 'change', headers: [...answer.headers, 'X-C', 'd'] }
    },
    whole: () => 'pass',
  }
  const { door } = await openBefore((_, response) => response.end('x'.repeat(5_000_000)), {
    reviewers: [reviewer],
  })
  const answer = await fetch(`${door.url}${READ}`)
  expect(answer.headers.get('x-c')).toBe('d')
  expect((await answer.text()).length).toBe(5_000_000)
  expect(heads).toHaveLength(1)
})
