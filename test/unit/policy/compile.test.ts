import { describe, expect, test } from 'vitest'
import { ConfigError } from '../../../src/errors.ts'
import { Configuration, parseConfigurationXml } from '../../../src/hadoop/configuration.ts'
import { SERVICE_KEYS } from '../../../src/hadoop/services.ts'
import { hostNamesOf } from '../../../src/policy/compile.ts'
import { parityOf, SWITCHABLE } from '../../../src/policy/divergences.ts'
import { CLIENT, policyOf, resourceOf } from '../../support/policy.ts'

const errorOf = (compile: () => unknown): ConfigError => {
  try {
    compile()
  } catch (error) {
    if (error instanceof ConfigError) return error
    throw error
  }
  throw new Error('compiled without an error')
}

describe('a compiled policy', () => {
  test('has every service that any daemon knows, and those of the settings', () => {
    const { services } = policyOf({}, { customKeys: ['security.tool.acl'] })
    expect([...services.keys()]).toEqual([...SERVICE_KEYS, 'security.tool.acl'])
    expect(services.get(CLIENT)).toMatchObject({
      protocol: 'org.apache.hadoop.hdfs.protocol.ClientProtocol',
      acl: { text: '*', origin: 'builtin' },
      blockedAcl: { text: '', origin: 'builtin' },
      hosts: { text: '*', origin: 'builtin' },
      blockedHosts: { text: '', origin: 'builtin' },
    })
  })

  test('has the services of one provider where they are named, and reads no list that none of them has', () => {
    const bad = { 'security.datanode.protocol.hosts': '10.7/16' }
    expect([...policyOf(bad, { keys: [CLIENT] }).services.keys()]).toEqual([CLIENT])
    expect(errorOf(() => policyOf(bad)).code).toBe('ERR_POLICY_CIDR')
  })

  test('is switched on by whoever installed it, or by the key of Hadoop if that is wished (D-6)', () => {
    const on = { 'hadoop.security.authorization': ' TRUE ' }
    expect(policyOf({}).authorizationOn).toBe(true)
    expect(policyOf({}, { authorization: 'asHadoop' }).authorizationOn).toBe(false)
    expect(policyOf(on, { authorization: 'asHadoop' }).authorizationOn).toBe(true)
    const yes = { 'hadoop.security.authorization': 'yes' }
    expect(policyOf(yes, { authorization: 'asHadoop' }).authorizationOn).toBe(false)
  })
})

describe('what is wrong', () => {
  test('is told all at once, with file, line and key of each', () => {
    const error = errorOf(() =>
      policyOf({
        'security.client.protocol.hosts': '10.0.0.0/33,10.0.0.0/x',
        'security.datanode.protocol.hosts.blocked': '1.2.3/8',
        'hadoop.proxyuser.oozie.hosts': '10.0.0.0/99',
        [CLIENT]: '${a}',
        a: '${b}x',
        b: '${a}x',
      }),
    )
    expect(error.problems.map(({ key, line, message }) => `${line} ${key}: ${message}`)).toEqual([
      expect.stringContaining(`5 ${CLIENT}: `),
      '3 security.datanode.protocol.hosts.blocked: `1.2.3/8` is not an address range',
      '4 hadoop.proxyuser.oozie.hosts: `10.0.0.0/99` has a number that is too high',
    ])
  })

  test('is told once where many services share a default', () => {
    const error = errorOf(() => policyOf({ 'security.service.authorization.default.hosts': '10.0.0.0/33' }))
    expect(error.problems).toHaveLength(1)
    expect(error).toMatchObject({ code: 'ERR_POLICY_CIDR' })
  })

  test('is a finding where Hadoop says nothing, and an error with strict', () => {
    const typo = { 'security.client.protocol.acls': 'alice', 'security.audit.x': '1' }
    expect(policyOf(typo).findings).toMatchObject([
      {
        key: 'security.client.protocol.acls',
        line: 2,
        code: 'unknown_key',
        hint: `did you mean \`${CLIENT}\`?`,
      },
      { key: 'security.audit.x', code: 'unknown_key' },
    ])
    expect(errorOf(() => policyOf(typo, { strict: true }))).toMatchObject({ code: 'ERR_POLICY_KEYS' })
  })

  test('counts empty and repeated keys of the policy, not those of other keys', () => {
    const xml = `<configuration>
      <property><name>${CLIENT}</name><value/></property>
      <property><name>security.refresh.policy.protocol.acl</name><value>a</value></property>
      <property><name>security.refresh.policy.protocol.acl</name><value>b</value></property>
      <property><name>fs.trash.interval</name><value/></property>
    </configuration>`
    const configuration = Configuration.of([parseConfigurationXml(xml, 'hadoop-policy.xml')])
    const policy = policyOf({}, { configuration })
    expect(policy.findings.map(({ code, line }) => `${code} ${line}`)).toEqual([
      'empty_value 2',
      'duplicate_key 4',
    ])
  })
})

