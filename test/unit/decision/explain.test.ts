import { describe, expect, test } from 'vitest'
import type { HadoopTopic } from '../../../src/decision/as-hadoop.ts'
import { type Explanation, explain } from '../../../src/decision/explain.ts'
import { EXEMPT } from '../../../src/decision/request.ts'
import { createSnapshot } from '../../../src/decision/snapshot.ts'
import type { Subject } from '../../../src/hadoop/subject.ts'
import { CLIENT, from, impersonated, policyOf, user } from '../../support/policy.ts'

const POLICY = {
  [CLIENT]: 'alice',
  [`${CLIENT}.blocked`]: 'mallory',
  'security.service.authorization.default.hosts': '10.0.0.0/8',
  'hadoop.security.authorization': 'true',
}

const ask = (
  subject: Subject | null,
  address = '10.1.1.1',
  policy: Record<string, string> = POLICY,
  service: string | null = CLIENT,
): Explanation =>
  explain(createSnapshot(policyOf(policy), { cacheMax: 0 }), { service, subject, origin: from(address) })

const answers = ({ questions }: Explanation): string[] =>
  questions.map(({ question, answer }) => `${question}: ${answer}`)

describe('an explanation', () => {
  test('answers every question, also those behind the first refusal', () => {
    expect(answers(ask(user('mallory'), '11.0.0.1'))).toEqual([
      'service: yes',
      'identity: yes',
      'impersonation: not asked',
      'principal: not asked',
      'acl: no',
      'acl_blocked: no',
      'hosts: no',
      'hosts_blocked: yes',
      'mode: not asked',
      'role: not asked',
      'resources: not asked',
    ])
  })

  test('names the rule of each list, and where its text comes from', () => {
    const { questions } = ask(user('alice'))
    expect(questions.filter(({ origin }) => origin !== null)).toMatchObject([
      { question: 'acl', rule: `${CLIENT} = alice`, origin: 'explicit', line: 2 },
      { question: 'acl_blocked', rule: `${CLIENT}.blocked = mallory`, origin: 'explicit', line: 3 },
      {
        question: 'hosts',
        rule: 'security.service.authorization.default.hosts = 10.0.0.0/8',
        origin: 'default',
        line: 4,
      },
      { question: 'hosts_blocked', origin: 'builtin', line: null },
    ])
  })

  test('says the same as the decision', () => {
    const explained = ask(user('mallory'))
    const refusal = explained.questions.find(({ answer }) => answer === 'no')
    expect(explained.decision).toMatchObject({ effect: 'deny', reason: 'acl', rule: refusal?.rule })
    expect(refusal?.message).toBe(explained.decision.message)
  })

  test('asks nothing about lists where there are none to ask', () => {
    for (const explained of [
      ask(user('alice'), '10.1.1.1', POLICY, null),
      ask(null),
      ask(user('alice'), '10.1.1.1', POLICY, EXEMPT),
    ])
      expect(
        answers(explained)
          .slice(3)
          .every((text) => text.endsWith('not asked')),
      ).toBe(true)
  })

  test('asks no host list about an address that nobody gave', () => {
    const snapshot = createSnapshot(policyOf(POLICY), { cacheMax: 0 })
    const asked = explain(snapshot, { service: CLIENT, subject: user('alice'), origin: from(null) })
    expect(answers(asked).slice(6, 8)).toEqual(['hosts: not asked', 'hosts_blocked: not asked'])
    // The list is named all the same where it could refuse somebody: with an address the answer might be another.
    const rules = (policy: Readonly<Record<string, string>>): unknown[] =>
      explain(createSnapshot(policyOf(policy), { cacheMax: 0 }), {
        service: CLIENT,
        subject: user('alice'),
        origin: from(null),
      })
        .questions.slice(6, 8)
        .map(({ rule, message }) => [rule, message])
    const [hosts, blocked] = ['security.client.protocol.hosts', 'security.client.protocol.hosts.blocked']
    const nothing = [null, null]
    expect(rules({ [CLIENT]: 'alice' })).toEqual([nothing, nothing])
    expect(rules({ [hosts]: '*', [blocked]: '' })).toEqual([nothing, nothing])
    expect(rules({ [hosts]: '10.0.0.1', [blocked]: '10.0.0.2' })).toEqual([
      [`${hosts} = 10.0.0.1`, 'no address is given'],
      [`${blocked} = 10.0.0.2`, 'no address is given'],
    ])
    expect(rules({ [blocked]: '*' })[1]).toEqual([`${blocked} = *`, 'no address is given'])
  })

  test('shows the proxy rule of an impersonation, or the key that is missing', () => {
    const rules = { 'hadoop.proxyuser.oozie.users': 'alice', 'hadoop.proxyuser.oozie.hosts': '*' }
    const question = ({ questions }: Explanation): unknown => questions[2]
    expect(question(ask(impersonated('alice', 'oozie'), '10.1.1.1', { ...POLICY, ...rules }))).toMatchObject({
      answer: 'yes',
      rule: 'hadoop.proxyuser.oozie.users = alice',
    })
    expect(question(ask(impersonated('alice', 'hive')))).toMatchObject({
      answer: 'no',
      rule: 'hadoop.proxyuser.hive.groups is not set',
    })
  })
})

