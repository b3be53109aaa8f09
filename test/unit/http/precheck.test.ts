import type { IncomingMessage } from 'node:http'
import { describe, expect, test } from 'vitest'
import { HeaderRoles } from '../../../src/http/header-roles.ts'
import { precheck, type RequestHead } from '../../../src/http/precheck.ts'

const roles = new HeaderRoles(['x-user'])

/** What precheck looks at of a request. */
const read = (method: string, rawHeaders: string[], httpVersion = '1.1'): RequestHead =>
  precheck({ method, rawHeaders, httpVersion } as IncomingMessage, roles, 100)

const doesThrow = (step: () => unknown): boolean => {
  try {
    step()
    return false
  } catch {
    return true
  }
}

describe('the head of a request', () => {
  test('is what may pass, and what has a meaning here', () => {
    expect(
      read('PUT', [
        'Host',
        'nn:9870',
        'Accept',
        'a/b',
        'accept',
        'c/d',
        'X-A',
        '1',
        'X-B',
        '2',
        'Cookie',
        'a=b',
        'cookie',
        'c=d',
        'Content-Type',
        'text/plain',
        'Content-Length',
        '7',
        'Connection',
        'keep-alive, X-A',
        'X-Request-Id',
        'r',
        'X-Forwarded-For',
        '1.1.1.1',
        'X-Forwarded-For',
        '2.2.2.2',
        'Forwarded',
        'for=x',
        'Expect',
        '100-Continue',
      ]),
    ).toEqual({
      method: 'PUT',
      passed: [
        'Accept',
        'a/b',
        'accept',
        'c/d',
        'X-B',
        '2',
        'Content-Type',
        'text/plain',
        'X-Request-Id',
        'r',
      ],
      host: 'nn:9870',
      length: 7,
      contentType: 'text/plain',
      contentEncoding: null,
      cookies: ['a=b', 'c=d'],
      forwardedFor: ['1.1.1.1', '2.2.2.2'],
      forwarded: ['for=x'],
      accept: 'a/b, c/d',
      requestId: 'r',
      expectsContinue: true,
    })
  })

  test('of HTTP/1.0 needs no host and can expect nothing', () => {
    expect(read('GET', ['Expect', 'anything'], '1.0')).toMatchObject({
      host: null,
      expectsContinue: false,
      length: 0,
    })
  })

  test.each([
    ['nn', true],
    ['nn:9870', true],
    ['10.0.0.1:9870', true],
    ['[2001:db8::1]:9870', true],
    ['my_host.example.com', true],
    ['', false],
    ['a/b', false],
    ['a@b', false],
    ['a b', false],
    ['nn:', false],
    ['nn:123456', false],
    ['nn,evil', false],
    ['nn?x', false],
  ])('takes the host `%s`: %s', (host, isTaken) => {
    expect(doesThrow(() => read('GET', ['Host', host]))).toBe(!isTaken)
  })

  test.each([
    ['http_version', 'GET', ['Host', 'nn'], '2.0'],
    ['too_many_headers', 'GET', Array.from({ length: 202 }, () => 'a')],
    ['method_unknown', 'MKCOL', ['Host', 'nn']],
    ['method_not_allowed', 'TRACE', ['Host', 'nn']],
    ['host', 'GET', []],
    ['duplicate_header', 'GET', ['Host', 'nn', 'HOST', 'nn']],
    ['duplicate_header', 'PUT', ['Host', 'nn', 'Content-Type', 'a', 'content-type', 'b']],
    ['duplicate_header', 'GET', ['Host', 'nn', 'X-User', 'a', 'x-user', 'a']],
    ['header_value', 'GET', ['Host', 'nn', 'X-A', 'a\u007Fb']],
    ['header_value', 'GET', ['Host', 'nn', 'X-A', 'a\nb']],
    ['connection', 'GET', ['Host', 'nn', 'Connection', 'a b']],
    ['connection_nomination', 'GET', ['Host', 'nn', 'Connection', 'X-User']],
    ['connection_nomination', 'GET', ['Host', 'nn', 'Connection', 'close', 'Connection', 'cookie']],
    ['connection_nomination', 'GET', ['Host', 'nn', 'Connection', 'x_user']],
    ['upgrade', 'GET', ['Host', 'nn', 'Upgrade', 'h2c', 'Connection', 'Upgrade']],
    ['body_not_allowed', 'GET', ['Host', 'nn', 'Content-Length', '1']],
    ['body_not_allowed', 'HEAD', ['Host', 'nn', 'Transfer-Encoding', 'chunked']],
    ['length_and_chunked', 'PUT', ['Host', 'nn', 'Content-Length', '1', 'Transfer-Encoding', 'chunked']],
    ['transfer_coding', 'PUT', ['Host', 'nn', 'Transfer-Encoding', 'gzip, chunked']],
    ['no_length', 'PUT', ['Host', 'nn', 'Transfer-Encoding', 'gzip']],
    ['chunked_in_1_0', 'PUT', ['Transfer-Encoding', 'chunked'], '1.0'],
    ['content_length', 'PUT', ['Host', 'nn', 'Content-Length', '1,1']],
    ['content_length', 'PUT', ['Host', 'nn', 'Content-Length', '9'.repeat(16)]],
    ['expectation', 'PUT', ['Host', 'nn', 'Expect', 'tea']],
  ])('is refused as %s: %s %j', (reason, method, headers, version = '1.1') => {
    expect(() => read(method, headers, version)).toThrow(expect.objectContaining({ reason }))
  })

  test('an Upgrade that Connection does not name is only a header of the connection', () => {
    expect(read('GET', ['Host', 'nn', 'Upgrade', 'h2c']).passed).toEqual([])
  })
})
