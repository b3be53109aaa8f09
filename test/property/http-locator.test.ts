import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Binding, type Locator, Locators } from '../../src/http/redirects/locator.ts'

const nullable = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | null> =>
  fc.option(arbitrary, { nil: null })
const text = fc.string({ unit: 'grapheme', maxLength: 40 })
const locator: fc.Arbitrary<Locator> = fc.record({
  dataNode: text,
  nameNode: nullable(text),
  delegation: nullable(fc.string({ maxLength: 300 })),
  identity: fc.record({
    principal: text,
    user: text,
    method: fc.constantFrom<Locator['identity']['method']>('SIMPLE', 'KERBEROS', 'TOKEN'),
    doAs: nullable(text),
    doAsPrincipal: nullable(text),
    anonymous: fc.boolean(),
  }),
  parameters: fc.array(text, { maxLength: 3 }),
})
const binding: fc.Arbitrary<Binding> = fc.record({ service: text, op: text, path: text })
const ours = new Locators({ secrets: [Buffer.alloc(32, 7)], lifetimeMs: 1_000, now: () => 0 })

describe('locators', () => {
  test('come out as they went in', () => {
    fc.assert(
      fc.property(locator, binding, (given, where) => {
        expect(ours.open(ours.seal(given, where), where)).toEqual(given)
      }),
    )
  })

  // Attack: bit by bit, until something else comes out.
  test('are refused with any bit of any byte turned', () => {
    fc.assert(
      fc.property(locator, binding, fc.nat(), (given, where, at) => {
        const bytes = Buffer.from(ours.seal(given, where), 'base64url')
        const bit = at % (bytes.length * 8)
        bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7))
        expect(ours.open(bytes.toString('base64url'), where)).toBe('locator_invalid')
      }),
    )
  })

  // Attack: base64 has several spellings of the same bytes.
  test('are refused with any character of their text changed, taken out or put in', () => {
    const alphabet = Array.from('ABCDwxyz0189-_+/=.~ \n%')
    fc.assert(
      fc.property(locator, binding, fc.nat(), fc.constantFrom(...alphabet), (given, where, at, letter) => {
        const sealed = ours.seal(given, where)
        const index = at % (sealed.length + 1)
        const variants = [
          sealed.slice(0, index) + letter + sealed.slice(index),
          sealed.slice(0, index) + letter + sealed.slice(index + 1),
          sealed.slice(0, index) + sealed.slice(index + 1),
        ]
        const others = variants.filter((variant) => variant !== sealed)
        expect(new Set(others.map((variant) => ours.open(variant, where)))).toEqual(
          new Set(others.length === 0 ? [] : ['locator_invalid']),
        )
      }),
    )
  })

  test('are refused for any other place than the one they were made for', () => {
    fc.assert(
      fc.property(locator, binding, binding, (given, where, elsewhere) => {
        fc.pre(JSON.stringify(where) !== JSON.stringify(elsewhere))
        expect(ours.open(ours.seal(given, where), elsewhere)).toBe('locator_invalid')
      }),
    )
  })
})