describe('what Hadoop itself would do', () => {
  test('is to let everybody pass over HTTP, and to ask the same lists over RPC', () => {
    expect(ask(user('mallory')).hadoop).toMatchObject({
      http: { effect: 'allow' },
      rpc: { effect: 'deny', message: expect.stringContaining('denied by configured ACL') },
    })
    expect(ask(user('alice')).hadoop.rpc).toMatchObject({ effect: 'allow' })
  })

  test('is to ask nothing while its switch is off', () => {
    const off = { ...POLICY, 'hadoop.security.authorization': 'false' }
    expect(ask(user('mallory'), '10.1.1.1', off)).toMatchObject({
      decision: { effect: 'deny' },
      hadoop: { rpc: { effect: 'allow', message: expect.stringContaining('hadoop.security.authorization') } },
    })
  })

  test.each([
    ['a request that no key is known for', null],
    ['a request that nothing guards', EXEMPT],
    ['a key that no protocol hangs on', 'security.admin.operations.protocol.acl'],
    ['a key of a custom route', 'security.mine.acl'],
  ])('is nothing over RPC for %s', (_, service) => {
    expect(ask(user('alice'), '10.1.1.1', POLICY, service).hadoop.rpc).toEqual({
      effect: 'not asked',
      message: 'Hadoop has no RPC service for this',
    })
  })

  const topic = (about: HadoopTopic, by: Subject | null, policy = POLICY, service: string | null = CLIENT) =>
    explain(
      createSnapshot(policyOf(policy), { cacheMax: 0 }),
      { service, subject: by, origin: from('10.1.1.1') },
      about,
    ).hadoop
  const off = { ...POLICY, 'hadoop.security.authorization': 'false' }

  test('is to refuse a class that no provider lists, and one that nobody knows, in other words', () => {
    const meta = 'org.apache.hadoop.ipc.ProtocolMetaInfoPB'
    const rpc = (protocol: string, policy = POLICY): unknown =>
      topic({ by: 'protocol', protocol }, user('alice'), policy, null).rpc
    expect(rpc(meta)).toEqual({ effect: 'deny', message: `Protocol interface ${meta} is not known.` })
    expect(rpc('nope')).toEqual({ effect: 'deny', message: 'Unknown protocol: nope' })
    expect(rpc('nope', off)).toMatchObject({ effect: 'allow' })
  })

  test.each([
    ['kms', '/kms/v1/keys/names', 'depends', 'hadoop.kms.acl'],
    ['namenode', '/logs/', 'depends', 'administrators'],
    ['resourcemanager', '/logLevel', 'depends', 'administrators'],
    ['kms', '/jmx', 'allow', 'hadoop.security.instrumentation.requires.admin'],
    ['namenode', '/webhdfs/v1/', 'allow', 'no access control list'],
    ['httpfs', '/static/x', 'allow', 'no access control list'],
  ])('is over HTTP, for %s and %s, %s', (kind, path, effect, word) => {
    expect(topic({ by: 'request', kind, path }, user('mallory')).http).toMatchObject({
      effect,
      message: expect.stringContaining(word),
    })
  })

  test('is to let everybody read logs while its switch is off', () => {
    const logs = { by: 'request', kind: 'namenode', path: '/logs/' } as const
    expect(topic(logs, user('mallory'), off).http.effect).toBe('allow')
  })

  test('is to ask the list of the NameNode behind HttpFS, whatever the address of the client', () => {
    const files = { by: 'request', kind: 'httpfs', path: '/webhdfs/v1/x' } as const
    expect(topic(files, user('alice')).http.effect).toBe('allow')
    expect(topic(files, user('mallory')).http).toMatchObject({
      effect: 'deny',
      message: expect.stringMatching(/^HttpFS asks the NameNode .*denied by configured ACL$/),
    })
    expect(topic(files, user('mallory'), off).http.effect).toBe('allow')
  })

  test('is to fail at loading what only Keddah understands', () => {
    const ranges = { ...POLICY, 'security.client.protocol.hosts': '2001:db8::/32' }
    expect(ask(user('alice'), '2001:db8::1', ranges)).toMatchObject({
      decision: { effect: 'allow' },
      hadoop: { rpc: { effect: 'deny', message: expect.stringContaining('could not load') } },
    })
  })
})
