import { describe, expect, test } from 'vitest'
import { isIdentityParameter } from '../../../src/routes/reserved.ts'
import { createRouteTable } from '../../../src/routes/table.ts'
import { canonicalTarget, takeIdentityParameters } from '../../../src/routes/target.ts'
import { canonical, outcome, sent } from './support.ts'

const AMBIGUOUS = 'ERR_HTTP_PARAMETER ambiguous_parameter'
const HEAD = '/webhdfs/v1/?op=OPEN&'

const identityOf = (query: string): unknown =>
  outcome(() => takeIdentityParameters(canonicalTarget(HEAD + query)).identity)

/** Each attack: what it hopes for, and the parameters. */
type Row = readonly [hope: string, query: string]

const refused = (rows: readonly Row[]): void => {
  test.each(rows)('%s: %s', (_, query) => {
    expect(canonical(HEAD + query)).toBe(AMBIGUOUS)
  })
}

// Attack: of two values we decide on one, and the upstream takes the other one.
describe('a reserved name that is given twice', () => {
  refused([
    ['the same name', 'user.name=alice&user.name=hdfs'],
    ['the same name and value', 'user.name=alice&user.name=alice'],
    ['another case', 'user.name=alice&USER.NAME=hdfs'],
    ['an escape', 'user.name=alice&user%2ename=hdfs'],
    ['doas', 'DOAS=x&doas=y'],
    ['an operation', 'OP=delete'],
    ['an operation in the same spelling', 'op=DELETE'],
    ['a delegation token', 'delegation=a&Delegation=b'],
    ['a token that is to be renewed', 'token=a&TOKEN=b'],
    ['the address of a NameNode', 'namenoderpcaddress=a&nameNodeRpcAddress=b'],
    ['a user of old', 'ugi=alice&UGI=root'],
  ])
})

// Attack: Java folds letters beyond ASCII, so that a name is reserved for one reader and not for another.
describe('a reserved name in letters beyond ASCII', () => {
  refused([
    ['U+212A is a k for toLowerCase', 'token=a&to%E2%84%AAen=b'],
    ['the same, alone', 'to%E2%84%AAen=b'],
    ['U+017F is an s for equalsIgnoreCase', 'doa%C5%BF=root'],
    ['U+0131 is an i for equalsIgnoreCase', 'delegat%C4%B1on=x'],
    ['U+0130 is an i with a dot for toLowerCase', 'delegat%C4%B0on=x'],
    ['full-width letters', '%EF%BD%84%EF%BD%8F%EF%BD%81%EF%BD%93=root'],
    ['a zero-width blank', 'do%E2%80%8Bas=root'],
  ])
})

// Attack: a spelling that a lenient reader trims or splits.
describe('a name that is almost a reserved one', () => {
  refused([
    ['a blank behind', 'user.name%20=hdfs'],
    ['a plus behind', 'user.name+=hdfs'],
    ['a plus for the dot', 'user+name=hdfs'],
    ['a blank in front', '+doas=root'],
    ['brackets', 'doas[]=root'],
    ['a semicolon as a separator', 'a=1&;op=DELETE'],
    ['an ampersand as HTML writes it', 'a=1&amp;op=DELETE'],
    ['an encoded ampersand', 'x%26doas=root'],
    ['an encoded equals sign', 'doas%3Droot=x'],
  ])

  test('a control character in any name: %00', () => {
    expect(canonical(`${HEAD}doas%00=root`)).toBe('ERR_HTTP_PARAMETER control_character')
    expect(canonical(`${HEAD}a%0Ab=root`)).toBe('ERR_HTTP_PARAMETER control_character')
  })

  test('names that only resemble one are taken', () => {
    expect(canonical('/?username=a&user=b&user_name=c&operation=d&tokens=e')).toBe(
      '/?username=a&user=b&user_name=c&operation=d&tokens=e',
    )
  })
})

// Attack: the value holds a second parameter for a reader that splits at `;`, or ends early for one that stops at NUL.
describe('the value of a reserved name', () => {
  refused([
    ['a second operation', 'token=a;op=DELETE'],
    ['an encoded semicolon', 'doas=a%3Buser.name=root'],
    ['a null', 'doas=a%00b'],
    ['a line end', 'user.name=a%0D%0AX:y'],
  ])

  test('anywhere else `;` is data, and sent so that nobody splits there', () => {
    expect(canonical('/?filter=a;op=DELETE')).toBe('/?filter=a%3Bop=DELETE')
    expect(canonical('/?xattr.value=a%0Ab')).toBe('/?xattr.value=a%0Ab')
  })
})

