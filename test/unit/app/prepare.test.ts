import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { loadApp, type State } from '../../../src/app.ts'
import { restartKeys, warningsOf } from '../../../src/app/remarks.ts'
import { readDefaultRealm } from '../../../src/config/default-realm.ts'
import { Inputs } from '../../../src/config/inputs.ts'
import { ConfigError } from '../../../src/errors.ts'
import { type KeddahFiles, writeKeddahFiles } from '../../support/keddah.ts'

const services = [{ name: 'nn', kind: 'namenode', listen: '127.0.0.1:0', upstreams: ['http://127.0.0.1:1'] }]

const load = async (
  settings: Record<string, unknown>,
  coreSite: KeddahFiles['coreSite'] = {},
  krb5 = '/nothing/krb5.conf',
): Promise<State> => {
  const policy = { 'security.client.protocol.acl': 'alice' }
  const files = writeKeddahFiles({ policy, coreSite, settings: { services, ...settings } })
  onTestFinished(() => files.remove())
  writeFileSync(join(files.folder, 'secret'), 's3cret\n', { mode: 0o600 })
  return (
    await loadApp({ settingsFile: files.configFile, environment: new Map([['KRB5_CONFIG', krb5]]) })
  ).current()
}

const problemsOf = async (
  settings: Record<string, unknown>,
  coreSite?: KeddahFiles['coreSite'],
): Promise<ConfigError['problems']> => {
  try {
    await load(settings, coreSite)
    return []
  } catch (error) {
    if (error instanceof ConfigError) return error.problems
    throw error
  }
}

const trustedHeader = {
  kind: 'trustedHeader',
  header: 'X-User',
  secretHeader: 'X-Secret',
  secretFile: 'secret',
  peers: ['127.0.0.1'],
}

const view = (
  peer: string,
  headers: Record<string, string>,
): Parameters<State['prepared']['identifier']['identify']>[0] => ({
  peer,
  certificate: null,
  parameters: { userName: null, doAs: null },
  header: (name) => (headers[name] === undefined ? [] : [headers[name]]),
})

