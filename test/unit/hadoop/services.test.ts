import { describe, expect, test } from 'vitest'
import { Configuration, parseConfigurationXml } from '../../../src/hadoop/configuration.ts'
import { effectiveTexts, policyKeys } from '../../../src/hadoop/service-acls.ts'
import { SERVICE_DEFINITIONS, servicesByKey, servicesByProtocol } from '../../../src/hadoop/services.ts'

const load = (properties: Record<string, string>): Configuration => {
  const body = Object.entries(properties).map(
    ([key, value]) => `<property name="${key}" value="${value}"/>\n`,
  )
  return Configuration.of([parseConfigurationXml(`<configuration>${body.join('')}</configuration>`, 'p.xml')])
}

describe('the registry of services', () => {
  test('has no key but those of access control lists', () => {
    expect(SERVICE_DEFINITIONS.every(({ key }) => key.endsWith('acl'))).toBe(true)
  })

  test('knows the nine services of the guide', () => {
    const guide =
      'client client.datanode datanode inter.datanode namenode job.client job.task refresh.policy ha.service'
    for (const name of guide.split(' '))
      expect(servicesByKey(`security.${name}.protocol.acl`), name).not.toEqual([])
  })

  test('a key may stand in several providers', () => {
    const providers = servicesByKey('security.refresh.user.mappings.protocol.acl').map(
      ({ provider }) => provider,
    )
    expect(providers).toEqual(['HDFSPolicyProvider', 'ClientHSPolicyProvider'])
    expect(servicesByKey('security.client.protocol.acls')).toEqual([])
  })

  test('a protocol may hang on another key in another daemon', () => {
    const protocol = 'org.apache.hadoop.yarn.api.ApplicationMasterProtocolPB'
    expect(servicesByProtocol(protocol).map(({ key }) => key)).toEqual([
      'security.applicationmaster.protocol.acl',
      'security.applicationmaster-nodemanager.applicationmaster.protocol.acl',
    ])
    expect(servicesByProtocol('toString')).toEqual([])
  })
})

describe('the four lists of a service', () => {
  const KEY = 'security.client.protocol.acl'
  const DEFAULT = 'security.service.authorization.default'

  test.each([
    [KEY, `${KEY}.blocked`, 'security.client.protocol.hosts', 'security.client.protocol.hosts.blocked'],
    ['plain', 'plain.blocked', 'plain', 'plain.blocked'],
  ])('the companions of %s', (acl, blocked, hosts, hostsBlocked) => {
    expect(policyKeys(acl)).toEqual({ acl, blocked, hosts, hostsBlocked })
  })

  test('nothing set: everybody from everywhere, nobody blocked', () => {
    const texts = effectiveTexts(load({}), KEY)
    expect(Object.values(texts).map(({ text, origin, file }) => [text, origin, file])).toEqual([
      ['*', 'builtin', null],
      ['', 'builtin', null],
      ['*', 'builtin', null],
      ['', 'builtin', null],
    ])
  })

  test('defaults stand in for what is unset, one list at a time', () => {
    const texts = effectiveTexts(
      load({
        [`${DEFAULT}.acl`]: ' wheel',
        [`${DEFAULT}.acl.blocked`]: 'mallory',
        [`${DEFAULT}.hosts`]: '10.0.0.0/8',
        [`${DEFAULT}.hosts.blocked`]: '10.0.0.1',
        [KEY]: ' ',
        'security.client.protocol.hosts.blocked': '',
      }),
      KEY,
    )
    expect(texts).toMatchObject({
      acl: { text: ' ', origin: 'explicit', key: KEY, file: 'p.xml', line: 5 },
      blockedAcl: { text: 'mallory', origin: 'default', key: `${DEFAULT}.acl.blocked`, line: 2 },
      hosts: { text: '10.0.0.0/8', origin: 'default', line: 3 },
      blockedHosts: { text: '', origin: 'explicit', line: 6 },
    })
  })

  test('keys that look like companions are not read', () => {
    const texts = effectiveTexts(
      load({ [`${KEY}.hosts`]: '10.0.0.1', 'security.client.protocol.blocked': 'bo' }),
      KEY,
    )
    expect([texts.hosts.text, texts.blockedAcl.text]).toEqual(['*', ''])
  })
})
