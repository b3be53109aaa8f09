import { expect, test } from 'vitest'
import { adminOfToken } from '../../../src/admin/tokens.ts'
import { sha256 } from './support.ts'

const TOKENS = [
  { name: 'one', sha256: sha256('first'), user: 'hdfs' },
  { name: 'two', sha256: sha256('second').toUpperCase(), user: 'yarn' },
]

test('a token is known by its hash', () => {
  expect(adminOfToken('first', TOKENS)).toEqual({ name: 'one', user: 'hdfs' })
  expect(adminOfToken('second', TOKENS)).toEqual({ name: 'two', user: 'yarn' })
})

// Attack: guesses, the empty token, the hash itself, and hashes in the settings that are not hashes.
test('nothing else is', () => {
  for (const guess of ['', 'First', 'first ', sha256('first'), 'x'.repeat(100_000)]) {
    expect(adminOfToken(guess, TOKENS), guess.slice(0, 20)).toBe(null)
  }
  const odd = ['', '00', 'not hexadecimal', `${sha256('first')}00`]
  expect(
    adminOfToken(
      'first',
      odd.map((hash) => ({ name: 'odd', sha256: hash, user: 'root' })),
    ),
  ).toBe(null)
  expect(adminOfToken('first', [])).toBe(null)
})
