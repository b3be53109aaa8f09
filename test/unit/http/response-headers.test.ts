import { describe, expect, test } from 'vitest'
import { clientHeaders } from '../../../src/http/response-headers.ts'
import { readHead } from '../../../src/http/upstream/answer-head.ts'

/** What a client sees of an answer with these headers. */
function shown(raw: readonly string[], status: number): string[] {
  const lines = Array.from(
    { length: raw.length / 2 },
    (_, index) => `${raw[2 * index]}: ${raw[2 * index + 1]}`,
  )
  return clientHeaders(readHead([`HTTP/1.1 ${status} OK`, ...lines].join('\r\n')))
}

describe('the headers of an answer', () => {
  test('are passed in order, as often as they came', () => {
    const raw = [
      'Content-Type',
      'a',
      'Set-Cookie',
      'a=b',
      'Set-Cookie',
      'c=d',
      'Vary',
      'x',
      'Content-Length',
      '3',
    ]
    expect(shown(raw, 200)).toEqual(raw)
  })

  test.each([
    ['Connection', 'close'],
    ['Keep-Alive', 'timeout=5'],
    ['Transfer-Encoding', 'chunked'],
    ['Upgrade', 'h2c'],
    ['Proxy-Authenticate', 'x'],
    ['Trailer', 'x'],
    ['SERVER', 'Jetty'],
    ['X-Powered-By', 'x'],
    ['X-Keddah-Reason', 'acl'],
    ['Set-Cookie', 'hadoop.auth=x'],
  ])('are left out: %s: %s', (name, value) => {
    expect(shown([name, value, 'X-A', 'b'], 200)).toEqual(['X-A', 'b'])
  })

  test('that Connection names are left out, but never the length', () => {
    const raw = ['Connection', 'x-a, content-length', 'X-A', '1', 'Content-Length', '3', 'X-B', 'x-a']
    expect(shown(raw, 200)).toEqual(['Content-Length', '3', 'X-B', 'x-a'])
  })

  test('have one date, and no length where there can be no body', () => {
    expect(shown(['Date', 'a', 'Date', 'b', 'Content-Length', '0'], 204)).toEqual(['Date', 'a'])
  })

  // The attack: an upstream whose answer ends elsewhere for us than for the client writes the next answer, too.
  test.each([
    ['a line break of its own in a value', ['X-A', 'a\nSet-Cookie: b']],
    ['NUL in a value', ['X-A', 'a\0']],
    ['a blank in a name', ['X A', 'a']],
    ['no name', ['', 'a']],
    ['two lengths', ['Content-Length', '1', 'content-length', '1']],
    ['a length that is none', ['Content-Length', '1, 1']],
    ['a length and chunks', ['Content-Length', '1', 'Transfer-Encoding', 'chunked']],
    ['two codings', ['Transfer-Encoding', 'chunked', 'Transfer-Encoding', 'chunked']],
    ['another coding', ['Transfer-Encoding', 'gzip, chunked']],
    ['two places to go', ['Location', 'http://a/', 'location', 'http://b/']],
  ])('are refused with %s', (_what, raw) => {
    expect(() => shown(raw, 200)).toThrow(expect.objectContaining({ code: 'ERR_UPSTREAM_PROTOCOL' }))
  })
})
