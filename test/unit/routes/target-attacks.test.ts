import { describe, expect, test } from 'vitest'
import { createRouteTable } from '../../../src/routes/table.ts'
import { canonicalTarget } from '../../../src/routes/target.ts'
import { canonical } from './support.ts'

const TARGET = 'ERR_HTTP_TARGET'

/** Each attack: what it hopes for, what is sent, and how far it gets. */
type Row = readonly [hope: string, raw: string, answer: string]

const each = (rows: readonly Row[]): void => {
  test.each(rows)('%s: %s', (_, raw, answer) => {
    expect(canonical(raw)).toBe(answer)
  })
}

// Attack: one reader takes what is behind `//` for a server, or drops one of the slashes; another one does not.
describe('empty segments', () => {
  each([
    ['the rest is taken for a host', '//webhdfs/v1/x', `${TARGET} empty_segment`],
    ['a slash is merged after the decision', '/webhdfs//v1/x', `${TARGET} empty_segment`],
    ['only slashes', '///', `${TARGET} empty_segment`],
    ['a path that ends in two', '/webhdfs/v1//', `${TARGET} empty_segment`],
    ['a standby that copies the path into a redirect', '//evil.example/x', `${TARGET} empty_segment`],
  ])
})

// Attack: the decision is made on `/ui`, the upstream resolves the dots and serves something else.
describe('dot segments are resolved before anything is decided, or refused', () => {
  each([
    ['plain dots', '/ui/../webhdfs/v1/?op=DELETE', '/webhdfs/v1/?op=DELETE'],
    ['encoded dots', '/ui/%2e%2e/webhdfs', '/webhdfs'],
    ['half encoded dots', '/ui/.%2E/webhdfs', '/webhdfs'],
    ['dots that are followed by a parameter', '/ui/..;/webhdfs', `${TARGET} path_parameter`],
    ['dots that are followed by an encoded parameter', '/ui/..%3b/', `${TARGET} dot_segment`],
    ['one dot with a parameter', '/ui/.%3Bx/webhdfs', `${TARGET} dot_segment`],
    ['a climb above the root', '/../etc/passwd', `${TARGET} above_root`],
    ['a climb above the root in the middle', '/a/../../b', `${TARGET} above_root`],
    ['a folder of the servlet container', '/%2e/WEB-INF/web.xml', '/WEB-INF/web.xml'],
  ])

  test('the route is that of the resolved path', () => {
    const target = canonicalTarget('/static/../fsck')
    const match = createRouteTable('namenode').match('GET', target)
    expect(match).toMatchObject({ route: { service: 'security.admin.operations.protocol.acl' } })
  })
})

// Attack: servlet containers cut `;x=y` off a segment before they match it, so that it hides identity or a route.
describe('path parameters', () => {
  each([
    ['identity where nobody looks', '/webhdfs/v1;user.name=hdfs/tmp?op=OPEN', `${TARGET} path_parameter`],
    ['a session', '/webhdfs;jsessionid=1/v1', `${TARGET} path_parameter`],
    ['at the end', '/jmx;', `${TARGET} path_parameter`],
  ])
})

// Attack: an encoded separator is one segment for us, two for the upstream.
describe('encoded separators', () => {
  each([
    ['a slash', '/webhdfs/v1/a%2fb', `${TARGET} encoded_slash`],
    ['a slash in upper case', '/webhdfs/v1/a%2Fb', `${TARGET} encoded_slash`],
    ['dots and a slash', '/webhdfs/v1/%2e%2e%2f', `${TARGET} encoded_slash`],
    ['a backslash', '/a%5c..%5cb', `${TARGET} backslash`],
    ['a raw backslash', '/a\\..\\b', `${TARGET} backslash`],
  ])
})

// Attack: one reader decodes once, another one twice.
describe('double encoding', () => {
  each([
    ['a route', '/%2577ebhdfs/v1/', `${TARGET} double_encoding`],
    ['dots', '/webhdfs/v1/%252e%252e/x', `${TARGET} double_encoding`],
    ['dots, one of them plain', '/webhdfs/v1/.%252e/x', `${TARGET} double_encoding`],
    ['a slash', '/webhdfs/v1/a%252fb', `${TARGET} double_encoding`],
    ['a slash in three layers', '/webhdfs/v1/a%25252fb', `${TARGET} double_encoding`],
    ['digits that are encoded themselves', '/webhdfs/v1/a%25%32%66b', `${TARGET} double_encoding`],
    ['a backslash', '/webhdfs/v1/a%255cb', `${TARGET} double_encoding`],
    ['a null', '/webhdfs/v1/a%2500', `${TARGET} double_encoding`],
    ['dots with a parameter behind', '/webhdfs/v1/..%253bx/y', `${TARGET} double_encoding`],
    ['an overlong slash', '/webhdfs/v1/a%25c0%25afb', `${TARGET} double_encoding`],
    ['an overlong slash of three bytes', '/webhdfs/v1/a%25e0%2580%25afb', `${TARGET} double_encoding`],
    ['more layers than anybody needs', `/webhdfs/v1/%${'25'.repeat(9)}41`, `${TARGET} double_encoding`],
  ])

  test('thousands of layers are refused at once', () => {
    expect(canonical(`/webhdfs/v1/%${'25'.repeat(4_000)}41`)).toBe(`${TARGET} double_encoding`)
  })
})

