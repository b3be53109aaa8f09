import { describe, expect, test } from 'vitest'
import { UnavailableError } from '../../../src/errors.ts'
import { readHead } from '../../../src/http/upstream/answer-head.ts'
import { AnswerParser } from '../../../src/http/upstream/answer-parser.ts'
import { tell } from '../../support/answers.ts'

const said = (text: string, method = 'GET'): ReturnType<typeof tell> =>
  tell(method, [Buffer.from(text, 'latin1')])
const CONTINUE = 'HTTP/1.1 100 Continue\r\nA: b\r\n\r\n'
const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'
const CHUNKED = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n'

describe('interim answers', () => {
  test.each([
    ['one', CONTINUE + OK],
    ['two of different kinds', `HTTP/1.1 103 x\r\n\r\n${CONTINUE}${OK}`],
    ['one of HTTP/1.0', `HTTP/1.0 100 Continue\r\n\r\n${OK}`],
    ['one without words', `HTTP/1.1 100\r\n\r\n${OK}`],
    ['sixteen', CONTINUE.repeat(16) + OK],
  ])('are left out: %s', (_, text) => {
    expect(said(text)).toEqual(said(OK))
  })

  test.each([
    ['without end', CONTINUE.repeat(17) + OK],
    ['that change the protocol', `HTTP/1.1 101 x\r\n\r\n${OK}`],
    ['and nothing else', CONTINUE],
  ])('are no answer: %s', (_, text) => {
    expect(said(text)).toBeNull()
  })
})

describe('the body of an answer', () => {
  test.each([
    ['to HEAD', 'HEAD', 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n'],
    ['to HEAD, in chunks', 'HEAD', CHUNKED],
    ['of a 204', 'GET', 'HTTP/1.1 204 X\r\nContent-Length: 5\r\n\r\n'],
    ['of a 304', 'GET', 'HTTP/1.1 304 X\r\nTransfer-Encoding: chunked\r\n\r\n'],
    ['of no length', 'GET', 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n'],
  ])('is not waited for: %s', (_, method, text) => {
    expect(said(text, method)).toMatchObject({ body: '', hasMore: false })
    expect(said(`${text}x`, method)).toMatchObject({ body: '', hasMore: true })
  })

  test('ends with the connection where nothing else ends it', () => {
    expect(said('HTTP/1.0 200 OK\r\n\r\nto the end')).toMatchObject({ body: 'to the end', hasMore: false })
  })

  test.each([
    ['in its head', OK.slice(0, 20)],
    ['in its body', OK.slice(0, -1)],
    ['in a chunk', `${CHUNKED}5\r\nab`],
    ['before the last chunk', `${CHUNKED}2\r\nab\r\n`],
    ['before the end of its trailers', `${CHUNKED}0\r\nX: a\r\n`],
    ['before it begins', ''],
  ])('is cut short: %s', (_, text) => {
    expect(said(text)).toBeNull()
  })

  // Attack: megabytes of what is dropped around single bytes of data, to keep a proxy busy.
  test.each([
    ['one size', `${CHUNKED}2;a=${'b'.repeat(5_000)}\r\nab\r\n0\r\n\r\n`],
    ['many sizes', `${CHUNKED}${`1;a=${'b'.repeat(1_000)}\r\na\r\n`.repeat(70)}0\r\n\r\n`],
    ['leading zeros', `${CHUNKED}${'0'.repeat(20)}1\r\na\r\n0\r\n\r\n`],
    ['trailers', `${CHUNKED}0\r\n${`X: ${'b'.repeat(1_000)}\r\n`.repeat(70)}\r\n`],
  ])('has no more around its chunks than in them: %s', (_, text) => {
    expect(said(text)).toBeNull()
  })

  test('may have sizes in any number, with zeros and extensions, and trailers that are dropped', () => {
    const body = '3;a\r\nabc\r\n01;b="c"\r\nd\r\n000\r\nX-T: y\r\n\r\n'
    expect(said(CHUNKED + body)).toMatchObject({ body: 'abcd', headers: ['transfer-encoding', 'chunked'] })
    expect(said(`${CHUNKED}${'1\r\na\r\n'.repeat(70_000)}0\r\n\r\n`)?.body).toHaveLength(70_000)
  })
})

describe('the head of an answer', () => {
  // Attack: bytes that are no answer and never become one, so that somebody waits for the rest of them.
  test.each(['SSH-2.0-OpenSSH\r\n', 'HTTP/2.0 200', 'HTTP/1.1 200 OK\nA: b\n\n', 'HTTP/1.1 200\rX', '\r\n'])(
    'is given up as soon as it can be none: %j',
    (text) => {
      const nothing = (): void => {}
      const parser = new AnswerParser('GET', { onHead: nothing, onData: nothing, onComplete: nothing })
      expect(() => parser.feed(Buffer.from(text))).toThrow(UnavailableError)
    },
  )

  test.each([65_536, 65_537])('has 65536 bytes at most: %i', (size) => {
    const start = 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\nX: '
    const text = `${start}${'a'.repeat(size - start.length)}\r\n\r\n`
    const pieces = [Buffer.from(text.slice(0, 1_000)), Buffer.from(text.slice(1_000))]
    for (const told of [said(text), tell('GET', pieces)]) expect(told === null).toBe(size > 65_536)
  })

  test.each([
    ['1.1', '', null],
    ['1.1', 'Connection: close', 0],
    ['1.1', 'Connection: x, Close', 0],
    ['1.1', 'Connection: keep-alive\r\nKeep-Alive: timeout=5, max=100', 4_000],
    ['1.1', 'Keep-Alive: timeout=1', 0],
    ['1.1', 'Keep-Alive: max=1', null],
    ['1.0', '', 0],
    ['1.0', 'Connection: Keep-Alive', null],
  ])('says how long the connection is kept: HTTP/%s %s', (version, lines, keepsFor) => {
    expect(readHead(`HTTP/${version} 200 OK${lines === '' ? '' : '\r\n'}${lines}`).keepsFor).toBe(keepsFor)
  })
})
