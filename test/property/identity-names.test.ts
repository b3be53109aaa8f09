import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { AccessControlList } from '../../src/hadoop/access-control-list.ts'
import { AuthToLocal } from '../../src/hadoop/kerberos-name.ts'
import { nameFlaw, readUser } from '../../src/identity/names.ts'

const lax = {
  pattern: { text: '.*', matches: () => true },
  rules: AuthToLocal.parse('RULE:[1:$1] RULE:[2:$1]', 'hadoop', ''),
}

const MEANINGFUL = ['a', 'b', '/', '@', '*', ',', '~', '.', ' ', '\t', '\n', '\0', '\u200b', '\ud800']

/** Plain names, names with a few characters that mean something somewhere, and anything at all. */
const name = fc.oneof(
  fc.string({ maxLength: 12 }),
  fc.string({ unit: 'binary', maxLength: 8 }),
  fc.string({ unit: fc.constantFrom(...MEANINGFUL), maxLength: 8 }),
)

test('every name is either a user or has a flaw, and nothing is thrown', () => {
  fc.assert(
    fc.property(name, (text) => {
      const read = readUser(text, lax)
      expect('user' in read ? nameFlaw(read.user) : read.flaw.length > 0).toBe('user' in read ? null : true)
    }),
  )
})

test('a user name written into an access control list means that one user', () => {
  fc.assert(
    fc.property(name, (text) => {
      const read = readUser(text, lax)
      if ('flaw' in read) return
      const list = AccessControlList.parse(read.user)
      expect(list.allAllowed).toBe(false)
      expect([...list.users]).toEqual([read.user])
      expect([...list.groups]).toEqual([])
    }),
  )
})
