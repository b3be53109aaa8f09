import { describe, expect, test } from 'vitest'
import { AccessControlList } from '../../../src/hadoop/access-control-list.ts'
import type { Subject } from '../../../src/hadoop/subject.ts'

const user = (
  name: string,
  groups: readonly string[] | null = [],
  realUser: Subject | null = null,
): Subject => ({
  user: name,
  principal: `${name}@REALM`,
  method: realUser === null ? 'KERBEROS' : 'PROXY',
  groups,
  realUser,
})

describe('how an ACL text is understood', () => {
  // text, in Hadoop's words, what it prints as again
  test.each([
    ['*', 'All users are allowed', '*'],
    [' * ', 'All users are allowed', '*'],
    ['alice *', 'All users are allowed', '*'],
    ['* staff', 'All users are allowed', '*'],
    ['*,alice', 'Users [*, alice] are allowed', '*,alice '],
    ['', 'No users are allowed', ' '],
    [' ', 'No users are allowed', ' '],
    ['alice,bob', 'Users [alice, bob] are allowed', 'alice,bob '],
    [' staff', 'Members of the groups [staff] are allowed', ' staff'],
    ['alice, bob grp', 'Users [alice] and members of the groups [bob grp] are allowed', 'alice bob grp'],
    [
      'alice staff wheel',
      'Users [alice] and members of the groups [staff wheel] are allowed',
      'alice staff wheel',
    ],
    ['alice,,alice,', 'Users [alice] are allowed', 'alice '],
    ['alice\nbob\tstaff', 'Users [alice, bob\tstaff] are allowed', 'alice,bob\tstaff '],
    ['\n  alice\n', 'Members of the groups [alice] are allowed', ' alice'],
    ['bo\u00a0', 'Users [bo\u00a0] are allowed', 'bo\u00a0 '],
    ['\u0001bo\u0000', 'Users [bo] are allowed', 'bo '],
    ['a,\u0001bo,c', 'Users [a, \u0001bo, c] are allowed', 'a,\u0001bo,c '],
    [
      '__proto__ constructor',
      'Users [__proto__] and members of the groups [constructor] are allowed',
      '__proto__ constructor',
    ],
  ])('%j', (text, words, again) => {
    const acl = AccessControlList.parse(text)
    expect(acl.describe()).toBe(words)
    expect(acl.toAclString()).toBe(again)
  })
})

describe('who is on the list', () => {
  const svc = user('svc', ['proxies'])
  test.each<[string, string, Subject, boolean]>([
    ['a listed user', 'alice', user('alice'), true],
    ['names are case-sensitive', 'Alice', user('alice'), false],
    ['a full principal never matches', 'alice@REALM', user('alice'), false],
    ['a listed group', ' staff', user('alice', ['x', 'staff']), true],
    ['a group name is not a user name', ' alice', user('alice'), false],
    ['a user name is not a group name', 'staff', user('alice', ['staff']), false],
    ['unknown groups count as none', ' staff', user('alice', null), false],
    ['everybody, whatever is known of the groups', '*', user('alice', null), true],
    ['the real user is not looked for', 'svc', user('alice', [], svc), false],
    ['nor are its groups', ' proxies', user('alice', [], svc), false],
    ['a tilde admits whom the real user impersonates', '~svc', user('alice', [], svc), true],
    ['but not the real user itself', '~svc', svc, false],
    ['a tilde in the group part means nothing', ' ~svc', user('alice', [], svc), false],
    ['a tilde and a star is nobody', '~*', user('alice', [], svc), false],
    ['the real user of the real user is not looked for', '~svc', user('a', [], user('b', [], svc)), false],
    ['a name that JavaScript objects have', 'alice', user('constructor', ['__proto__', 'toString']), false],
    ['the literal star of a longer list', '*,alice', user('*'), true],
  ])('%s', (_, text, subject, wanted) => {
    expect(AccessControlList.parse(text).allows(subject)).toBe(wanted)
  })
})

test('two texts are not cut at blanks', () => {
  const acl = AccessControlList.ofLists('ada bo', null)
  expect([...acl.users]).toEqual(['ada bo'])
  expect(acl.groups.size).toBe(0)
})

// The attack: a list that makes a backtracking splitter look at every blank again and again.
test('a million blanks before a comma are read once', () => {
  const acl = AccessControlList.ofLists(`alice${' '.repeat(1_000_000)},bob`, null)
  expect([...acl.users]).toEqual(['alice', 'bob'])
})

test('a list of a million users is read and asked', () => {
  const names = Array.from({ length: 1_000_000 }, (_, index) => `user${index}`)
  const acl = AccessControlList.parse(names.join(','))
  expect(acl.users.size).toBe(1_000_000)
  expect(acl.allows(user('user999999'))).toBe(true)
  expect(acl.allows(user('user1000000'))).toBe(false)
})
