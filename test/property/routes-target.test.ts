import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ProtocolError } from '../../src/errors.ts'
import {
  type CanonicalTarget,
  canonicalTarget,
  takeIdentityParameters,
  targetText,
} from '../../src/routes/target.ts'

const read = (raw: string): CanonicalTarget | null => {
  try {
    return canonicalTarget(raw)
  } catch (error) {
    if (error instanceof ProtocolError) return null
    throw error
  }
}

const textOf = ({ path, query }: CanonicalTarget): string => (query === '' ? path : `${path}?${query}`)

/** Pieces that mean something to somebody: those that may be taken, and, more seldom, those that may not. */
const TAKEN = '/ / / / a b . .. %2e %2E%2e %25 %2541 %41 %3b + %2B : = @ %20 %C3%A4 " |'.split(' ')
const REFUSED = '%252e %2f %zz % ; \\ %5c %c0%af %00 # //'.split(' ')
const QUERIES =
  '& & = = a b op op=OPEN user.name=x User.Name doas=x %44oas token=y ugi=z ? + %20 %26 / ; %3d'.split(' ')
const pieces = (list: readonly string[], maxLength: number): fc.Arbitrary<string> =>
  fc.array(fc.constantFrom(...list), { maxLength }).map((chosen) => chosen.join(''))
const tricky = fc
  .tuple(
    fc.oneof(
      { weight: 5, arbitrary: pieces(TAKEN, 9) },
      { weight: 1, arbitrary: pieces([...TAKEN, ...REFUSED], 6) },
    ),
    fc.oneof(fc.constant(''), pieces(QUERIES, 8)),
  )
  .map(([path, query]) => `/x${path.replaceAll(/\/+/g, '/')}${query === '' ? '' : `?${query}`}`)
const anything = fc.oneof(
  tricky,
  fc.string({ maxLength: 30 }).map((text) => `/${text}`),
  fc.webPath(),
  fc.string({ unit: 'binary' }),
)

/** File names as HDFS has them: anything but a slash, and what no path can carry. */
const fileName = fc
  .oneof(
    fc.string({ unit: 'grapheme', minLength: 1, maxLength: 8 }),
    fc.string({
      unit: fc.constantFrom('a', ' ', '%', '+', ':', '=', '@', ';', '?', '#', '&', 'ä', '€', '.'),
      minLength: 1,
      maxLength: 6,
    }),
  )
  .filter((name) => !/[/\\\p{Cc}]/u.test(name) && !/^\.{1,2}(?:;|$)/.test(name) && name.isWellFormed())
  .filter((name) => !/%[0-9a-f]{2}/i.test(name))

const PATH = /^\/(?:[A-Za-z0-9\-._~!$&'()*+,=:@]|%[0-9A-F]{2}|\/)*$/
const QUERY = /^(?:[A-Za-z0-9\-._~!$'()*,=:@/?&]|%[0-9A-F]{2})*$/

describe('a target in its one form', () => {
  test('is its own one form, and means the same', () => {
    fc.assert(
      fc.property(anything, (raw) => {
        const target = read(raw)
        if (target === null) return
        expect(canonicalTarget(textOf(target))).toEqual(target)
      }),
      { numRuns: 2_000 },
    )
  })

  test('holds nothing that two readers might understand as two things', () => {
    fc.assert(
      fc.property(anything, (raw) => {
        const target = read(raw)
        if (target === null) return
        const { path, query, segments } = target
        expect(path).toMatch(PATH)
        expect(query).toMatch(QUERY)
        expect(path).not.toMatch(/\/\/|%2F|%5C|%0|%1|%7F/)
        expect(path.split('/').some((part) => part === '.' || part === '..')).toBe(false)
        expect(segments.some((segment) => segment === '' || /[/\\\p{Cc}]/u.test(segment))).toBe(false)
      }),
      { numRuns: 2_000 },
    )
  })

  test('has the segments that its path decodes to', () => {
    fc.assert(
      fc.property(anything, (raw) => {
        const target = read(raw)
        if (target === null) return
        const parts = target.path.split('/').slice(1)
        if (parts.at(-1) === '') parts.pop()
        expect(parts.map(decodeURIComponent)).toEqual(target.segments)
      }),
    )
  })

  test('has the parameters that a reader of forms finds in its query', () => {
    fc.assert(
      fc.property(anything, (raw) => {
        const target = read(raw)
        if (target === null) return
        // The reader drops a `?` that stands first: an empty piece in front keeps it from that.
        const pairs = [...new URLSearchParams(`&${target.query}`)]
        expect(target.parameters.map(({ name, value }) => [name, value])).toEqual(pairs)
      }),
      { numRuns: 2_000 },
    )
  })
})

test('names of files survive, whatever is in them', () => {
  fc.assert(
    fc.property(fc.array(fileName, { minLength: 1, maxLength: 4 }), (names) => {
      const target = canonicalTarget(`/webhdfs/v1/${names.map(encodeURIComponent).join('/')}?op=OPEN`)
      expect(target.segments).toEqual(['webhdfs', 'v1', ...names])
      expect(canonicalTarget(target.path).segments).toEqual(target.segments)
    }),
    { numRuns: 1_000 },
  )
})

test('values survive, and names that nobody reserves', () => {
  const word = fc.string({ unit: 'grapheme', maxLength: 8 })
  fc.assert(
    fc.property(fc.array(fc.tuple(word, word), { maxLength: 5 }), (pairs) => {
      const query = pairs
        .map(([name, value]) => `x${encodeURIComponent(name)}=${encodeURIComponent(value)}`)
        .join('&')
      const target = read(`/x?${query}`)
      if (target === null) return
      expect(target.parameters.map(({ name, value }) => [name, value])).toEqual(
        pairs.map(([name, value]) => [`x${name}`, value]),
      )
    }),
  )
})

describe('what is sent', () => {
  const person = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 8 })

  test('has our identity exactly once in every reading, and nothing else of the kind', () => {
    fc.assert(
      fc.property(tricky, person, fc.option(person), (raw, userName, doAs) => {
        const target = read(raw)
        if (target === null || target.parameters.some(({ name, value }) => name === 'doas' && value === ''))
          return
        const text = targetText(takeIdentityParameters(target).rest, { userName, doAs })
        const pairs = [...new URLSearchParams(text.slice(text.indexOf('?') + 1))]
        const named = (wanted: string): readonly string[] =>
          pairs.filter(([name]) => name.toUpperCase().toLowerCase() === wanted).map(([, value]) => value)
        expect(named('user.name')).toEqual([userName])
        expect(named('doas')).toEqual(doAs === null ? [] : [doAs])
        expect(named('delegation')).toEqual([])
        expect(named('ugi')).toEqual([])
      }),
      { numRuns: 2_000 },
    )
  })

  test('is the path and the parameters that were decided on', () => {
    fc.assert(
      fc.property(tricky, (raw) => {
        const target = read(raw)
        if (target === null || target.parameters.some(({ name, value }) => name === 'doas' && value === ''))
          return
        const { rest } = takeIdentityParameters(target)
        const again = canonicalTarget(targetText(rest, { userName: null, doAs: null }))
        expect(again).toEqual(rest)
        expect(again.segments).toEqual(target.segments)
      }),
    )
  })
})
