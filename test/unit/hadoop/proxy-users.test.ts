import { describe, expect, test } from 'vitest'
import { Configuration, parseConfigurationXml } from '../../../src/hadoop/configuration.ts'
import { ProxyUsers } from '../../../src/hadoop/proxy-users.ts'
import type { Subject } from '../../../src/hadoop/subject.ts'
import { configError } from '../../support/config-error.ts'

const OPTIONS = {
  ipv6Ranges: true,
  shortAddresses: false,
  unresolvedMatches: false,
  ipv6AgainstRanges: false,
}

/** Rules from `user.users`, `user.groups` and `user.hosts`. */
function rules(properties: Record<string, string>, prefix = 'hadoop.proxyuser'): ProxyUsers {
  const body = Object.entries(properties).map(
    ([key, value]) => `<property name="${prefix}.${key}" value="${value}"/>\n`,
  )
  const resource = parseConfigurationXml(`<configuration>${body.join('')}</configuration>`, 'core-site.xml')
  return ProxyUsers.of(Configuration.of([resource]), prefix, () => null, OPTIONS)
}

const person = (user: string, groups: readonly string[] = []): Subject => ({
  user,
  principal: user,
  method: 'SIMPLE',
  groups,
  realUser: null,
})
const ada = (realUser: string): Subject => ({
  ...person('ada', ['eng']),
  method: 'PROXY',
  realUser: { ...person(realUser, ['svcs']), principal: `${realUser}/h@R`, method: 'KERBEROS' },
})

describe('who may act for ada from 10.0.0.5', () => {
  const ACL = 'User: svc/h@R is not allowed to impersonate ada'
  const HOST = 'Unauthorized connection for super-user: svc/h@R from IP /10.0.0.5'
  test.each<[string, Record<string, string>, string, string | null]>([
    ['nothing is configured', {}, 'svc', ACL],
    ['a user, from everywhere', { 'svc.users': 'ada', 'svc.hosts': '*' }, 'svc', null],
    ['a group, from a range', { 'svc.groups': 'eng', 'svc.hosts': '10.0.0.0/8' }, 'svc', null],
    ['from elsewhere', { 'svc.groups': '*', 'svc.hosts': '10.0.0.6' }, 'svc', HOST],
    ['without a hosts key', { 'svc.groups': '*' }, 'svc', HOST],
    ['with an empty one', { 'svc.groups': '*', 'svc.hosts': '' }, 'svc', HOST],
    ['with a hosts key alone', { 'svc.hosts': '*' }, 'svc', ACL],
    ['the ACL is asked first', { 'svc.users': 'bo', 'svc.hosts': '10.0.0.6' }, 'svc', ACL],
    ['lists are not cut at blanks', { 'svc.users': 'bo eng', 'svc.hosts': '*' }, 'svc', ACL],
    ['a star is a name, not everybody', { '*.users': '*', '*.hosts': '*' }, 'svc', ACL],
    ['a name with dots', { 'wf.prod.users': 'ada', 'wf.prod.hosts': '*' }, 'wf.prod', null],
    ['a tilde admits by the real user', { 'svc.users': '~svc', 'svc.hosts': '*' }, 'svc', null],
    ['the groups of the real user do not count', { 'svc.groups': 'svcs', 'svc.hosts': '*' }, 'svc', ACL],
    [
      'a name with a blank is never found',
      { 'a b.users': '*', 'a b.hosts': '*' },
      'a b',
      'User: a b/h@R is not allowed to impersonate ada',
    ],
    ['names of JavaScript objects', { '__proto__.users': '*', '__proto__.hosts': '*' }, '__proto__', null],
  ])('%s', (_, properties, realUser, wanted) => {
    expect(rules(properties).check(ada(realUser), '10.0.0.5')?.message ?? null).toBe(wanted)
  })

  test('the refusal names the key that decides', () => {
    expect(rules({}).check(ada('svc'), '10.0.0.5')?.key).toBe('hadoop.proxyuser.svc.groups')
    expect(rules({ 'svc.users': '*' }).check(ada('svc'), '10.0.0.5')?.key).toBe('hadoop.proxyuser.svc.hosts')
  })

  test('an unknown address is on no list but the star', () => {
    expect(rules({ 'svc.users': '*', 'svc.hosts': '*' }).check(ada('svc'), null)).toBeNull()
    expect(rules({ 'svc.users': '*', 'svc.hosts': '0.0.0.0/0' }).check(ada('svc'), null)?.message).toBe(
      'Unauthorized connection for super-user: svc/h@R from IP null',
    )
  })

  test('an IPv6 address is printed as Java prints it', () => {
    expect(rules({ 'svc.users': '*', 'svc.hosts': '::1' }).check(ada('svc'), '2001:db8::5')?.message).toMatch(
      /from IP \/2001:db8:0:0:0:0:0:5$/,
    )
  })

  test('whoever acts for nobody is not asked about', () => {
    expect(rules({}).check(person('ada'), '10.0.0.5')).toBeNull()
  })

  test('acting for oneself is asked about', () => {
    const self: Subject = { ...person('svc'), method: 'PROXY', realUser: person('svc') }
    expect(rules({}).check(self, '10.0.0.5')?.message).toBe('User: svc is not allowed to impersonate svc')
  })

  test('groups matter only where a groups key names any', () => {
    const given = rules({ 'a.groups': 'eng', 'b.groups': '*', 'c.users': 'ada' })
    expect(['a', 'b', 'c', 'd'].map((name) => given.needsGroups(name))).toEqual([true, false, false, false])
  })

  test('another prefix has its own keys', () => {
    const given = rules({ 'svc.users': '*', 'svc.hosts': '*' }, 'httpfs.proxyuser')
    expect(given.check(ada('svc'), '10.0.0.5')).toBeNull()
  })
})

test('every bad host entry is reported with its place', () => {
  const error = configError(() =>
    rules({ 'a.hosts': '10.1', 'b.hosts': '10.0.0.0/99', 'c.hosts.old': '10/8' }),
  )
  expect(error?.code).toBe('ERR_POLICY_CIDR')
  expect(error?.problems.map(({ file, line, key }) => `${file}:${line} ${key}`)).toEqual([
    'core-site.xml:1 hadoop.proxyuser.a.hosts',
    'core-site.xml:2 hadoop.proxyuser.b.hosts',
    'core-site.xml:3 hadoop.proxyuser.c.hosts.old',
  ])
})
