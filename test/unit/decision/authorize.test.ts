import { describe, expect, test } from 'vitest'
import { admit, authorize, needsGroups } from '../../../src/decision/authorize.ts'
import { Permit } from '../../../src/decision/permit.ts'
import { EXEMPT } from '../../../src/decision/request.ts'
import { createSnapshot } from '../../../src/decision/snapshot.ts'
import type { Subject } from '../../../src/hadoop/subject.ts'
import { parityOf } from '../../../src/policy/divergences.ts'
import { CLIENT, CLIENT_CLASS, from, impersonated, policyOf, user } from '../../support/policy.ts'

const REFRESH = 'security.refresh.policy.protocol.acl'
const SUBMIT = 'security.applicationclient.protocol.acl'
const JOB = 'security.job.client.protocol.acl'
const DATANODE = 'security.datanode.protocol.acl'

/** Listings are for alice, bo and staff, without temps; from the office but its printer; oozie may act for staff. */
const OFFICE = {
  [CLIENT]: 'alice,bo staff',
  [`${CLIENT}.blocked`]: 'bo temps',
  'security.client.protocol.hosts': '10.0.0.0/8,gateway',
  'security.client.protocol.hosts.blocked': '10.0.0.9',
  [REFRESH]: 'hdfs',
  'hadoop.proxyuser.oozie.groups': 'staff',
  'hadoop.proxyuser.oozie.hosts': '10.0.0.1',
}

const office = createSnapshot(
  policyOf(OFFICE, { resolve: (name) => (name === 'gateway' ? '192.0.2.7' : null) }),
  {
    cacheMax: 100,
  },
)

const DESK = '10.0.0.1'

describe('the four lists of a service', () => {
  // verdict, user, groups, address, service
  test.each([
    ['allowed', 'alice', [], DESK, CLIENT],
    ['allowed', 'eve', ['staff'], DESK, CLIENT],
    ['acl', 'mallory', [], DESK, CLIENT],
    ['acl', 'mallory', ['Staff'], DESK, CLIENT],
    ['acl', 'Alice', [], DESK, CLIENT],
    ['acl', 'staff', [], DESK, CLIENT],
    ['acl_blocked', 'bo', [], DESK, CLIENT],
    ['acl_blocked', 'alice', ['temps'], DESK, CLIENT],
    ['acl_blocked', 'eve', ['staff', 'temps'], DESK, CLIENT],
    ['hosts', 'alice', [], '11.0.0.1', CLIENT],
    ['hosts', 'alice', [], '2001:db8::1', CLIENT],
    ['allowed', 'alice', [], '192.0.2.7', CLIENT],
    ['hosts_blocked', 'alice', [], '10.0.0.9', CLIENT],
    ['acl', 'mallory', [], '11.0.0.1', CLIENT],
    ['allowed', 'hdfs', [], '11.0.0.1', REFRESH],
    ['acl', 'alice', [], '11.0.0.1', REFRESH],
    ['allowed', 'mallory', [], '11.0.0.1', SUBMIT],
    ['service_unknown', 'alice', [], DESK, 'security.nothing.acl'],
    ['service_unknown', 'alice', [], DESK, '__proto__'],
    ['service_unknown', 'alice', [], DESK, null],
    ['exempt', 'mallory', [], '11.0.0.1', EXEMPT],
  ] as const)('%s: %s in [%s] from %s for %s', (reason, name, groups, address, service) => {
    const request = { service, subject: user(name, groups), origin: from(address) }
    const effect = reason === 'allowed' || reason === 'exempt' ? 'allow' : 'deny'
    expect(authorize(office, request)).toMatchObject({ effect, reason, revision: office.revision })
    // And again, from the cache.
    expect(authorize(office, request)).toMatchObject({ effect, reason })
  })

  test('an unknown address is asked about by no host list, as in Hadoop', () => {
    expect(authorize(office, { service: CLIENT, subject: user('alice'), origin: from(null) })).toMatchObject({
      effect: 'allow',
    })
  })

  test('a decision names the rule with file and line, an allow the one that admits', () => {
    const ask = (name: string): object =>
      authorize(office, { service: CLIENT, subject: user(name), origin: from(DESK) })
    expect(ask('alice')).toMatchObject({
      rule: `${CLIENT} = alice,bo staff`,
      key: CLIENT,
      file: 'hadoop-policy.xml',
      line: 2,
    })
    expect(ask('bo')).toMatchObject({ rule: `${CLIENT}.blocked = bo temps`, line: 3 })
    expect(authorize(office, { service: SUBMIT, subject: user('bo'), origin: from(DESK) })).toMatchObject({
      rule: `${SUBMIT} = *`,
      file: null,
      line: null,
    })
  })

  test('a rule of a million users is cut where it is shown', () => {
    const many = createSnapshot(policyOf({ [CLIENT]: 'somebody,'.repeat(1_000_000) }), { cacheMax: 0 })
    const { rule } = authorize(many, { service: CLIENT, subject: user('x'), origin: from(DESK) })
    expect(rule?.length).toBeLessThan(1_100)
  })

  test('refusals speak with the words of Hadoop', () => {
    const message = (subject: Subject, address: string): string =>
      authorize(office, { service: CLIENT, subject, origin: from(address) }).message
    expect(message(user('mallory'), DESK)).toBe(
      `User mallory (auth:SIMPLE) is not authorized for protocol ${CLIENT_CLASS}: denied by configured ACL`,
    )
    expect(message(user('alice'), '2001:db8::5')).toBe(
      `Host 2001:db8:0:0:0:0:0:5 is not authorized for protocol ${CLIENT_CLASS}`,
    )
  })
})

