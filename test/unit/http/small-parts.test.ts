import { describe, expect, test } from 'vitest'
import { UnavailableError } from '../../../src/errors.ts'
import { credentialView } from '../../../src/http/credentials.ts'
import { faultOf } from '../../../src/http/faults.ts'
import { requireStrictParser } from '../../../src/http/node-options.ts'
import { statusOf } from '../../../src/http/refuse-error.ts'
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
  test.each([
    [error('ECONNREFUSED'), 'connect_refused', 502],
    [
      Object.assign(new AggregateError([error('ECONNREFUSED')]), { code: 'ECONNREFUSED' }),
      'connect_refused',
      502,
    ],
    [error('UND_ERR_CONNECT_TIMEOUT'), 'connect_timeout', 504],
    [error('ENOTFOUND'), 'dns', 502],
    [error('UND_ERR_HEADERS_TIMEOUT'), 'headers_timeout', 504],
    [error('ECONNRESET'), 'reset', 502],
    [error('UND_ERR_SOCKET', 'other side closed'), 'reset', 502],
    [error('UND_ERR_SOCKET', 'bad response'), 'protocol', 502],
    [error('UND_ERR_RES_CONTENT_LENGTH_MISMATCH'), 'protocol', 502],
    [new UnavailableError('ERR_UPSTREAM_PROTOCOL', 'x', { retryable: false }), 'protocol', 502],
    [error('UND_ERR_INVALID_ARG'), 'internal', 500],
    [new TypeError('ours'), 'internal', 500],
    ['no error at all', 'internal', 500],
  ])('%s is %s', (thrown, kind, status) => {
    expect(faultOf(thrown, false)).toMatchObject({ kind, status })
  })
})

test('an authenticator sees every value of a header, in any case, and no part of another name', () => {
  const raw = ['X-User', 'a', 'x-user', 'b', 'X-User-2', 'c', 'X_User', 'd']
  const parameters = { userName: null, doAs: null, delegation: null }
  const view = credentialView('10.0.0.1', parameters, raw)
  expect(view.header('x-user')).toEqual(['a', 'b'])
  expect(view.header('host')).toEqual([])
})

test.each([
  ['anything', 400],
  ['too_many_headers', 431],
  ['method_not_allowed', 405],
  ['transfer_coding', 501],
  ['http_version', 505],
  ['toString', 400],
  ['__proto__', 400],
])('the status of %s is %i', (reason, status) => {
  expect(statusOf(reason)).toBe(status)
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
