import { describe, expect, test } from 'vitest'
import { UnavailableError } from '../../../src/errors.ts'
import { credentialView } from '../../../src/http/credentials.ts'
import { faultOf, UpstreamFault } from '../../../src/http/faults.ts'
import { requireStrictParser } from '../../../src/http/node-options.ts'
import { surfaceOf } from '../../../src/http/surface.ts'

describe('options of Node', () => {
  test.each([
    '--insecure-http-parser',
    '--insecure_http_parser',
    '--insecure-http-parser=true',
    '--max-http-header-size=1000000',
    '--max-http-header-size',
    '--http-validation=insecure',
    '"--insecure-http-parser"',
  ])('%s is refused', (option) => {
    expect(() => requireStrictParser(['--enable-source-maps', option])).toThrow(`\`${option}\``)
  })

  test('others are nobody\u2019s business', () => {
    expect(() => requireStrictParser(['--max-old-space-size=512', '--no-warnings'])).not.toThrow()
  })
})

describe('faults of an upstream', () => {
  const error = (code: string, message = ''): Error => Object.assign(new Error(message), { code })
  test.each<[unknown, string]>([
    [error('ECONNREFUSED'), 'connect_refused'],
    [Object.assign(new AggregateError([error('ECONNREFUSED')]), { code: 'ECONNREFUSED' }), 'connect_refused'],
    [error('ETIMEDOUT'), 'connect_timeout'],
    [new UpstreamFault('connect_timeout'), 'connect_timeout'],
    [error('ENOTFOUND'), 'dns'],
    [new UpstreamFault('headers_timeout'), 'headers_timeout'],
    [error('ECONNRESET'), 'reset'],
    [error('EPIPE'), 'reset'],
    ...['EADDRNOTAVAIL', 'EMFILE', 'ENFILE', 'ENOBUFS', 'ENOMEM'].map(
      (code) => [error(code), 'exhausted'] as [unknown, string],
    ),
    [new UnavailableError('ERR_UPSTREAM_PROTOCOL', 'x', { retryable: false }), 'protocol'],
    [error('ERR_INVALID_ARG_TYPE'), 'internal'],
    [new TypeError('ours'), 'internal'],
    ['no error at all', 'internal'],
  ])('%s is %s', (thrown, kind) => {
    expect(faultOf(thrown).kind).toBe(kind)
  })

  test('a reset in the middle of an answer is another one than a reset before it', () => {
    expect(faultOf(error('ECONNRESET'), true).kind).toBe('reset_in_body')
  })
})

test('an authenticator sees every value of a header, in any case, and no part of another name', () => {
  const raw = ['X-User', 'a', 'x-user', 'b', 'X-User-2', 'c', 'X_User', 'd']
  const parameters = { userName: null, doAs: null, delegation: null, locator: null }
  const view = credentialView({ peer: '10.0.0.1', tls: null }, parameters, raw)
  expect(view.header('x-user')).toEqual(['a', 'b'])
  expect(view.header('host')).toEqual([])
})

test.each([
  [['webhdfs', 'v1'], 'webhdfs'],
  [['ws', 'v1', 'cluster'], 'rest'],
  [['app'], 'rest'],
  [['kms'], 'kms'],
  [['jmx'], 'page'],
  [[], 'page'],
  [['__proto__'], 'page'],
])('%j looks like %s', (segments, surface) => {
  expect(surfaceOf(segments)).toBe(surface)
})