describe('what settings and files make beside the policy', () => {
  test('a trusted header is believed from its peer with the secret, and mapped by auth_to_local', async () => {
    const { prepared } = await load(
      { identity: { authenticators: [trustedHeader] } },
      { 'hadoop.security.auth_to_local': 'RULE:[1:$1@$0](.*@A)s/@.*/-a/ DEFAULT' },
    )
    const { identifier } = prepared
    expect(identifier.managedHeaders).toEqual(['x-user', 'x-secret'])
    const headers = { 'x-user': 'bo@A', 'x-secret': 's3cret' }
    expect(await identifier.identify(view('127.0.0.1', headers))).toMatchObject({ user: 'bo-a' })
    expect(() => identifier.identify(view('127.0.0.2', headers))).toThrow('no credentials')
  })

  describe('the default rules of Kerberos', () => {
    const identity = { authenticators: [trustedHeader] }
    const kerberos = { 'hadoop.security.authentication': 'kerberos' }
    const headers = (user: string): Record<string, string> => ({ 'x-user': user, 'x-secret': 's3cret' })
    const krb5 = (text: string): string => {
      const folder = mkdtempSync(join(tmpdir(), 'keddah-krb5-'))
      onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
      writeFileSync(join(folder, 'krb5.conf'), text)
      return join(folder, 'krb5.conf')
    }

    test.each([
      [
        'the settings',
        { ...identity, defaultRealm: 'EXAMPLE.COM' },
        '[libdefaults]\ndefault_realm = OTHER\n',
      ],
      ['krb5.conf', identity, '[libdefaults]\ndefault_realm = EXAMPLE.COM\n'],
    ])('take off the realm that %s names, and no other', async (_, settings, text) => {
      const { prepared } = await load({ identity: settings }, kerberos, krb5(text))
      const identify = (user: string): unknown =>
        prepared.identifier.identify(view('127.0.0.1', headers(user)))
      expect(await identify('alice@EXAMPLE.COM')).toMatchObject({ user: 'alice' })
      expect(await identify('nn/host@EXAMPLE.COM')).toMatchObject({ user: 'nn' })
      expect(() => identify('alice@OTHER')).toThrow('auth_to_local')
      expect(() => identify('alice@example.com')).toThrow('auth_to_local')
    })

    test('take none off without a krb5.conf', async () => {
      const file = krb5('')
      rmSync(file)
      const before = await load({ identity }, kerberos, file)
      expect(() =>
        before.prepared.identifier.identify(view('127.0.0.1', headers('alice@EXAMPLE.COM'))),
      ).toThrow('auth_to_local')
      expect(before.settings.identity.defaultRealm).toBeNull()
    })

    test('a change of krb5.conf is a change of what was read', async () => {
      const file = krb5('[libdefaults]\ndefault_realm = A\n')
      const inputs = new Inputs()
      const environment = new Map([['KRB5_CONFIG', file]])
      expect(readDefaultRealm(environment, inputs)).toBe('A')
      expect(await inputs.changed()).toBe(false)
      writeFileSync(file, '[libdefaults]\ndefault_realm = B\n')
      expect(await inputs.changed()).toBe(true)
      expect(readDefaultRealm(new Map([['KRB5_CONFIG', `/nothing:${file}`]]), inputs)).toBe('B')
    })

    test('a krb5.conf that cannot be read is told with its path', async () => {
      const folder = join(krb5(''), '..')
      await expect(load({ identity }, kerberos, folder)).rejects.toMatchObject({
        code: 'ERR_CONFIG_READ',
        problems: [{ file: folder, key: 'identity.defaultRealm', code: 'not_a_file' }],
      })
    })

    test.each(['A B', '', 'a@B', 'a/B'])('`%s` is no realm', async (defaultRealm) => {
      expect(await problemsOf({ identity: { ...identity, defaultRealm } })).toMatchObject([
        { key: 'identity.defaultRealm', line: expect.any(Number) },
      ])
    })
  })

  test('a custom service gets the routes of its settings', async () => {
    const routes = [{ path: '/api/{path}', methods: ['GET'], service: 'my.key.acl' }]
    const custom = { ...services[0], name: 'mine', kind: 'custom', routes }
    const { prepared } = await load({ services: [...services, custom] })
    expect([...prepared.routes.keys()]).toEqual(['nn', 'mine'])
    expect(prepared.customRoutes).toMatchObject([{ path: '/api/{path}', service: 'my.key.acl' }])
  })

  test('forwarded addresses are believed from nobody, from trustedProxies, or as Hadoop does', async () => {
    expect((await load({})).prepared).toMatchObject({ trustedProxies: null, hadoopProxies: null })
    const { trustedProxies } = (await load({ trustedProxies: ['10.0.0.0/8'] })).prepared
    expect([trustedProxies?.includes('10.1.1.1'), trustedProxies?.includes('11.1.1.1')]).toEqual([
      true,
      false,
    ])
    const state = await load({ parity: ['D-9'] }, { 'hadoop.proxyservers': '10.0.0.1, proxy.example' })
    expect(state.prepared.hadoopProxies).toEqual(new Set(['10.0.0.1']))
    expect(warningsOf(state)).toContain(
      '`hadoop.proxyservers` has proxy.example: only addresses are believed',
    )
  })

  test.each([
    ['identity.anonymousUser', { identity: { authenticators: [], anonymousUser: 'a b' } }],
    [
      'identity.authenticators[0].header',
      { identity: { authenticators: [{ ...trustedHeader, header: 'Host' }] } },
    ],
    [
      'identity.authenticators[0].peers',
      { identity: { authenticators: [{ ...trustedHeader, peers: ['0.0.0.0/0'] }] } },
    ],
    ['trustedProxies', { trustedProxies: ['proxy.example'] }],
  ])('what is wrong with %s is told with its place', async (key, settings) => {
    expect(await problemsOf(settings)).toMatchObject([
      { file: expect.stringMatching(/keddah\.yaml$/), line: expect.any(Number), key },
    ])
  })

  test('a rule that is malformed is told with its place', async () => {
    expect(await problemsOf({}, { 'hadoop.security.auth_to_local': 'RULE:[' })).toMatchObject([
      { file: expect.stringMatching(/core-site\.xml$/), line: 2, key: 'hadoop.security.auth_to_local' },
    ])
  })

  test('nobody authenticates: that is told as a warning', async () => {
    const state = await load({ identity: { authenticators: [] } })
    expect(warningsOf(state)).toEqual([
      'there is no authenticator: every request that needs a user is answered with 401',
      'service `nn` connects to whatever its NameNode names on the ports 9864 and 9865: name your DataNodes with `dataNodes`',
    ])
    const [service] = state.settings.services
    const named = {
      ...state.settings,
      services: service === undefined ? [] : [{ ...service, dataNodes: ['dn1'] }],
    }
    expect(warningsOf({ ...state, settings: named })).toHaveLength(1)
  })

  test('a DataNode that may be told no NameNode is a warning', async () => {
    const services = [{ name: 'dn', kind: 'datanode', listen: '127.0.0.1:0', upstreams: ['http://dn1:9864'] }]
    const text =
      'service `dn` refuses every `namenoderpcaddress`: no NameNode is known; name them with `nameNodes`'
    expect(warningsOf(await load({ services }))).toContain(text)
    expect(warningsOf(await load({ services }, { 'fs.defaultFS': 'hdfs://nn1' }))).not.toContain(text)
  })

  test('applications that would be refused for the short names of their queues are a warning', async () => {
    const rm = { name: 'rm', kind: 'resourcemanager', listen: '127.0.0.1:0', upstreams: ['http://rm1:8088'] }
    const roles = { etl: { grants: [{ component: 'Yarn', resource: 'root.etl', access: ['submit-app'] }] } }
    const warnings = async (yarn: object): Promise<string[]> => {
      const components = { Yarn: { verification: 'required', ...yarn } }
      const state = await load({ services: [rm], mode: 'normal', components, roles })
      return warningsOf(state).filter((text) => text.includes('components.Yarn.queues'))
    }
    expect(await warnings({})).toEqual([
      'service `rm` refuses applications that name their queue by a short name, or none: list those names in `components.Yarn.queues`, such as `default: root.default`, or set `queueNames: asSubmitted`',
    ])
    expect((await warnings({ unknownOp: 'native' }))[0]).toContain('passes, whatever policies say,')
    expect((await warnings({ queueNames: 'asSubmitted' }))[0]).toContain('do not count for them')
    expect(await warnings({ queues: { default: 'root.default' } })).toEqual([])
    expect(await warnings({ verification: 'notRequired' })).toEqual([])
  })

  test('groups that come from the same keys are not made anew by a load', async () => {
    const print = async (settings: Record<string, unknown>, core: Record<string, string>): Promise<string> =>
      (await load(settings, core)).prepared.groupsPrint
    const overrides = 'hadoop.user.group.static.mapping.overrides'
    const first = await print({}, { [overrides]: 'alice=staff' })
    expect(await print({ cache: { max: 1 } }, { [overrides]: 'alice=staff', 'fs.x': '1' })).toBe(first)
    expect(await print({}, { [overrides]: 'alice=temps' })).not.toBe(first)
    expect(await print({ groups: { provider: 'static' } }, { [overrides]: 'alice=staff' })).not.toBe(first)
  })

  test('a name that nobody will ask for again is told as a warning', async () => {
    const core = { 'hadoop.proxyuser.hue.hosts': 'no-such-host.invalid' }
    const warnings = warningsOf(await load({ watch: { enabled: false } }, core))
    expect(warnings.some((text) => text.startsWith('no-such-host.invalid: does not resolve'))).toBe(true)
  })

  test('the settings that count after a restart alone are named when they differ', async () => {
    const { settings } = await load({})
    const other = { ...settings, stateDir: '/other', audit: { ...settings.audit, allows: 0.5 } }
    expect(restartKeys(other, settings)).toEqual(['stateDir', 'audit.allows'])
    expect(restartKeys(settings, settings)).toEqual([])
  })
})