describe('a revision', () => {
  const revision = (properties: Record<string, string>, options = {}): string =>
    policyOf(properties, options).revision

  test('is equal for equal policies, and different as soon as any decision could differ', () => {
    const base = { [CLIENT]: 'alice', 'security.client.protocol.hosts': 'edge' }
    const resolve = (): string => '192.0.2.1'
    expect(revision(base, { resolve })).toBe(revision(base, { resolve }))
    const others = [
      revision(base, { resolve: () => '192.0.2.2' }),
      revision({ ...base, [CLIENT]: 'alice ' }, { resolve }),
      revision({ ...base, [`${CLIENT}.blocked`]: 'alice' }, { resolve }),
      revision({ ...base, 'hadoop.proxyuser.a.hosts': '*' }, { resolve }),
      revision(base, { resolve, parity: parityOf('all') }),
      revision(base, { resolve, authorization: 'asHadoop' }),
    ]
    expect(new Set([revision(base, { resolve }), ...others]).size).toBe(others.length + 1)
  })
})

describe('names to look up', () => {
  test('are those of host lists, once each, and nothing else', () => {
    const configuration = Configuration.of([
      resourceOf([
        ['security.client.protocol.hosts', 'edge1,10.0.0.1,edge2'],
        ['security.client.protocol.hosts.blocked', 'edge1,bad'],
        ['hadoop.proxyuser.oozie.hosts', 'gateway,*'],
        ['hadoop.proxyuser.hosts.users', 'alice'],
        ['security.client.protocol.acl', 'alice'],
        ['dfs.hosts', 'include'],
        ['security.datanode.protocol.hosts', '*'],
      ]),
    ])
    expect(hostNamesOf(configuration)).toEqual(['edge1', 'edge2', 'bad', 'gateway'])
  })

  test('are those of a key of the settings as well, whatever its name', () => {
    const configuration = Configuration.of([
      resourceOf([
        ['tool.hosts', 'edge1'],
        ['tool.hosts.blocked', 'edge2'],
        ['dfs.hosts', 'edge3'],
      ]),
    ])
    expect(hostNamesOf(configuration)).toEqual([])
    expect(hostNamesOf(configuration, ['tool.acl'])).toEqual(['edge1', 'edge2'])
  })
})

describe('parity', () => {
  test('is a set of the divergences that can be switched', () => {
    expect(parityOf('none').size).toBe(0)
    expect([...parityOf('all')]).toEqual([...SWITCHABLE])
    expect([...parityOf(['D-3', 'D-7'])]).toEqual(['D-3'])
  })

  test('compiles the same files as Hadoop would, or says that Hadoop could not', () => {
    const short = policyOf({ 'security.client.protocol.hosts': '2001:db8::/32' })
    expect(short.asHadoop()).toBeNull()
    expect(policyOf({ [CLIENT]: 'alice' }).asHadoop()?.authorizationOn).toBe(false)
  })
})
