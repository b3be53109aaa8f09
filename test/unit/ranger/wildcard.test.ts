import { describe, expect, test } from 'vitest'
import {
  type Characters,
  compileWildcard,
  endingWith,
  equalTo,
  startingWith,
  type Wildcard,
} from '../../../src/ranger/wildcard.ts'

/** A text that counts how often it is looked at. */
class Counted implements Characters {
  readonly #text: string
  reads = 0

  constructor(text: string) {
    this.#text = text
  }

  get length(): number {
    return this.#text.length
  }

  charCodeAt(index: number): number {
    this.reads += 1
    return this.#text.charCodeAt(index)
  }
}

describe('a wildcard', () => {
  test.each([
    ['/a/*', '/a/', true],
    ['/a/*', '/a/b/c', true],
    ['/a/*', '/a', false],
    ['*', '', true],
    ['**', '/a', true],
    ['', '', true],
    ['', 'a', false],
    ['a*b*c', 'abc', true],
    ['a*b*c', 'a-b-b-c', true],
    ['a*b*c', 'a-c-b', false],
    ['a*bc', 'abcbc', true],
    ['ab*ba', 'aba', false],
    ['a?c', 'a/c', true],
    ['a?c', 'ac', false],
    ['a?', 'a', false],
    ['?', 'ab', false],
    ['[ab]', 'a', false],
    ['\\*', '\\x', true],
  ])('%j fits %j: %j', (pattern, text, fits) => {
    expect(compileWildcard(pattern, false).fits(text)).toBe(fits)
  })

  test.each([
    ['*?', 'a', true],
    ['*?', 'ab', false],
    ['/a/*?', '/a/x', true],
    ['/a/*?', '/a/xy', false],
    ['*?b', 'xb', true],
    ['*?b', 'xxb', false],
    ['a**?', 'ab', true],
    ['a**?', 'abc', false],
    ['?*?', 'ab', true],
    ['?*?', 'abc', false],
    ['*?*', 'abc', true],
    ['*?*', '', false],
  ])(
    'stars right before a question mark count for nothing, as in Ranger: %j fits %j: %j',
    (pattern, text, fits) => {
      expect(compileWildcard(pattern, false).fits(text)).toBe(fits)
    },
  )

  test('compares cases as Java does, one unit after the other', () => {
    expect(compileWildcard('Sales*X', true).fits('sALES_x')).toBe(true)
    expect(compileWildcard('Sales*', false).fits('sales')).toBe(false)
    expect(equalTo('straße', true).fits('STRASSE')).toBe(false)
    expect(equalTo('ΣΑΣ', true).fits('σας')).toBe(true)
    expect(equalTo('İı', true).fits('iI')).toBe(true)
    expect(equalTo('K', true).fits('\u212A')).toBe(true)
  })

  test('takes stars literally where the text is meant', () => {
    expect(equalTo('a*', false).fits('ab')).toBe(false)
    expect(startingWith('a*', false).fits('a*b')).toBe(true)
    expect(startingWith('a*', false).fits('ab')).toBe(false)
    expect(endingWith('?b', false).fits('ab')).toBe(false)
    expect(endingWith('?b', false).fits('a?b')).toBe(true)
  })

  test('is held against each of several beginnings of a text', () => {
    const wildcard = compileWildcard('/a/*b/c', false)
    expect(wildcard.fitsUpToAny('/a/x/yb/c/d', [2, 4, 7, 9])).toBe(true)
    expect(wildcard.fitsUpToAny('/a/x/yb/d/c', [2, 4, 7, 9, 11])).toBe(false)
    expect(compileWildcard('/a?', false).fitsUpToAny('/ab/c', [2, 3])).toBe(true)
    expect(compileWildcard('/a?', false).fitsUpToAny('/ab/c', [2])).toBe(false)
  })
})

describe('a caller who chooses the path cannot make a wildcard slow', () => {
  const TEXT = 'a'.repeat(8192)
  const readsOf = (pattern: string, ask: (wildcard: Wildcard, text: Counted) => boolean): number => {
    const text = new Counted(TEXT)
    expect(ask(compileWildcard(pattern, true), text)).toBe(false)
    return text.reads
  }

  test.each([
    '*a*a*a*a*b',
    `${'*a'.repeat(40)}*b`,
    '*aaaaaaaaaaaaaaaab*',
    `${'?'.repeat(30)}*ab*`,
    '*a?a?a?b*',
  ])('%j reads each place of 8 KB at most once for each of its own characters', (pattern) => {
    const reads = readsOf(pattern, (wildcard, text) => wildcard.fits(text))
    expect(reads).toBeLessThanOrEqual(TEXT.length * pattern.length)
  })

  test('nor by many separators', () => {
    const ends = Array.from({ length: TEXT.length }, (_, index) => index + 1)
    const pattern = '*a*a*a*a*b'
    const reads = readsOf(pattern, (wildcard, text) => wildcard.fitsUpToAny(text, ends))
    expect(reads).toBeLessThanOrEqual(TEXT.length * pattern.length)
  })
})