// Attack: hiding the name behind escapes or another case, so that it is not taken out.
describe('a single identity parameter in any spelling is understood and taken out', () => {
  test.each([
    ['user.name=hdfs'],
    ['User.Name=hdfs'],
    ['user%2ename=hdfs'],
    ['%75ser.name=hdfs'],
    ['%55SER%2ENAME=hdf%73'],
  ])('%s', (query) => {
    expect(identityOf(query)).toEqual({ userName: 'hdfs', doAs: null, delegation: null, locator: null })
    expect(sent(HEAD + query)).toBe('/webhdfs/v1/?op=OPEN&user.name=alice')
  })

  test('doas and delegation too, and what was in between stays in its order', () => {
    const raw = '/x?a=1&dOaS=bob&b=2&DELEGATION=abc&c=3&ugi=root&nnaddr=evil:1&d=4'
    const { identity, rest } = takeIdentityParameters(canonicalTarget(raw))
    expect(identity).toEqual({ userName: null, doAs: 'bob', delegation: 'abc', locator: null })
    expect(rest.query).toBe('a=1&b=2&c=3&d=4')
    expect(rest.parameters.map(({ name }) => name)).toEqual(['a', 'b', 'c', 'd'])
  })

  test('a target without any is given back as it is', () => {
    const target = canonicalTarget('/x?a=1')
    expect(takeIdentityParameters(target).rest).toBe(target)
  })
})

// Attack: an empty doas is "no doas" for one reader, and an empty user for another.
test('an empty doas is an error; an empty user.name is told from none', () => {
  expect(identityOf('doas=')).toBe('ERR_HTTP_PARAMETER empty_parameter')
  expect(identityOf('doas')).toBe('ERR_HTTP_PARAMETER empty_parameter')
  expect(identityOf('user.name=')).toMatchObject({ userName: '' })
})

// Attack: an anonymous caller of /fsck runs it as root.
test('ugi is dropped: nobody is believed about it', () => {
  expect(sent('/fsck?ugi=root&path=/')).toBe('/fsck?path=/&user.name=alice')
})

// Attack: with a token of any kind in the query the daemon skips its authentication filter.
test('delegation is reported and taken out; token is what RENEWDELEGATIONTOKEN is about, and stays', () => {
  expect(identityOf('delegation=AAAA&user.name=root')).toEqual({
    userName: 'root',
    doAs: null,
    delegation: 'AAAA',
    locator: null,
  })
  expect(sent('/webhdfs/v1/?op=RENEWDELEGATIONTOKEN&token=AAAA')).toBe(
    '/webhdfs/v1/?op=RENEWDELEGATIONTOKEN&token=AAAA&user.name=alice',
  )
})

// Attack: a DataNode connects to whatever NameNode the parameter names: port scanner, relay of credentials.
describe('namenoderpcaddress', () => {
  const raw = '/webhdfs/v1/x?op=OPEN&NameNodeRpcAddress=evil:8020'

  test.each(['namenode', 'router', 'httpfs', 'resourcemanager', 'custom'] as const)(
    'is refused by a %s',
    (kind) => {
      const { rest } = takeIdentityParameters(canonicalTarget(raw))
      expect(outcome(() => createRouteTable(kind).match('GET', rest))).toBe(
        'ERR_HTTP_PARAMETER forbidden_parameter',
      )
    },
  )

  test('is needed by a DataNode: it stays, once and in its one spelling', () => {
    const match = createRouteTable('datanode').match('GET', canonicalTarget(raw))
    expect(match).toMatchObject({ kind: 'route', route: { op: 'OPEN' } })
    expect(sent(raw)).toBe('/webhdfs/v1/x?op=OPEN&namenoderpcaddress=evil:8020&user.name=alice')
  })
})

// Attack: names that mean something to JavaScript objects.
test('names of the language are parameters like any other', () => {
  const raw = '/x?__proto__=x&constructor=y&toString=1'
  expect(canonical(raw)).toBe(raw)
  expect(canonicalTarget(raw).parameters.map(({ name }) => name)).toEqual([
    '__proto__',
    'constructor',
    'toString',
  ])
})

// Attack: thousands of parameters, or names that collide in a hash table, to keep the process busy.
test('a flood of parameters is refused', () => {
  const flood = Array.from({ length: 1_000 }, (_, index) => `${index}=`).join('&')
  expect(canonical(`/x?${flood}`)).toBe('ERR_HTTP_LIMIT too_many_parameters')
})

// Attack: escapes that cannot be read, in the hope that a later reader drops them.
test('escapes that cannot be read are refused', () => {
  expect(canonical('/x?a=%')).toBe('ERR_HTTP_PARAMETER bad_escape')
  expect(canonical('/x?a%zz=1')).toBe('ERR_HTTP_PARAMETER bad_escape')
  expect(canonical('/x?a=%u0041')).toBe('ERR_HTTP_PARAMETER bad_escape')
  expect(canonical('/x?a=%c0%80')).toBe('ERR_HTTP_PARAMETER bad_utf8')
  expect(canonical('/x?%ff=1')).toBe('ERR_HTTP_PARAMETER bad_utf8')
})

// Attack: identity in the fields of a form body.
test('fields that carry identity are known in any spelling, in doubt they are', () => {
  const carries = ['user.name', 'User.Name', 'doAs', 'delegation', 'ugi', 'nnaddr', 'namenoderpcaddress']
  const doubtful = ['doas ', 'doa\u017f', 'to\u212aen', 'user name', 'x;doas']
  const harmless = ['op', 'token', 'username', 'path', '', 'renewer', '__proto__']
  expect([...carries, ...doubtful, ...harmless].filter(isIdentityParameter)).toEqual([
    ...carries,
    ...doubtful,
  ])
})
