import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { type Outcome, runFile } from './runner.ts'

const folder = mkdtempSync(join(tmpdir(), 'keddah-conformance-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** Writes a document to a file with a name that says nothing. */
function fileOf(document: unknown): string {
  const file = join(folder, 'file.json')
  writeFileSync(file, typeof document === 'string' ? document : JSON.stringify(document))
  return file
}

function run(document: unknown): string[] {
  return runFile(fileOf(document)).map(({ name, status }: Outcome) => `${status} ${name}`)
}

const acl = (name: string, allowed: boolean): object => ({
  name,
  area: 'access-control-list',
  given: { acl: 'ada', user: { shortName: 'ada', groups: [] } },
  expect: { allowed },
})

const request = (determined: boolean): object => ({
  resource: '/a',
  user: 'u',
  groups: [],
  accessType: 'read',
  expect: { determined, allowed: false, policyId: null },
})

describe('the conformance runner', () => {
  test.each([
    ['a right expectation passes', { cases: [acl('right', true)] }, ['passed right']],
    ['a wrong expectation fails', { cases: [acl('wrong', false)] }, ['failed wrong']],
    [
      'areas may be mixed in one file, each case says its own',
      {
        cases: [
          acl('list', true),
          {
            name: 'keys',
            area: 'policy-keys',
            given: { aclKey: 'a.acl' },
            expect: { hosts: 'a.hosts' },
          },
        ],
      },
      ['passed list', 'passed keys'],
    ],
    [
      'an area of a later issue is skipped by name',
      { cases: [{ ...acl('frame', true), area: 'rpc-frames' }] },
      ['skipped frame'],
    ],
    ['an unknown area fails', { cases: [{ ...acl('odd', true), area: 'soup' }] }, ['failed odd']],
    [
      'an expectation of which nothing can be compared fails',
      { cases: [{ ...acl('void', true), expect: { moon: 'full' } }] },
      ['failed void'],
    ],
    ['a case without a name fails', { cases: [{ area: 'policy-keys' }] }, ['failed case #1']],
    ['an unknown format fails', { format: 'soup/1', cases: [] }, ['failed the file itself']],
    ['a file without cases fails', { cases: [] }, ['failed the file itself']],
    ['a file of another kind fails', { hello: 'world' }, ['failed the file itself']],
    ['text that is not JSON fails', '{"cases": [', ['failed the file itself']],
    [
      'each request of a Ranger case counts',
      {
        format: 'ranger-cases/1',
        cases: [
          { name: 'two', serviceDef: 'hdfs', policies: [], requests: [request(false), request(true)] },
          { name: 'parity', parityOnly: true, requests: [{}] },
        ],
      },
      ['passed two #1', 'failed two #2', 'skipped parity #1'],
    ],
    [
      'a Ranger fixture is known by its shape',
      {
        serviceDef: { name: 'hdfs', resources: [{ name: 'path' }] },
        policies: [],
        tests: [
          { name: 'one', request: { resource: { elements: { path: '/' } } }, result: { isAudited: true } },
          { name: 'two', request: {}, result: { isAllowed: true } },
          { name: 'mask', request: {}, dataMaskResult: {} },
        ],
      },
      ['passed one', 'failed two', 'skipped mask'],
    ],
    [
      'a Ranger matcher fixture is known by its shape',
      {
        testCases: [
          {
            name: 'group',
            resourceDef: {},
            policyResource: { values: ['a*'] },
            tests: [
              { name: 'one', input: 'ab', result: true },
              { name: 'two', input: 'b', result: true },
            ],
          },
        ],
      },
      ['passed group: one', 'failed group: two'],
    ],
    [
      'a Ranger fixture of several matchers is known by its shape',
      {
        serviceDef: { name: 'one', resources: [{ name: 'a' }] },
        testCases: [
          {
            policyResources: { a: { values: ['x'] } },
            tests: [
              { type: 'exactMatch', resource: { elements: { a: 'x' } }, result: true },
              { type: 'exactMatch', resource: { elements: { a: 'y' } }, result: true },
              { type: 'sideways', resource: { elements: { a: 'x' } }, result: true },
            ],
          },
        ],
      },
      ['passed group #1: test #1', 'failed group #1: test #2', 'failed group #1: test #3'],
    ],
    [
      'a Ranger fixture of schedules is known by its shape',
      [
        {
          name: 'good',
          validitySchedules: [{ startTime: '2018/01/12 14:32:00' }],
          accessTime: '20180112-14:32:27.000-0800',
          result: { isValid: true, isApplicable: true },
        },
        {
          name: 'bad',
          validitySchedules: [{}],
          accessTime: '20180112-14:32:27.000-0800',
          result: { isValid: true, isApplicable: false },
        },
      ],
      ['passed good', 'failed bad'],
    ],
    ['a list of other things fails', [{ hello: 'world' }], ['failed the file itself']],
  ])('%s', (_, document, wanted) => {
    expect(run(document)).toEqual(wanted)
  })

  test('a file that is not there fails', () => {
    expect(runFile(join(folder, 'missing.json')).map(({ status }) => status)).toEqual(['failed'])
  })

  test.each<[string, string, object, object]>([
    ['a list that is null', 'access-control-list', { acl: null }, { hadoopRaises: 'NullPointerException' }],
    [
      'fewer answers than addresses, and no name service',
      'machine-list',
      { list: '192.0.2.1', addresses: ['192.0.2.1', '192.0.2.1', null] },
      { includes: { '192.0.2.1': true, null: 'raises IllegalArgumentException' } },
    ],
    [
      'Hadoop raises for every address',
      'machine-list',
      { list: '10.0.0.0/8', addresses: ['2001:db8::1'], dns: null },
      { hadoopRaises: 'IllegalArgumentException' },
    ],
    [
      'a provider of its own, by the later of two rows, with a client principal that our table does not know',
      'service-authorization',
      {
        services: [
          { key: 'x.acl', protocol: 'P' },
          { key: 'plain', protocol: 'P' },
        ],
        properties: { 'x.acl': ' ', 'p.principal': 'dn@R', 'security.datanode.protocol.hosts': '10.7/16' },
        securityEnabled: true,
        clientPrincipalKey: 'p.principal',
        user: { shortName: 'dn', name: 'dn@R', groups: null, realUser: { shortName: 'a b' } },
        protocol: 'P',
      },
      {
        allowed: true,
        audit: [
          {
            level: 'INFO',
            text: 'Authorization successful for dn@R (auth:PROXY) via a b (auth:SIMPLE) for protocol=interface P',
          },
        ],
      },
    ],
    [
      'nobody, at whom Hadoop raises',
      'service-authorization',
      { services: [{ key: 'x.acl', protocol: 'P' }], properties: null, user: null, protocol: 'P' },
      { hadoopRaises: 'NullPointerException' },
    ],
    [
      'no services at all',
      'service-authorization',
      { user: { shortName: 'ada' }, protocol: 'P', address: null },
      { allowed: false, message: 'Protocol interface P is not known.', audit: [] },
    ],
    [
      'of two names that become the same the later counts, and numbers are texts',
      'proxy-users',
      {
        properties: { 'hadoop.proxyuser.7.users': 'x', ' hadoop.proxyuser.7.users': 8 },
        user: { shortName: '8', realUser: { shortName: 7, groups: null } },
        address: '192.0.2.1',
      },
      { allowed: false, message: 'Unauthorized connection for super-user: 7 from IP /192.0.2.1' },
    ],
    ['nobody', 'proxy-users', { user: null, address: null }, { hadoopRaises: 'IllegalArgumentException' }],
    ['no principal', 'kerberos-name', { principal: null }, { hadoopRaises: 'NullPointerException' }],
    [
      'a principal at which Hadoop raises',
      'kerberos-name',
      { principal: 'a/b/c@R', rules: null, mechanism: null },
      { hadoopRaises: 'IllegalArgumentException' },
    ],
    ['no overrides', 'static-group-mapping', { overrides: null }, { map: { 'dr.who': [] } }],
    [
      'a file that is not there, and none at all',
      'policy-xml',
      { resources: [{ name: 'a.xml' }, { name: 'b.xml', xml: null }], key: 'k', default: null },
      { value: null },
    ],
    [
      'an encoding that nobody knows',
      'policy-xml',
      { resources: [{ xml: '<?xml version="1.0" encoding="uf-8"?><configuration/>' }], key: 'k' },
      { error: 'RuntimeException' },
    ],
    [
      'a header of commas [control character]',
      'forwarded-address',
      { peer: '192.0.2.9', xForwardedFor: ',,', 'hadoop.proxyservers': '192.0.2.9', dns: null },
      { hadoopRaises: 'ArrayIndexOutOfBoundsException' },
    ],
  ])('takes %s (%s)', (name, area, given, wanted) => {
    const outcomes = runFile(fileOf({ cases: [{ name, area, given, expect: wanted }] }))
    expect(outcomes.map(({ status, detail }) => `${status}${detail}`)).toEqual(['passed'])
  })

  test.each<[string, unknown]>([
    ['null', null],
    ['a number', 7],
    ['nothing given', { name: 'a', area: 'machine-list' }],
    ['given a list', { name: 'a', area: 'machine-list', given: [], expect: {} }],
    ['a user without a name', { ...acl('a', true), given: { acl: '*', user: {} } }],
    ['an object for a text', { ...acl('a', true), given: { acl: {}, user: { shortName: 'ada' } } }],
    ['a name that every object has', { ...acl('a', true), area: 'constructor' }],
  ])('a case that is no case fails alone: %s', (_, entry) => {
    expect(run({ cases: [entry, acl('good', true)] })).toEqual([
      expect.stringMatching(/^failed/),
      'passed good',
    ])
  })

  test('an input that may be refused passes when it is refused, and fails when it is let through', () => {
    const kerberos = (name: string, rules: string, expected: object): object => ({
      name,
      area: 'kerberos-name',
      given: { rules, mechanism: 'hadoop', defaultRealm: 'R', principal: 'ada@R' },
      expect: expected,
    })
    const cases = [
      kerberos('possessive [java regex]', 'RULE:[1:$1](a.*+)', { shortName: 'ada' }),
      kerberos('possessive, not marked', 'RULE:[1:$1](a.*+)', { shortName: 'ada' }),
      kerberos('let through [java regex]', 'RULE:[1:$1]', { error: 'NoMatchingRule' }),
    ]
    expect(run({ cases })).toEqual([
      'passed possessive [java regex]',
      'failed possessive, not marked',
      'failed let through [java regex]',
    ])
  })
})
