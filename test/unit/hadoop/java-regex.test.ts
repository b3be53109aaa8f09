import { describe, expect, test } from 'vitest'
import { JavaRegex, JavaRegexError } from '../../../src/hadoop/java-regex.ts'

describe('an expression means what it means in Java', () => {
  test.each<[string, string, boolean]>([
    ['a.c', 'a\u2028c', false],
    ['a.c', 'a\u0085c', false],
    ['a.c', 'a😀c', true],
    [String.raw`\s`, '\v', true],
    [String.raw`\s`, '\u00a0', false],
    [String.raw`\S+`, 'ab\u00a0', true],
    [String.raw`[\s\d]+`, '1 \v2', true],
    [String.raw`[^\s\d]+`, 'ab', true],
    [String.raw`[^\W]+`, 'a_1', true],
    [String.raw`\W`, 'ä', true],
    [String.raw`[\D]`, '1', false],
    ['[a-]+', 'a-a', true],
    ['[-a]+', 'a-a', true],
    ['[a-z-9]+', 'b-9', true],
    ['[a^]', '^', true],
    [String.raw`[\]\[]+`, '[]', true],
    ['a]b}', 'a]b}', true],
    [String.raw`a{2}`, 'aa', true],
    ['a{1,2}?a', 'aaa', true],
    [String.raw`\Qa.b\E+`, 'a.bbb', true],
    [String.raw`\Qa.b`, 'a.b', true],
    [String.raw`\x41\u0042\x{43}\0104\cE`, 'ABCD\u0005', true],
    [String.raw`\t\n\r\f\a\e`, '\t\n\r\f\u0007\u001b', true],
    [String.raw`\.\*\_\-`, '.*_-', true],
    ['(?:a|b|)c', 'c', true],
    ['^*a$+', 'a', true],
    [String.raw`a\b*b`, 'ab', true],
    [String.raw`a\b{2}b`, 'ab', false],
    ['ß', 'SS', false],
    ['', '', true],
  ])('%j matches %j: %s', (expression, text, wanted) => {
    expect(new JavaRegex(expression).matches(text)).toBe(wanted)
  })

  test.each([
    ['.*', 'abc', 'q', true, 'qq'],
    ['a*', 'baac', 'x', true, 'xbxxcx'],
    ['^a', 'aaa', 'x', true, 'xaa'],
    ['', 'ab', '-', true, '-a-b-'],
    ['b|$', 'ab', 'x', true, 'axx'],
    ['x', 'abc', '$9', true, 'abc'],
  ])('replacing %j in %j', (expression, text, replacement, all, wanted) => {
    expect(new JavaRegex(expression).replace(text, replacement, all)).toBe(wanted)
  })
})

test.each([
  ['a.*$', 'a\nb', false],
  ['a.*$', 'ab\n', true],
  ['a.*$', 'ab\u2028', true],
  ['a.*', 'ab\n', false],
  [String.raw`\bä`, 'ä', true],
])('whether %j is sure about %j', (expression, text, unsure) => {
  expect(new JavaRegex(expression).isUnsure(text)).toBe(unsure)
})

describe('what Java refuses is refused', () => {
  test.each([
    '*',
    'a**',
    'a|+',
    '(',
    ')',
    '[',
    '[]',
    '[a',
    '[b-a]',
    'a{',
    'a{,2}',
    'a{2,1}',
    '(?',
    '(?<1>a)',
  ])('%j', (expression) => {
    expect(() => new JavaRegex(expression)).toThrow(JavaRegexError)
  })

  test.each([
    '\\',
    String.raw`\y`,
    String.raw`\8`,
    String.raw`[\b]`,
    String.raw`\x{110000}`,
    String.raw`\ud83d`,
    '(?<a>x)(?<a>y)',
  ])('%j', (expression) => {
    expect(() => new JavaRegex(expression)).toThrow(JavaRegexError)
  })
})