describe('impersonation', () => {
  test.each([
    ['allowed', impersonated('eve', 'oozie', ['staff']), DESK],
    ['impersonation', impersonated('eve', 'oozie', ['guests']), DESK],
    ['impersonation', impersonated('eve', 'oozie', ['staff']), '10.0.0.2'],
    ['impersonation', impersonated('eve', 'hive', ['staff']), DESK],
    ['acl_blocked', impersonated('bo', 'oozie', ['staff']), DESK],
  ] as const)('%s: %o from %s', (reason, subject, address) => {
    expect(authorize(office, { service: CLIENT, subject, origin: from(address) })).toMatchObject({ reason })
  })

  test('a refusal names the key that would have to be set', () => {
    expect(
      authorize(office, { service: CLIENT, subject: impersonated('eve', 'hive'), origin: from(DESK) }),
    ).toMatchObject({
      message: 'User: hive is not allowed to impersonate eve',
      rule: 'hadoop.proxyuser.hive.groups is not set',
      key: 'hadoop.proxyuser.hive.groups',
      file: null,
    })
  })

  test('is asked about where no key guards the route, and where authorization is off', () => {
    const off = createSnapshot(policyOf(OFFICE, { authorization: 'asHadoop' }), { cacheMax: 0 })
    const subject = impersonated('eve', 'hive')
    for (const [snapshot, service] of [
      [office, EXEMPT],
      [off, CLIENT],
    ] as const)
      expect(authorize(snapshot, { service, subject, origin: from(DESK) })).toMatchObject({
        reason: 'impersonation',
      })
  })
})

describe('nobody', () => {
  test('is refused, but where no key guards the route', () => {
    const ask = (service: string | null): object =>
      authorize(office, { service, subject: null, origin: from(DESK) })
    expect(ask(CLIENT)).toMatchObject({ effect: 'deny', reason: 'unauthenticated' })
    expect(ask(null)).toMatchObject({ effect: 'deny', reason: 'service_unknown' })
    expect(ask(EXEMPT)).toMatchObject({ effect: 'allow', reason: 'exempt' })
  })
})

