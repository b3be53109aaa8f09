import { describe, expect, test } from 'vitest'
import { canonicalTarget, targetText } from '../../../src/routes/target.ts'
import { canonical } from './support.ts'

const NOBODY = { userName: null, doAs: null }

describe('a path', () => {
  test.each([
    ['the root', '/', '/', []],
    [
      'plain characters stay as they are',
      '/webhdfs/v1/a-b_c.d~e',
      '/webhdfs/v1/a-b_c.d~e',
      ['webhdfs', 'v1', 'a-b_c.d~e'],
    ],
    ['a trailing slash is kept', '/webhdfs/v1/', '/webhdfs/v1/', ['webhdfs', 'v1']],
    ['a blank', '/a%20b', '/a%20b', ['a b']],
    ['a percent sign', '/x/100%25', '/x/100%25', ['x', '100%']],
    ['a name that looks like an escape', '/x/%2541bc', '/x/%2541bc', ['x', '%41bc']],
    ['letters beyond ASCII', '/x/%c3%a4%E2%82%AC', '/x/%C3%A4%E2%82%AC', ['x', 'ä€']],
    ['a plus, as it is written', '/a+b%2Bc', '/a+b%2Bc', ['a+b+c']],
    ['colon, equals sign and at sign, as they are written', '/a:b=c@d%3a', '/a:b=c@d%3A', ['a:b=c@d:']],
    ['a file name with a semicolon', '/x/a%3bb', '/x/a%3Bb', ['x', 'a;b']],
    ['a hash sign and a question mark in a name', '/x/%23%3f', '/x/%23%3F', ['x', '#?']],
    ['an escape that is not needed', '/%77ebhdfs/v1', '/webhdfs/v1', ['webhdfs', 'v1']],
    ['characters that have to be escaped', '/a"b|c', '/a%22b%7Cc', ['a"b|c']],
    ['names that begin with a dot', '/.Trash/...', '/.Trash/...', ['.Trash', '...']],
    ['dot segments are resolved', '/a/./b/../c', '/a/c', ['a', 'c']],
    ['a dot segment at the end leaves a folder', '/a/b/..', '/a/', ['a']],
    ['a path that leads back to the root', '/a/..', '/', []],
    ['what the Java client sends for a plus', '/x/a%252Bb', '/x/a%252Bb', ['x', 'a%2Bb']],
    ['what the Java client sends for a percent sign', '/x/a%252525b', '/x/a%252525b', ['x', 'a%2525b']],
  ])('%s', (_, raw, path, segments) => {
    const target = canonicalTarget(raw)
    expect(target.path).toBe(path)
    expect(target.segments).toEqual(segments)
    expect(canonicalTarget(path)).toEqual(target)
  })
})

describe('a query', () => {
  test.each([
    ['none', '/x?', '/x'],
    ['plain parameters stay as they are', '/x?a=1&b=c:d,e/f?g=h*', '/x?a=1&b=c:d,e/f?g=h*'],
    ['a parameter without a value', '/x?flag&a=', '/x?flag&a='],
    ['empty pieces go', '/x?&&a=1&', '/x?a=1'],
    ['a plus is a blank', '/x?a=b+c', '/x?a=b%20c'],
    ['a plus that is meant is escaped', '/x?a=b%2bc', '/x?a=b%2Bc'],
    ['escapes that are not needed', '/x?%61=%62', '/x?a=b'],
    ['characters that have to be escaped', '/x?a="{b}"|\\;', '/x?a=%22%7Bb%7D%22%7C%5C%3B'],
    ['an ampersand and an equals sign that are meant', '/x?a=b%26c%3dd', '/x?a=b%26c%3Dd'],
    ['operations in any case', '/x?Op=open', '/x?op=open'],
    ['an operation without a value', '/x?op', '/x?op='],
    ['MBeans', '/jmx?qry=Hadoop:service=NameNode,name=*', '/jmx?qry=Hadoop:service=NameNode,name=*'],
  ])('%s', (_, raw, wanted) => {
    expect(canonical(raw)).toBe(wanted)
    expect(canonical(wanted)).toBe(wanted)
  })

  test('parameters are decoded, in their order', () => {
    const { parameters } = canonicalTarget('/x?b=1+2&%C3%A4=%26&OP=open&c')
    expect(parameters.map(({ name, value, text, reserved }) => [name, value, text, reserved])).toEqual([
      ['b', '1 2', 'b=1%202', null],
      ['ä', '&', '%C3%A4=%26', null],
      ['op', 'open', 'op=open', 'op'],
      ['c', '', 'c', null],
    ])
  })
})

describe('the limits', () => {
  test.each([
    ['a path of 8 KiB', `/${'a'.repeat(8_191)}`, `/${'a'.repeat(8_191)}`],
    ['a longer path', `/${'a'.repeat(8_192)}`, 'ERR_HTTP_LIMIT path_too_long'],
    ['a path that is longer once it is escaped', `/${'"'.repeat(4_000)}`, 'ERR_HTTP_LIMIT path_too_long'],
    ['a longer query', `/?a=${'a'.repeat(8_192)}`, 'ERR_HTTP_LIMIT query_too_long'],
    [
      'a query that is longer once it is escaped',
      `/?a=${'+'.repeat(4_000)}`,
      'ERR_HTTP_LIMIT query_too_long',
    ],
    ['64 parameters', `/?${'a&'.repeat(63)}a`, `/?${'a&'.repeat(63)}a`],
    ['65 parameters', `/?${'a&'.repeat(64)}a`, 'ERR_HTTP_LIMIT too_many_parameters'],
  ])('%s', (_, raw, wanted) => {
    expect(canonical(raw)).toBe(wanted)
  })
})

describe('the target that is sent', () => {
  const target = canonicalTarget('/webhdfs/v1/a%20b?op=OPEN')

  test('has our identity behind what was asked for', () => {
    expect(targetText(target, { userName: 'alice', doAs: 'bob' })).toBe(
      '/webhdfs/v1/a%20b?op=OPEN&user.name=alice&doas=bob',
    )
    expect(targetText(target, NOBODY)).toBe('/webhdfs/v1/a%20b?op=OPEN')
    expect(targetText(canonicalTarget('/jmx'), { userName: 'alice', doAs: null })).toBe(
      '/jmx?user.name=alice',
    )
    expect(targetText(canonicalTarget('/jmx'), { userName: null, doAs: 'bob' })).toBe('/jmx?doas=bob')
  })

  test('has names in UTF-8, with everything escaped that means something', () => {
    expect(targetText(canonicalTarget('/jmx'), { userName: 'jörg&doas=root', doAs: 'a b+c' })).toBe(
      '/jmx?user.name=j%C3%B6rg%26doas%3Droot&doas=a%20b%2Bc',
    )
  })

  test('never has an identity twice, whoever forgot to take it out', () => {
    const whole = canonicalTarget('/jmx?user.name=mallory&doas=root&get=x')
    expect(targetText(whole, { userName: 'alice', doAs: null })).toBe('/jmx?get=x&user.name=alice')
  })

  test('refuses a name that is no text', () => {
    expect(() => targetText(target, { userName: 'a\ud800', doAs: null })).toThrow('not Unicode')
  })
})