// Attack: escapes that one reader repairs, another one drops, and a third one takes for text.
describe('escapes that cannot be read', () => {
  each([
    ['no digits', '/a%', `${TARGET} bad_escape`],
    ['one digit', '/a%4', `${TARGET} bad_escape`],
    ['no digits at all', '/a%zz', `${TARGET} bad_escape`],
    ['the spelling of an old server', '/a%u002e', `${TARGET} bad_escape`],
    ['a null', '/a%00b', `${TARGET} control_character`],
    ['a line end', '/a%0d%0aX:y', `${TARGET} control_character`],
    ['a control character of the second block', '/a%c2%85', `${TARGET} control_character`],
    ['an overlong slash', '/a%c0%afb', `${TARGET} bad_utf8`],
    ['overlong dots', '/%c0%ae%c0%ae/b', `${TARGET} bad_utf8`],
    ['a character that is cut off', '/a%c3', `${TARGET} bad_utf8`],
    ['half a surrogate pair', '/a%ed%a0%80', `${TARGET} bad_utf8`],
  ])
})

// Attack: a target that names a server, or no path at all.
describe('other forms of a target', () => {
  each([
    ['absolute', 'http://evil/x?y', `${TARGET} absolute_form`],
    ['absolute with a trap in the authority', 'http://nn:9870@evil/', `${TARGET} absolute_form`],
    ['asterisk', '*', `${TARGET} asterisk_form`],
    ['authority', 'dn:9866', `${TARGET} absolute_form`],
    ['authority by address', '10.0.0.1:9866', `${TARGET} not_a_path`],
    ['nothing but a word', 'foo', `${TARGET} not_a_path`],
    ['nothing', '', `${TARGET} not_a_path`],
    ['only a query', '?op=OPEN', `${TARGET} not_a_path`],
  ])
})

// Attack: a fragment ends the path for one reader and not for another.
describe('characters that may stand in no target', () => {
  each([
    ['a fragment that hides a path', '/x#/../webhdfs', `${TARGET} fragment`],
    ['a fragment in the query', '/x?a#/../webhdfs', `${TARGET} fragment`],
    ['a blank', '/a b', `${TARGET} control_character`],
    ['a blank in the query', '/x?a b', `${TARGET} control_character`],
    ['a tab', '/a\tb', `${TARGET} control_character`],
    ['a raw byte', '/\u00e4', `${TARGET} not_ascii`],
    ['a raw byte in the query', '/x?a=\u00e4', `${TARGET} not_ascii`],
    ['a character that becomes a line end when it is cut to a byte', '/a\u010a', `${TARGET} not_ascii`],
  ])
})

// Attack: administrators think of paths as case-insensitive, Jetty does not, and some layers in between might.
describe('another case', () => {
  test.each(['/WEBHDFS/v1/?op=OPEN', '/WebHdfs/v1/?op=OPEN', '/webhdfs/V1/?op=OPEN', '/JMX'])(
    '%s is on no list, so it is refused and not passed on',
    (raw) => {
      expect(createRouteTable('namenode').match('GET', canonicalTarget(raw))).toEqual({ kind: 'unlisted' })
    },
  )
})

// Attack: a rule that is tested against path and query together is opened by a query that looks like a path.
test('a route is found by the path alone', () => {
  const table = createRouteTable('namenode')
  const match = table.match('GET', canonicalTarget('/fsck?x=/isActive&path=/isActive'))
  expect(match).toMatchObject({ route: { service: 'security.admin.operations.protocol.acl' } })
  expect(table.match('GET', canonicalTarget('/secret?x=/isActive'))).toEqual({ kind: 'unlisted' })
})

// Attack: a path or an agent of a health check that skips authorization on the port of the data.
test.each(['/healthz', '/readyz', '/metrics', '/admin/v1/policy'])(
  '%s is on the list of no daemon',
  (raw) => {
    expect(createRouteTable('namenode').match('GET', canonicalTarget(raw))).toEqual({ kind: 'unlisted' })
    expect(createRouteTable('resourcemanager').match('GET', canonicalTarget(raw))).toEqual({
      kind: 'unlisted',
    })
  },
)