describe('groups that could not be looked up', () => {
  const unknown = (name: string): Subject => user(name, null)
  const ask = (policy: Record<string, string>, subject: Subject, parity: 'none' | 'all' = 'none'): object =>
    authorize(createSnapshot(policyOf(policy, { parity: parityOf(parity) }), { cacheMax: 10 }), {
      service: CLIENT,
      subject,
      origin: from(DESK),
    })

  // Attack: a user of a blocked group waits for, or causes, an outage of the directory.
  test('refuse wherever a blocked list names groups', () => {
    const policy = { [CLIENT]: '*', [`${CLIENT}.blocked`]: ' temps' }
    expect(ask(policy, unknown('eve'))).toMatchObject({ effect: 'deny', reason: 'groups_unavailable' })
    expect(ask(policy, unknown('eve'), 'all')).toMatchObject({ effect: 'allow' })
  })

  test('refuse where only a group could admit, and not where the name does', () => {
    expect(ask({ [CLIENT]: 'alice staff' }, unknown('eve'))).toMatchObject({ reason: 'groups_unavailable' })
    expect(ask({ [CLIENT]: 'alice staff' }, unknown('alice'))).toMatchObject({ effect: 'allow' })
    expect(ask({ [CLIENT]: 'alice' }, unknown('eve'))).toMatchObject({ reason: 'acl' })
    expect(ask({ [CLIENT]: '*', [`${CLIENT}.blocked`]: 'eve temps' }, unknown('eve'))).toMatchObject({
      reason: 'acl_blocked',
    })
  })

  test('refuse an impersonation that hangs on them', () => {
    const subject = impersonated('eve', 'oozie', null)
    expect(ask({ ...OFFICE, [CLIENT]: '*' }, subject)).toMatchObject({ reason: 'groups_unavailable' })
  })

  test('are no fact of the policy: the refusal is not remembered', () => {
    const snapshot = createSnapshot(policyOf({ [CLIENT]: ' staff' }), { cacheMax: 10 })
    authorize(snapshot, { service: CLIENT, subject: unknown('eve'), origin: from(DESK) })
    expect(snapshot.cache.size).toBe(0)
    expect(
      authorize(snapshot, { service: CLIENT, subject: user('eve', ['staff']), origin: from(DESK) }),
    ).toMatchObject({ effect: 'allow' })
  })

  test('are asked for only where they matter', () => {
    const ask = (service: string | null, realUser: string | null = null): boolean =>
      needsGroups(office, { service, realUser })
    expect(ask(CLIENT)).toBe(true)
    expect(ask(REFRESH)).toBe(false)
    expect(ask(REFRESH, 'oozie')).toBe(true)
    expect(ask(REFRESH, 'hive')).toBe(false)
    expect(ask(null)).toBe(false)
    expect(ask(EXEMPT)).toBe(false)
    const off = createSnapshot(policyOf(OFFICE, { authorization: 'asHadoop' }), { cacheMax: 0 })
    expect(needsGroups(off, { service: CLIENT, realUser: null })).toBe(false)
  })
})

describe('the alias of job submission (D-8)', () => {
  const ask = (policy: Record<string, string>, name: string, parity: 'none' | 'all' = 'none'): object =>
    authorize(createSnapshot(policyOf(policy, { parity: parityOf(parity) }), { cacheMax: 0 }), {
      service: SUBMIT,
      subject: user(name, ['mapreduce']),
      origin: from(DESK),
    })

  // The guide's own example: alice and bob and the group mapreduce may submit jobs.
  test('decides where the key of the ResourceManager is set nowhere', () => {
    const guide = { [JOB]: 'alice,bob mapreduce' }
    expect(ask(guide, 'carol')).toMatchObject({ effect: 'allow', key: JOB, line: 2 })
    expect(ask({ [JOB]: 'alice,bob' }, 'carol')).toMatchObject({ reason: 'acl', key: JOB })
    expect(ask({ [JOB]: 'alice,bob' }, 'carol', 'all')).toMatchObject({ effect: 'allow', key: SUBMIT })
  })

  test('brings its blocked list and its hosts along, and yields to every key that is set', () => {
    const blocked = { [JOB]: '*', [`${JOB}.blocked`]: 'carol' }
    expect(ask(blocked, 'carol')).toMatchObject({ reason: 'acl_blocked' })
    expect(ask({ ...blocked, [`${SUBMIT}.blocked`]: 'dave' }, 'carol')).toMatchObject({ effect: 'allow' })
    expect(ask({ [JOB]: 'alice', [SUBMIT]: '*' }, 'carol')).toMatchObject({ effect: 'allow' })
    expect(ask({ [JOB]: 'alice', 'security.service.authorization.default.acl': '*' }, 'carol')).toMatchObject(
      { reason: 'acl', key: JOB },
    )
  })
})

