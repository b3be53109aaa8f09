import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { NameTable } from '../../src/hadoop/name-table.ts'

// Few letters, so that names repeat and hashes meet; and any text at all, lone surrogates included.
const name = fc.oneof(
  fc.string({ unit: fc.constantFrom('a', 'b', '~', '\u0000'), maxLength: 4 }),
  fc.string({ unit: 'binary', maxLength: 12 }),
  fc.constantFrom('__proto__', 'constructor', '', '\ud800'),
)

test('a table holds what a set holds, in the same order', () => {
  fc.assert(
    fc.property(fc.array(name, { maxLength: 60 }), name, (names, asked) => {
      const set = new Set(names)
      const table = NameTable.of(() => names)
      expect([...table]).toEqual([...set])
      expect(table.size).toBe(set.size)
      expect(table.has(asked)).toBe(set.has(asked))
      for (const one of names) expect(table.has(one)).toBe(true)
    }),
    { numRuns: 2000 },
  )
})

test('a table that is made of the block of another one is the same', () => {
  fc.assert(
    fc.property(fc.array(name, { maxLength: 30 }), name, (names, asked) => {
      const table = NameTable.of(() => names)
      const other = new NameTable(structuredClone(table.buffer))
      expect([...other]).toEqual([...table])
      expect(other.has(asked)).toBe(table.has(asked))
    }),
  )
})

test('one table is a part of another one exactly where the sets are', () => {
  const names = fc.array(fc.constantFrom('a', 'b', 'c', 'd'), { maxLength: 4 })
  fc.assert(
    fc.property(names, names, (one, other) => {
      const isPart = NameTable.of(() => one).isSubsetOf(NameTable.of(() => other))
      expect(isPart).toBe(new Set(one).isSubsetOf(new Set(other)))
    }),
  )
})

test('a name of many characters comes back whole', () => {
  const long = 'x'.repeat(200_000)
  expect([...NameTable.of(() => [long, 'y'])]).toEqual([long, 'y'])
})
