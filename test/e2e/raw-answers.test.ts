import { describe, expect, test } from 'vitest'
import { call } from '../support/attack/client.ts'
import { exchangeRaw } from '../support/door.ts'
import { openBefore } from '../support/opened.ts'

const MKDIRS = 'PUT /webhdfs/v1/x?op=MKDIRS&user.name=alice HTTP/1.1\r\nHost: nn\r\n'

const headerOf = (answer: string, name: string): string =>
  new RegExp(`^${name}: (\\S+)\\r$`, 'im').exec(answer)?.[1] ?? ''

/** What the log says about rejected requests. */
const rejected = (log: readonly string[]): Record<string, unknown>[] =>
  log
    .map((line) => JSON.parse(line) as Record<string, unknown>)
    .filter(({ msg }) => msg === 'a request was rejected')

// The attack: an intruder tries bytes that never become a request. Without an id in answer and log, nobody could tell
// which of the refusals that a user reports, or an alarm counts, is which.
describe('what is refused below the parser has a request id, and the log has it too', () => {
  test.each([
    ['a tunnel', 405, 'method_not_allowed', 'CONNECT dn:9866 HTTP/1.1\r\nHost: dn:9866\r\n\r\n'],
    [
      'length and chunks',
      400,
      'malformed',
      `${MKDIRS}Content-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n`,
    ],
    ['garbage', 400, 'malformed', '\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03'],
    ['another version', 505, 'http_version', 'GET / HTTP/2.0\r\nHost: nn\r\n\r\n'],
    [
      'a head that is too large',
      431,
      'headers_too_large',
      `GET / HTTP/1.1\r\nX: ${'b'.repeat(17_000)}\r\n\r\n`,
    ],
    [
      'a body that breaks off its framing',
      400,
      'malformed',
      `${MKDIRS}Transfer-Encoding: chunked\r\n\r\nzz\r\n`,
    ],
  ])('%s: %i %s', async (_what, status, reason, bytes) => {
    const { door, upstream } = await openBefore()
    const answer = await exchangeRaw(door.url, bytes)
    const requestId = headerOf(answer, 'X-Keddah-Request-Id')
    expect(answer).toMatch(new RegExp(`^HTTP/1\\.1 ${status} [A-Z]`))
    expect(headerOf(answer, 'X-Keddah-Reason')).toBe(reason)
    expect(requestId).toMatch(/^[\w-]{8}-\w+$/)
    expect(rejected(door.log)).toMatchObject([{ service: 'nn', reason, requestId }])
    expect(upstream.received).toEqual([])
  })

  test('each has its own', async () => {
    const { door } = await openBefore()
    const answers = [
      await exchangeRaw(door.url, 'garbage\r\n\r\n'),
      await exchangeRaw(door.url, 'garbage\r\n\r\n'),
    ]
    const ids = answers.map((answer) => headerOf(answer, 'X-Keddah-Request-Id'))
    expect(new Set(ids).size).toBe(2)
    expect(ids).not.toContain('')
  })

  // The first bytes of such a body were let in by a decision: the audit line of that request is the one to find.
  test('a request whose body breaks off its framing keeps the id under which it was allowed', async () => {
    const { door, upstream } = await openBefore()
    const caller = await call(door.url)
    caller.write(`${MKDIRS}Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n`)
    const [allowed] = await door.audit(1)
    caller.write('zz\r\n')
    await caller.closed()
    const requestId = headerOf(caller.received, 'X-Keddah-Request-Id')
    expect(allowed).toMatchObject({ requestId, effect: 'allow', path: '/webhdfs/v1/x' })
    expect(rejected(door.log)).toMatchObject([{ reason: 'malformed', requestId }])
    expect(upstream.received).toEqual([])
  })
})