describe('a client principal', () => {
  const secure = {
    'hadoop.security.authentication': 'kerberos',
    'dfs.datanode.kerberos.principal': 'dn/_HOST@EXAMPLE.COM',
    [DATANODE]: 'hdfs',
  }
  const datanode = (host: string): Subject => ({
    ...user('hdfs'),
    principal: `dn/${host}@EXAMPLE.COM`,
    method: 'KERBEROS',
  })
  const ask = (policy: Record<string, string>, subject: Subject, ...names: string[]): object =>
    authorize(createSnapshot(policyOf(policy), { cacheMax: 0 }), {
      service: DATANODE,
      subject,
      origin: from('192.0.2.5', ...names),
    })

  test('is asked for with the name of the caller in the place of _HOST', () => {
    expect(ask(secure, datanode('dn7.example.com'), 'dn7.example.com')).toMatchObject({ effect: 'allow' })
    expect(ask(secure, datanode('dn8.example.com'), 'dn7.example.com')).toMatchObject({
      reason: 'principal',
      rule: 'dfs.datanode.kerberos.principal = dn/_HOST@EXAMPLE.COM',
      line: 3,
      message: expect.stringContaining('this service is only accessible by dn/dn7.example.com@EXAMPLE.COM'),
    })
  })

  test('is not asked for in simple mode, nor where the property is unset; empty it is nobody', () => {
    expect(ask({ ...secure, 'hadoop.security.authentication': 'simple' }, datanode('x'))).toMatchObject({
      effect: 'allow',
    })
    expect(
      ask({ 'hadoop.security.authentication': 'kerberos', [DATANODE]: 'hdfs' }, datanode('x')),
    ).toMatchObject({ effect: 'allow' })
    expect(ask({ ...secure, 'dfs.datanode.kerberos.principal': '' }, datanode('x'))).toMatchObject({
      reason: 'principal',
    })
  })
})

describe('a permit', () => {
  const ask = (name: string, enforcement: 'enforce' | 'observe'): Permit | null =>
    admit(office, { service: CLIENT, subject: user(name), origin: from(DESK) }, enforcement).permit

  test('comes with an allow, and with a refusal only where the service observes', () => {
    expect(ask('alice', 'enforce')?.decision.effect).toBe('allow')
    expect(ask('mallory', 'enforce')).toBeNull()
    expect(ask('mallory', 'observe')?.decision.effect).toBe('deny')
  })

  // Attack: a door that builds its own permit instead of asking.
  test('cannot be made by hand', () => {
    const permit = ask('alice', 'enforce')
    expect(permit !== null && Permit.isIssued(permit)).toBe(true)
    const forged: Permit = Object.assign(Object.create(Permit.prototype), { decision: permit?.decision })
    expect(Permit.isIssued(forged)).toBe(false)
  })
})

describe('the cache', () => {
  test('remembers decisions up to its bound, and none where that is 0', () => {
    const snapshot = createSnapshot(policyOf(OFFICE), { cacheMax: 2 })
    const ask = (name: string): void => {
      authorize(snapshot, { service: CLIENT, subject: user(name), origin: from(DESK) })
    }
    for (const name of ['a', 'b', 'a', 'c', 'a', 'b']) ask(name)
    expect(snapshot.cache).toMatchObject({ hits: 2, misses: 4, size: 2 })
    const off = createSnapshot(policyOf(OFFICE), { cacheMax: 0 })
    authorize(off, { service: CLIENT, subject: user('a'), origin: from(DESK) })
    expect(off.cache).toMatchObject({ hits: 0, misses: 0, size: 0 })
  })
})
