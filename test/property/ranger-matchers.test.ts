import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { indexKey } from '../../src/ranger/index-key.ts'
import type { MatcherOptions } from '../../src/ranger/model.ts'
import { compileResourceValues } from '../../src/ranger/resource-values.ts'
import { compileWildcard } from '../../src/ranger/wildcard.ts'
import { resourceDef } from '../support/ranger-definitions.ts'

const ofLetters = (letters: string, maxLength: number): fc.Arbitrary<string> =>
  fc.array(fc.constantFrom(...letters.split('')), { maxLength }).map((parts) => parts.join(''))

/** The same by trying everything. Stars right before a question mark have been taken out. */
function fitsNaively(pattern: string, text: string): boolean {
  const first = pattern.charAt(0)
  const rest = pattern.slice(1)
  if (first === '') return text === ''
  if (first === '*') return fitsNaively(rest, text) || (text !== '' && fitsNaively(pattern, text.slice(1)))
  return text !== '' && (first === '?' || first === text.charAt(0)) && fitsNaively(rest, text.slice(1))
}

const naiveWildcard = (pattern: string, text: string): boolean =>
  fitsNaively(pattern.replaceAll(/\*+\?/g, '?'), text)

/** The recursive match of the specification, word by word. */
function pathFitsNaively(value: string, path: string, separator: string): boolean {
  const pattern = value.endsWith(separator) ? `${value}*` : value
  if (pattern === '*') return true
  if (!/[*?]/.test(pattern)) return path === pattern || path.startsWith(pattern + separator)
  const wanted = pattern.split(separator).filter((part) => part !== '')
  const parts = path.split(separator).filter((part) => part !== '')
  if (parts.length === 0) return path !== '' && naiveWildcard(pattern, path)
  let prefix = path.startsWith(separator) ? separator : ''
  let isLiteral = true
  for (const [index, part] of parts.entries()) {
    prefix += part
    const want = wanted[index]
    if (isLiteral && want !== undefined && !/[*?]/.test(want)) {
      if (want !== part) return false
    } else {
      isLiteral = false
      if (naiveWildcard(pattern, prefix)) return true
    }
    prefix += separator
  }
  if (!isLiteral) return false
  const isOneMore = parts.length === wanted.length - 1 && wanted.at(-1) === '*'
  return parts.length === wanted.length || (path.endsWith(separator) && isOneMore)
}

test('a wildcard fits what trying everything fits', () => {
  fc.assert(
    fc.property(ofLetters('ab*?', 7), ofLetters('ab', 9), (pattern, text) => {
      expect(compileWildcard(pattern, false).fits(text)).toBe(naiveWildcard(pattern, text))
    }),
    { numRuns: 4000 },
  )
})

test('beginnings of a text fit as they fit on their own', () => {
  fc.assert(
    fc.property(ofLetters('ab*?', 6), ofLetters('ab', 9), (pattern, text) => {
      const wildcard = compileWildcard(pattern, false)
      for (let end = 0; end <= text.length; end += 1) {
        expect(wildcard.fitsUpToAny(text, [end])).toBe(wildcard.fits(text.slice(0, end)))
      }
    }),
    { numRuns: 1000 },
  )
})

test('a recursive path fits as the specification says', () => {
  const path = fc.tuple(fc.constantFrom('/', ''), ofLetters('ab//', 8)).map((parts) => parts.join(''))
  const value = fc.tuple(fc.constantFrom('/', ''), ofLetters('ab//*?', 7)).map((parts) => parts.join(''))
  const def = resourceDef('path', null, 'path', { ignoreCase: false })
  fc.assert(
    fc.property(value, path, (pattern, requested) => {
      fc.pre(pattern !== '' && requested !== '')
      const values = compileResourceValues(def, { values: [pattern], isExcludes: false, isRecursive: true })
      expect(values.matches(requested, new Map())).toBe(pathFitsNaively(pattern, requested, '/'))
    }),
    { numRuns: 6000 },
  )
})

test('no index over the beginnings of values loses a match', () => {
  const options: fc.Arbitrary<Partial<MatcherOptions>> = fc.record({
    wildCard: fc.boolean(),
    ignoreCase: fc.boolean(),
    quotedCaseSensitive: fc.boolean(),
    replaceTokens: fc.boolean(),
    separator: fc.constantFrom('/', '.', 'a'),
  })
  const requests = ofLetters('aA//."bK\u212A', 8)
  const resource = fc.record({
    values: fc.array(ofLetters('aA//.*?{}U\\"K', 8), { maxLength: 3 }),
    isExcludes: fc.boolean(),
    isRecursive: fc.boolean(),
  })
  fc.assert(
    fc.property(
      fc.constantFrom<('default' | 'path')[]>('default', 'path'),
      options,
      resource,
      fc.array(requests, { minLength: 1, maxLength: 6 }),
      (matcher, given, policy, requested) => {
        const def = resourceDef('path', null, matcher, given)
        const values = compileResourceValues(def, policy)
        // A value is asked for as it stands, too: otherwise hardly anything would match.
        for (const value of [...requested, ...policy.values, ...policy.values.map((text) => `/${text}/b`)]) {
          if (!values.matches(value, new Map([['U', 'a/']]))) continue
          const key = indexKey(def, value)
          expect(values.prefixes?.some((prefix) => key.startsWith(prefix)) ?? true).toBe(true)
        }
      },
    ),
    { numRuns: 3000 },
  )
})
