import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { AccessControlList } from '../../src/hadoop/access-control-list.ts'
import { javaTrim, trimmedEntries } from '../../src/hadoop/java-text.ts'
import { listText, subject } from '../support/arbitraries-hadoop.ts'
import {
  oracleAcl,
  oracleAclOfLists,
  oracleAllows,
  oracleEntries,
  oracleTrim,
} from '../support/oracle-hadoop.ts'

const anyText = (): fc.Arbitrary<string> => fc.oneof(listText(), fc.string({ unit: 'binary' }))

test('any text is trimmed and split as the twin does it', () => {
  fc.assert(
    fc.property(anyText(), (text) => {
      expect(javaTrim(text)).toBe(oracleTrim(text))
      expect([...trimmedEntries(text)]).toEqual(oracleEntries(text))
    }),
    { numRuns: 2000 },
  )
})

test('any ACL text holds the users and groups that the twin finds, and answers for any subject as it does', () => {
  fc.assert(
    fc.property(anyText(), subject(), (text, who) => {
      const acl = AccessControlList.parse(text)
      const twin = oracleAcl(text)
      expect({ everybody: acl.allAllowed, users: [...acl.users], groups: [...acl.groups] }).toEqual(twin)
      expect(acl.allows(who)).toBe(oracleAllows(twin, who))
    }),
    { numRuns: 3000 },
  )
})

test('two texts are read as the twin reads them', () => {
  const list = fc.option(listText(), { nil: null })
  fc.assert(
    fc.property(list, list, subject(), (users, groups, who) => {
      const acl = AccessControlList.ofLists(users, groups)
      expect(acl.allows(who)).toBe(oracleAllows(oracleAclOfLists(users, groups), who))
    }),
    { numRuns: 2000 },
  )
})

test('the canonical text says the same again, unless a name in it cannot be written', () => {
  // A user with a blank or comma inside, or `*` alone, exists only in lists of two texts: Hadoop cannot write it either.
  const writable = (acl: AccessControlList): boolean =>
    [...acl.users].every((user) => !user.includes(' ')) &&
    javaTrim([...acl.users].join(',')) !== '*' &&
    javaTrim([...acl.groups].join(',')) !== '*' &&
    [...acl.users, ...acl.groups].every((entry) => javaTrim(entry) === entry)
  fc.assert(
    fc.property(listText(), (text) => {
      const acl = AccessControlList.parse(text)
      fc.pre(writable(acl))
      const again = AccessControlList.parse(acl.toAclString())
      expect(again.toAclString()).toBe(acl.toAclString())
      expect(again.describe()).toBe(acl.describe())
    }),
    { numRuns: 2000 },
  )
})
