import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { describe, expect, test } from 'vitest'
import * as surface from '../src/index.ts'

/**
 * What embedders may rely on, and why each name is part of it. A name that is added or taken away is a decision: it
 * belongs into this table, the changelog and the version.
 */
const SURFACE: Readonly<Record<string, string>> = {
  authorize: 'decides: the reason for the library',
  needsGroups: 'says whether groups have to be looked up before deciding',
  explain: 'every question with its answer',
  EXEMPT: 'stands in the place of a policy key for routes that nothing guards',
  createSnapshot: 'a policy with its cache, which is what authorize takes',
  compilePolicy: 'makes a policy of configuration files',
  hostNamesOf: 'the names that have to be resolved before a policy is compiled',
  parityOf: 'reads the `parity` setting, which compilePolicy takes',
  lintPolicy: 'what is odd about a policy',
  Configuration: 'files laid over each other, as Hadoop does',
  parseConfigurationXml: 'reads one file',
  AccessControlList: "Hadoop's list of users and groups",
  MachineList: "Hadoop's list of hosts",
  ProxyUsers: 'who may act for whom',
  AuthToLocal: 'makes users of principals',
  parseStaticGroups: 'groups of users, as core-site.xml has them',
  canonicalAddress: 'the one form of an address that lists are asked with',
  SERVICE_DEFINITIONS: 'every protocol with its policy key',
  SERVICE_KINDS: 'every kind of daemon that has routes',
  createRouteTable: 'finds the policy key of a request to a daemon',
  canonicalTarget: 'the one form of a request target that routes are found by',
  takeIdentityParameters: 'takes user.name and doas out of a target',
  targetText: 'the target as it is sent on',
  KeddahError: 'what every error of the library is',
  ConfigError: 'a file is wrong: carries all problems',
  AuthenticationError: 'a principal is wrong',
  ProtocolError: 'a target is wrong',
  UnavailableError: 'a dependency is not there',
  ERROR_CODES: 'every code with its meaning',
}

describe('the library', () => {
  test('exports these names and no others', () => {
    const unknown = Object.keys(surface).filter((name) => !(name in SURFACE))
    const missing = Object.keys(SURFACE).filter((name) => !(name in surface))
    expect(unknown, 'a new export needs its reason in this test').toEqual([])
    expect(missing, 'an export that embedders may use was taken away').toEqual([])
  })

  test('gives out no permits: only listeners forward, and only after a decision', () => {
    expect(Object.keys(surface).filter((name) => /permit|admit/i.test(name))).toEqual([])
  })

  test('is what package.json names', () => {
    const text = readFileSync(resolve(import.meta.dirname, '../package.json'), 'utf8')
    const { exports } = JSON.parse(text) as { exports: Record<string, { types: string; default: string }> }
    expect(exports).toEqual({ '.': { types: './dist/index.d.ts', default: './dist/index.js' } })
  })

  test('decides as its example says', () => {
    const text =
      '<configuration><property><name>security.client.protocol.acl</name><value>alice</value></property></configuration>'
    const policy = surface.compilePolicy({
      configuration: surface.Configuration.of([surface.parseConfigurationXml(text, 'hadoop-policy.xml')]),
      resolve: () => null,
      parity: surface.parityOf('none'),
      strict: false,
      authorization: 'enforce',
    })
    const snapshot = surface.createSnapshot(policy, { cacheMax: 10 })
    const effectOf = (user: string): string =>
      surface.authorize(snapshot, {
        service: 'security.client.protocol.acl',
        subject: { user, principal: user, method: 'SIMPLE', groups: [], realUser: null },
        origin: { address: '10.0.0.7', names: [] },
      }).effect
    expect([effectOf('alice'), effectOf('mallory')]).toEqual(['allow', 'deny'])
  })
})
